"""From socket to gate, a keyframe of ours against libavcodec alone on the same keyframes, in CPU time."""

import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from av.codec.context import CodecContext, Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from bench import plot
from bench.clips import ACTIVE, FORMATS, QUIET, Codec, Size, prepared
from bench.cost import Window
from bench.fleets import Part, fleet_of
from bench.reading import Reading
from bench.report import numbers, parser, say, table, words, write

_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_PARTS = ("read", "decode", "gate", "health")  #: of a keyframe of ours; what is left is "rest"
_HEAD = ("size", "codec", "streams", "keyframes", "libavcodec_ms", "ours_ms", "ratio", "decode_ratio")
_COLUMNS = (*_HEAD, *(f"{part}_ms" for part in _PARTS), "rest_ms")


def keyframes(clip: Path) -> tuple[str, list[bytes]]:
    """A clip's codec (libavcodec's name) and its keyframes in Annex B, with their parameter sets in front."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context.name
        filtering = BitStreamFilterContext(_FILTERS[codec], stream)
        packets = [out for packet in container.demux(stream) if packet.size for out in filtering.filter(packet)]
        return codec, [bytes(packet) for packet in packets if packet.is_keyframe]


def bare(clips: Sequence[Path], seconds: float) -> tuple[int, float]:
    """Decode keyframes held in memory with nothing around it; how many, and the CPU seconds of it."""
    decoded, began_s = 0, time.thread_time()
    works = [(_context(codec), [_fed(data) for data in found]) for codec, found in map(keyframes, clips)]
    for context, packets in works:
        context.decode(packets[0])  # it makes its tables
    began_s = time.thread_time()
    while time.thread_time() - began_s < seconds:
        for context, packets in works:
            for packet in packets:
                decoded += len(context.decode(packet))
    return decoded, time.thread_time() - began_s


def _context(codec: str) -> VideoCodecContext:
    """With the same flags as ours, so that the difference is what is around it."""
    context = CodecContext.create(codec, "r")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(codec)
    context.thread_count = 1
    context.flags |= Flags.low_delay
    context.options = {"skip_loop_filter": "all", "err_detect": "explode"}
    return context


def _fed(data: bytes) -> "Packet[Any]":
    packet: Packet[Any] = Packet(len(data))
    packet.update(data)
    return packet


def bare_apart(clips: Sequence[Path], seconds: float) -> float:
    """CPU milliseconds a keyframe of `bare`, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        decoded, spent_s = pool.submit(bare, clips, seconds).result()
    return 1000 * spent_s / decoded


def run_case(size: Size, codec: Codec, streams: int, args: Any) -> dict[str, Any]:
    """The bare loop before and after, ours on a live fleet between."""
    scenes = [(scene, False) for scene in ACTIVE[:2]]
    if FORMATS[size].which == "sub":
        scenes += [(scene, True) for scene in QUIET[:2]]
    clips = [prepared(args.work, name, size, codec, seconds=args.clip_seconds, quiet=quiet) for name, quiet in scenes]
    streams = max(1, streams // len(clips)) * len(clips)  # each clip as often as the others, as in the bare loop
    part = Part("t", clips, streams)
    before_ms = bare_apart(clips, args.bare_seconds)
    with fleet_of([part], args.work / "fleet.log") as fleet:
        reading = Reading("ours_stages", [fleet.url(path) for path in part.paths()], FORMATS[size].size_px, args.work)
        try:
            reading.wait_ready()
            time.sleep(args.warm_up)
            first, window = reading.facts, Window(reading.facts["pids"])
            time.sleep(args.seconds)
            cost, last = window.end(), reading.facts
        finally:
            reading.stop()
    found = parts(first, last, cost.cpu_s)
    bare_ms = (before_ms + bare_apart(clips, args.bare_seconds)) / 2
    row = {
        "size": size,
        "codec": codec,
        "streams": streams,
        "libavcodec_ms": round(bare_ms, 4),
        **found,
        "ratio": round(found["ours_ms"] / bare_ms, 3),
        "decode_ratio": round(found["decode_ms"] / bare_ms, 3),
    }
    say(table([row], _COLUMNS))
    return row


def parts(first: Mapping[str, Any], last: Mapping[str, Any], cpu_s: float) -> dict[str, Any]:
    """CPU milliseconds a keyframe, by part; what comes between two keyframes is read too, and counted in."""
    spent = {stage: last["stages"][stage][0] - first["stages"][stage][0] for stage in last["stages"]}
    decoded = last["stages"]["decode"][1] - first["stages"]["decode"][1]
    spent["read"] = last["reader_s"] - first["reader_s"]
    seconds = {part: spent[part] for part in _PARTS}
    seconds["rest"] = cpu_s - sum(seconds.values())
    each = {f"{name}_ms": round(1000 * value / max(1, decoded), 4) for name, value in seconds.items()}
    return {"keyframes": decoded, "ours_ms": round(1000 * cpu_s / max(1, decoded), 4), **each}


def main() -> int:
    """Run every size and codec."""
    made = parser("bench.limit", __doc__)
    made.add_argument("--sizes", type=words, default=("360p", "1080p"), help="360p,1080p")
    made.add_argument("--codecs", type=words, default=("h264", "h265"), help="h264,h265")
    made.add_argument("--streams", type=numbers, default=(120, 40), help="at 360p and at 1080p [120,40]")
    made.add_argument("--warm-up", type=float, default=15.0, metavar="S")
    made.add_argument("--seconds", type=float, default=60.0, metavar="S")
    made.add_argument("--bare-seconds", type=float, default=10.0, metavar="S", help="of the bare loop, twice [10]")
    made.add_argument("--clip-seconds", type=int, default=20)
    args = made.parse_args()
    counts = {"360p": args.streams[0], "1080p": args.streams[-1]}
    cases = [run_case(size, codec, counts[size], args) for size in args.sizes for codec in args.codecs]
    write(args.json, {"cases": cases})
    print(table(cases, _COLUMNS))
    if args.plot:
        values = {f"{c['size']} {c['codec']} {who}": c[f"{who}_ms"] for c in cases for who in ("libavcodec", "ours")}
        plot.bars(args.plot, "CPU of one keyframe", "ms", values)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Original packets as an MP4 file: nothing is decoded or coded again, so it is what the camera sent."""

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
from av.packet import Packet

from fusion.ingest.reader import Encoded

_TICKS = Fraction(1, 90_000)
_APART_S = 3.0
_RAW = {"h264": "h264", "hevc": "hevc"}  #: libavformat's names of the byte streams of Annex B


def remux(packets: Sequence[Encoded]) -> bytes | None:
    """The packets, which begin at a keyframe, in an MP4 file; None where there are none, or no MP4 can hold them.

    Times are those of showing, from zero at the first. Packets in another order than that of showing (B pictures) keep
    their order; their decoding times are spread out below.
    """
    if not packets or packets[0].head.codec not in _RAW:
        return None
    head, file = packets[0].head, io.BytesIO()
    # libavformat reads the parameter sets, and with them the size, from the first keyframe as from a file.
    first = io.BytesIO(head.extradata + packets[0].data)
    try:
        with (
            av.open(first, format=_RAW[head.codec]) as source,
            av.open(file, "w", format="mp4") as container,
        ):
            stream = container.add_stream_from_template(source.streams.video[0])
            for packet in _timed(packets):
                packet.stream = stream
                container.mux(packet)
    except (av.FFmpegError, ValueError):
        return None
    return file.getvalue()


def joined(before: Sequence[Encoded], after: Sequence[Encoded]) -> Sequence[Encoded]:
    """Packets that were taken from a ring, and those taken from it later, as one sequence.

    Where another connection began in between, those before: no file holds both, and they are nearer to what happened.
    """
    if not before or not after:
        return before or after
    if after[0].head is not before[0].head:
        return before
    return [*(packet for packet in before if packet.at_s < after[0].at_s), *after]


def _seconds(packets: Sequence[Encoded]) -> list[float]:
    """When each was shown: by the camera's own stamps, where those run as time does, else by when it came."""
    first = packets[0]
    came_s = [packet.at_s - first.at_s for packet in packets]
    stamps = [packet.pts for packet in packets]
    if first.pts is None or None in stamps:
        return came_s
    stamped_s = [float((pts - first.pts) * first.head.time_base) for pts in stamps if pts is not None]
    return stamped_s if abs(stamped_s[-1] - came_s[-1]) < _APART_S else came_s


def _timed(packets: Sequence[Encoded]) -> "Iterator[Packet[Any]]":
    shown = [round(second / _TICKS) for second in _seconds(packets)]
    decoded = sorted(shown)
    for number in range(1, len(decoded)):
        decoded[number] = max(decoded[number], decoded[number - 1] + 1)  # the muxer wants them to rise
    delay = max(then - now for then, now in zip(decoded, shown, strict=True))
    for packet, pts, dts in zip(packets, shown, decoded, strict=True):
        data = packet.head.extradata + packet.data if packet.keyframe else packet.data
        made: Packet[Any] = Packet(data)
        made.pts, made.dts, made.time_base = pts + delay, dts, _TICKS
        made.is_keyframe = packet.keyframe
        yield made

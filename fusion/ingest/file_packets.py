"""The coded pictures of a video file, as a camera would send them: on media time, nothing decoded."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from av.packet import Packet
from av.video.stream import VideoStream

from fusion.ingest.probe import opened_file, video_of
from fusion.ingest.reader import Encoded, StreamHead
from fusion.types.errors import SiteError

_90_KHZ = Fraction(1, 90_000)
#: What turns a container's form into the byte stream of Annex B that decoders are fed with here.
_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}


def read_packets(path: Path, clock_start: datetime) -> Iterator[Encoded]:
    """The packets of the file's first video stream, in decoding order.

    Args:
        path: any file that libavformat reads.
        clock_start: when the first picture was shown (aware, UTC); a packet's `at_s` is this + its media time.

    Raises:
        SiteError: no such file, no video in it, it is to be shown turned (only `read_file` turns pictures), or its
            packets have no times.
    """
    start_s = clock_start.timestamp()
    with opened_file(path) as container:
        stream = video_of(container, str(path))
        context = stream.codec_context
        _check_upright(path)
        record = bytes(context.extradata or b"")
        name = context.codec.canonical_name
        # A record in a container's form (its first byte is 1) comes out of the filter in front of keyframes.
        sets = b"" if name in _FILTERS and record[:1] == b"\x01" else record
        size_px = (context.width, context.height) if context.width and context.height else None
        head = StreamHead(name, size_px, sets, stream.time_base or _90_KHZ)
        first_s: float | None = None
        for packet in _filtered(path, stream, container.demux(stream), name):
            if packet.pts is None:
                raise SiteError(f"{path}: its packets say no time; wanted: a file in a container such as .mp4")
            shown_s = float(packet.pts * packet.time_base)
            first_s = shown_s if first_s is None else first_s
            at_s = start_s + shown_s - first_s
            yield Encoded(head, bytes(packet), bool(packet.is_keyframe), at_s, packet.pts, packet.dts)


def _filtered(
    path: Path, stream: VideoStream, packets: "Iterator[Packet[VideoStream]]", codec: str
) -> "Iterator[Packet[VideoStream]]":
    """In Annex B where the codec has that form; a file that was cut off ends where it was cut."""
    try:
        annexb = BitStreamFilterContext(_FILTERS[codec], stream) if codec in _FILTERS else None
        for packet in packets:
            if not packet.size:
                continue  # the demultiplexer's flush
            yield from annexb.filter(packet) if annexb is not None else [packet]
    except av.FFmpegError as error:
        if not isinstance(error, av.error.InvalidDataError | av.error.EOFError):
            raise SiteError(f"{path}: cannot be read on: {error.strerror}; wanted: a whole video file") from error


def _check_upright(path: Path) -> None:
    with opened_file(path) as container:
        try:
            frame = next(iter(container.decode(video_of(container, str(path)))), None)
        except av.FFmpegError:
            return  # whoever decodes it says what is wrong
        if frame is not None and round(frame.rotation / 90) % 4:
            raise SiteError(f"{path}: is to be shown turned by {frame.rotation:g}°; wanted: upright, or the rate full")

"""A clip in which private areas are grey: original packets cannot be masked, so they are decoded and coded again."""

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
import structlog
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from fusion.ingest.decoding import WholeDecoder
from fusion.ingest.masks import PictureMasks
from fusion.ingest.planes import why
from fusion.ingest.reader import Encoded, StreamFault
from fusion.types.masks import Masks
from fusion.types.picture import Picture, Plane

_TICKS = Fraction(1, 90_000)
_RATE = Fraction(25)  #: nominal only: each picture has its own time
_OPTIONS = {"preset": "veryfast", "crf": "23", "bf": "0"}

_log = structlog.get_logger()


def reencode(packets: Sequence[Encoded], masks: Masks, terminal_id: str = "") -> bytes | None:
    """The packets, which begin at a keyframe, as an MP4 file (H.264) with private areas grey in each picture.

    Times are those of showing, from zero at the first. None where there are none, or they cannot be decoded or coded
    again: then nothing is kept rather than what nobody is to see.
    """
    file = io.BytesIO()
    try:
        coded = _coded(_pictures(packets, masks, terminal_id), file)
    except (av.FFmpegError, StreamFault) as error:
        detail = why(error) if isinstance(error, av.FFmpegError) else str(error)
        _log.warning("clip_not_masked_and_so_not_kept", terminal=terminal_id, detail=detail)
        return None
    return file.getvalue() if coded else None


def _pictures(packets: Sequence[Encoded], masks: Masks, terminal_id: str) -> Iterator[Picture]:
    decoder, over = WholeDecoder(terminal_id), PictureMasks(masks)
    for packet in packets:
        for at, frame in decoder.frames(packet):
            yield over.shown(decoder.picture(at, frame))


def _coded(pictures: Iterator[Picture], file: io.BytesIO) -> int:
    """Code pictures of one size into the file; how many."""
    first = next(pictures, None)
    if first is None:
        return 0
    width, height = (side - side % 2 for side in first.size_px)  # the encoder takes even sides alone
    count, last = 0, -1
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=_RATE, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = _TICKS
        stream.codec_context.thread_count = 1
        if first.full_range:
            stream.codec_context.color_range = ColorRange.JPEG
        for picture in (first, *pictures):
            if picture.size_px != first.size_px:
                break  # the camera was set to another size: another clip would begin here
            frame = _frame(picture, width, height)
            last = max(last + 1, round((picture.at - first.at).total_seconds() / _TICKS))
            frame.pts, frame.time_base = last, _TICKS
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode())
    return count


def _frame(picture: Picture, width: int, height: int) -> VideoFrame:
    frame = VideoFrame(width, height, "yuv420p")
    sides = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
    for plane, source, (wide, high) in zip(frame.planes, (picture.y, picture.u, picture.v), sides, strict=True):
        rows: Plane = np.zeros((high, plane.line_size), np.uint8)
        rows[:, :wide] = source[:high, :wide]
        plane.update(rows.tobytes())
    if picture.full_range:
        frame.color_range = ColorRange.JPEG
    return frame

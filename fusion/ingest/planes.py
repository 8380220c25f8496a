"""What a decoder gives, as a `Picture`: views of its planes where they are 4:2:0 already, converted only where not."""

from datetime import datetime

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange

from fusion.types.picture import Picture, Plane

_PLANAR = {"yuv420p": False, "yuvj420p": True}


def picture_of(frame: VideoFrame, terminal_id: str, at: datetime, *, upright: bool = False) -> Picture:
    """A picture whose planes are read-only views of the frame (or of its conversion to yuv420p).

    Args:
        frame: as decoded, any pixel format that libswscale reads.
        terminal_id: whose picture it is.
        at: when it was shown (aware, UTC).
        upright: turn it by the rotation that its file declares.

    Raises:
        av.FFmpegError: its pixel format cannot be converted.
    """
    turns = round(frame.rotation / 90) % 4 if upright else 0
    name = frame.format.name
    if name not in _PLANAR:
        frame = frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)
    full_range = name == "yuvj420p" or (name == "yuv420p" and frame.color_range == ColorRange.JPEG)
    y, u, v = (_turned(_view(plane), turns) for plane in frame.planes[:3])
    return Picture(terminal_id, at, y, u, v, keyframe=bool(frame.key_frame), full_range=full_range)


def _view(plane: VideoPlane) -> Plane:
    stride = plane.line_size
    flat: Plane = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # PyAV's stubs leave out __buffer__
    rows = flat.reshape(plane.height, abs(stride))[:, : plane.width]
    view = rows[::-1] if stride < 0 else rows
    view.flags.writeable = False
    return view


def _turned(plane: Plane, turns: int) -> Plane:
    """Turned counter-clockwise by quarter turns, the way `VideoFrame.rotation` counts."""
    if not turns:
        return plane
    turned = np.ascontiguousarray(np.rot90(plane, turns))
    turned.flags.writeable = False
    return turned


def copy_of(picture: Picture) -> Picture:
    """The same picture in memory of its own, for a holder that keeps it."""
    y, u, v = (np.ascontiguousarray(plane).copy() for plane in (picture.y, picture.u, picture.v))
    return Picture(picture.terminal_id, picture.at, y, u, v, picture.keyframe, picture.full_range)


def why(error: av.FFmpegError) -> str:
    """What libav says went wrong, without the address that its own text repeats."""
    return (error.strerror or type(error).__name__).strip()

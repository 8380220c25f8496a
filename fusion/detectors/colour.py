"""From the decoder's planes to BGR, only for the part that a detector looks at."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.detectors.crops import Square
from fusion.types.picture import Picture

_LUMA_OFFSET, _LUMA_GAIN, _CHROMA_GAIN = 16.0, 255.0 / 219.0, 255.0 / 224.0  # ITU-R BT.601 limited range


def bgr(picture: Picture, part: Square | None = None, side_px: int | None = None) -> NDArray[np.uint8]:
    """A square part of a picture (all of it by default) as uint8 BGR [H, W, 3].

    With `side_px` the planes are resized first, each once, so that only what is looked at is converted.
    """
    width, height = picture.size_px
    left, top, right, bottom = part or (0, 0, width, height)
    y = picture.y[top:bottom, left:right]
    u, v = (plane[top // 2 : (bottom + 1) // 2, left // 2 : (right + 1) // 2] for plane in (picture.u, picture.v))
    size = (side_px, side_px) if side_px else (y.shape[1], y.shape[0])
    how = cv2.INTER_AREA if size[0] < y.shape[1] else cv2.INTER_LINEAR
    luma = y if size == (y.shape[1], y.shape[0]) else cv2.resize(y, size, interpolation=how)
    # OpenCV's YCrCb is full range, so limited-range planes are stretched on the way.
    blue, red = (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v))
    if not picture.full_range:
        luma = cv2.convertScaleAbs(luma, alpha=_LUMA_GAIN, beta=-_LUMA_OFFSET * _LUMA_GAIN)
        blue, red = (cv2.convertScaleAbs(c, alpha=_CHROMA_GAIN, beta=128 - 128 * _CHROMA_GAIN) for c in (blue, red))
    return np.asarray(cv2.cvtColor(cv2.merge([luma, red, blue]), cv2.COLOR_YCrCb2BGR), np.uint8)

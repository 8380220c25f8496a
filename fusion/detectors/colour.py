"""From the decoder's planes to BGR, only for the part that a detector looks at."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.detectors.crops import Square
from fusion.types.picture import Picture, Plane

_VALUES = np.arange(256.0)
# ITU-R BT.601 limited range to full range, saturating: decoders do give luma below 16 and above 235.
_LUMA = np.rint(((_VALUES - 16) * 255 / 219).clip(0, 255)).astype(np.uint8)
_CHROMA = np.rint(((_VALUES - 128) * 255 / 224 + 128).clip(0, 255)).astype(np.uint8)


def bgr(picture: Picture, part: Square | None = None, side_px: int | None = None) -> NDArray[np.uint8]:
    """A part of a picture (all of it by default) as uint8 BGR [H, W, 3].

    Args:
        picture: of any size; limited and full range are told apart.
        part: within the picture; its left and top edges are even, so that luma and chroma begin together.
        side_px: the result is squashed to a square of this side; None: it keeps its size. The planes are
            resized first, so that only what is looked at is converted.
    """
    width, height = picture.size_px
    left, top, right, bottom = part or (0, 0, width, height)
    luma = picture.y[top:bottom, left:right]
    chroma = (slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2))
    size_px = (side_px, side_px) if side_px else (right - left, bottom - top)
    planes = [_fit(luma, size_px, fine=True), _fit(picture.v[chroma], size_px), _fit(picture.u[chroma], size_px)]
    if not picture.full_range:
        # OpenCV's YCrCb is full range.
        planes = [cv2.LUT(plane, table) for plane, table in zip(planes, (_LUMA, _CHROMA, _CHROMA), strict=True)]
    return np.asarray(cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2BGR), np.uint8)


def _fit(plane: Plane, size_px: tuple[int, int], *, fine: bool = False) -> cv2.typing.MatLike:
    height, width = plane.shape
    if (width, height) == size_px:
        return plane
    # Averaging costs five times as much; it is worth that where much is left out, and for luma alone.
    averages = fine and 2 * size_px[0] <= width and 2 * size_px[1] <= height
    return cv2.resize(plane, size_px, interpolation=cv2.INTER_AREA if averages else cv2.INTER_LINEAR)

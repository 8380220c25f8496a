"""A picture made small enough to follow a whole fleet: what the background is learnt on."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.types.picture import Picture, Plane
from fusion.types.sighting import Box

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """Luma and chroma of one look in working size, lightly smoothed against noise and compression."""

    y: Plane  #: uint8 [height, width]
    u: Plane  #: uint8 [ceil(height / 2), ceil(width / 2)]
    v: Plane  #: as `u`

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the luma."""
        return self.y.shape[1], self.y.shape[0]


def working_size(size_px: tuple[int, int], width_px: int) -> tuple[int, int]:
    """(width, height) to follow a picture of `size_px` in: at most `width_px` wide, both even, at least 16."""
    width, height = size_px
    scale = min(1.0, width_px / width)
    return max(16, round(width * scale / 2) * 2), max(16, round(height * scale / 2) * 2)


def reduce(picture: Picture, size_px: tuple[int, int]) -> Reduced:
    """The picture in working size (width, height)."""
    half = size_px[0] // 2, size_px[1] // 2
    luma = cv2.resize(picture.y, size_px, interpolation=cv2.INTER_AREA)
    u, v = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (picture.u, picture.v))
    return Reduced(*(np.asarray(cv2.blur(plane, (3, 3)), np.uint8) for plane in (luma, u, v)))


def pixels_of(box: Box, size_px: tuple[int, int], grow: float = 0.0) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in whole pixels of the working picture, right and bottom exclusive.

    `grow` widens the box on each side by that share of its own size; the result lies inside the picture
    and holds at least one pixel.
    """
    width, height = size_px
    more_x, more_y = (box.right - box.left) * grow, (box.bottom - box.top) * grow
    left = min(max(int((box.left - more_x) * width), 0), width - 1)
    top = min(max(int((box.top - more_y) * height), 0), height - 1)
    right = min(max(round((box.right + more_x) * width), left + 1), width)
    bottom = min(max(round((box.bottom + more_y) * height), top + 1), height)
    return left, top, right, bottom


def box_of(rect: tuple[int, int, int, int], size_px: tuple[int, int]) -> Box:
    """The shares of the picture that (left, top, right, bottom) pixels cover."""
    width, height = size_px
    return Box(rect[0] / width, rect[1] / height, rect[2] / width, rect[3] / height)


def seen_by(shown: Sequence[tuple[int, int, int, int]] | None, rect: Sequence[float] | NDArray[np.float32]) -> bool:
    """Whether the middle of a rectangle lies in one of the parts that a detector was shown; None: it saw all."""
    if shown is None:
        return True
    x, y = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
    return any(left <= x < right and top <= y < bottom for left, top, right, bottom in shown)

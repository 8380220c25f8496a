"""The part of a picture that the second stage looks at; the same when it learns and when it is used."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.types.sighting import Box

Image = NDArray[np.uint8]  #: BGR [height, width, 3]

#: How crops and vectors are made. A classifier that was taught on another recipe is refused.
RECIPE = 2
_CONTEXT = 1.4  #: of the thing's longer side: what stands beside it says what it is
_LEAST_PX = 48  #: a smaller part shows nothing


class Part(NamedTuple):
    """A part of a picture in whole pixels: left, top inclusive, right, bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def part_of(size_px: tuple[int, int], box: Box) -> Part:
    """A square around a box, grown for context and moved into the picture; less high or wide where that is too small.

    Args:
        size_px: (width, height) of the picture.
        box: of the thing, in shares of the picture.
    """
    width, height = size_px
    wide, high = (box.right - box.left) * width, (box.bottom - box.top) * height
    side = max(_CONTEXT * max(wide, high), _LEAST_PX)
    left, right = _span((box.left + box.right) / 2 * width, side, width)
    top, bottom = _span((box.top + box.bottom) / 2 * height, side, height)
    return Part(left, top, right, bottom)


def cut(image: Image, box: Box) -> Image:
    """That part of a BGR picture, as a copy."""
    height, width = image.shape[:2]
    part = part_of((width, height), box)
    return image[part.top : part.bottom, part.left : part.right].copy()


def _span(middle: float, side: float, length: int) -> tuple[int, int]:
    """A stretch within 0..length; both ends are even, since the chroma planes are half as large."""
    size = min(round(side), length) & ~1 or length
    start = int(min(max(middle - size / 2, 0), length - size)) & ~1
    return start, start + size

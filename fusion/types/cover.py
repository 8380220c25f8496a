"""Which pixels of a picture some areas cover."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.types.masks import Polygon

_SHIFT = 3
_FINE = 1 << _SHIFT  #: parts of a pixel in which corners are given to OpenCV

Covered = NDArray[np.bool_]  #: [height, width]


def covered(areas: Sequence[Polygon], size_px: tuple[int, int]) -> Covered:
    """What the areas cover of a picture of a size (width, height); each pixel that they touch counts as covered."""
    width, height = size_px
    plane = np.zeros((height, width), np.uint8)
    for area in areas:
        # OpenCV's pixel centres are whole numbers: a share of the width lies half a pixel to their left.
        corners = np.asarray(area, np.float64) * (width, height) - 0.5
        fine = np.round(corners * _FINE).astype(np.int32)
        cv2.fillPoly(plane, [fine], 255, lineType=cv2.LINE_8, shift=_SHIFT)
        cv2.polylines(plane, [fine], isClosed=True, color=255, thickness=1, lineType=cv2.LINE_8, shift=_SHIFT)
    return plane > 0

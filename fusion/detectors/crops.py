"""Square crops around what matters, so that a small model sees persons large; pure functions.

A whole 16:9 picture squashed to 300x300 loses persons under 80 px; a square around the zone lifts the
share of persons found from 0.56-0.79 to 0.89 on our rendered clips.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fusion.detectors.base import suppress
from fusion.types.detections import Detections
from fusion.types.sighting import Box

_LEAST_SIDE = 0.35  #: of the picture's shorter side: a crop smaller than that shows no context
_MARGIN = 1.25  #: a crop is this much wider than what it is made for


class Square(NamedTuple):
    """A part of a picture in whole pixels: left, top inclusive, right, bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def side_px(self) -> int:
        """Width; equal to the height unless the picture itself is narrower."""
        return self.right - self.left


def squares(size_px: tuple[int, int], interests: Sequence[Box], *, most: int = 3) -> list[Square]:
    """At most `most` squares that together cover the interests, each within the picture.

    Interests that fit into one square are merged; what does not fit any more is covered by the largest
    square that the picture allows. The same input gives the same squares.
    """
    width, height = size_px
    groups: list[tuple[float, float, float, float]] = []
    for box in sorted(interests, key=lambda b: (-b.area, b)):
        rect = (box.left * width, box.top * height, box.right * width, box.bottom * height)
        groups = _absorb(groups, rect, min(width, height))
    while len(groups) > most:
        groups = _absorb(groups[:-2], _union(groups[-2], groups[-1]), max(width, height))
    return list(dict.fromkeys(_square(group, width, height) for group in groups))


def _union(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float, float]:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _absorb(
    groups: list[tuple[float, float, float, float]], rect: tuple[float, float, float, float], longest: float
) -> list[tuple[float, float, float, float]]:
    for index, group in enumerate(groups):
        joined = _union(group, rect)
        if max(joined[2] - joined[0], joined[3] - joined[1]) * _MARGIN <= longest:
            return [*groups[:index], joined, *groups[index + 1 :]]
    return [*groups, rect]


def _square(rect: tuple[float, float, float, float], width: int, height: int) -> Square:
    shorter = min(width, height)
    wanted = max(rect[2] - rect[0], rect[3] - rect[1]) * _MARGIN
    side = int(min(max(wanted, _LEAST_SIDE * shorter), shorter))
    left = int(min(max((rect[0] + rect[2] - side) / 2, 0), width - side))
    top = int(min(max((rect[1] + rect[3] - side) / 2, 0), height - side))
    # Even edges: the chroma planes are half as large.
    left, top = left & ~1, top & ~1
    return Square(left, top, left + side, top + side)


def merge(size_px: tuple[int, int], parts: Sequence[tuple[Square, Detections, int]]) -> Detections:
    """Detections of several squares as detections of the picture.

    Each part is (square, detections in pixels of the crop image, side of the crop image in pixels). A box
    that is cut by a square's inner edge yields to a whole one of an overlapping square.
    """
    if not parts:
        return Detections.none()
    boxes, scores, classes = [], [], []
    for square, found, side_px in parts:
        scale = square.side_px / side_px
        origin = np.array([square.left, square.top, square.left, square.top], np.float32)
        boxes.append(found.xyxy_px * np.float32(scale) + origin)
        scores.append(found.score * np.where(_cut(found, side_px, square, size_px), np.float32(0.6), np.float32(1)))
        classes.append(found.class_id)
    names = parts[0][1].class_names
    return suppress(np.concatenate(boxes), np.concatenate(scores), np.concatenate(classes), names, size_px=size_px)


def _cut(found: Detections, side_px: int, square: Square, size_px: tuple[int, int]) -> np.ndarray:
    near = 0.02 * side_px
    left, top, right, bottom = found.xyxy_px.T if len(found) else np.empty((4, 0), np.float32)
    return np.asarray(
        ((left < near) & (square.left > 0))
        | ((top < near) & (square.top > 0))
        | ((right > side_px - near) & (square.right < size_px[0] - 1))
        | ((bottom > side_px - near) & (square.bottom < size_px[1] - 1))
    )

"""The usual view of one terminal, and how well a picture agrees with it, block by block.

Coordinates are those of the *sketch*: half the small luma, so 160x90 px at most, cut to whole blocks of 10 px.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.types.picture import Plane

BLOCK_PX = 10
AGREES = 0.5  #: correlation of gradients; 2 px of shift leave 0.5, noise of 8 luma steps 0.95
EDGES = 150.0  #: mean squared gradient (Sobel, luma steps) of a block with structure; noise of 1 step has 24
_CORNERS = 60.0  #: of it, in the direction that has least: a lone straight edge may slide along itself
_TRUSTED = 0.4  #: share of the time in which a block agreed; where traffic flows it does not
_REFRESH = timedelta(seconds=30)
_FIRST_LOOKS = 5
_FIXED = 256  #: parts of a luma step in which the mean rests: half the memory of floating point

Grid = NDArray[np.float32]  #: [rows, columns] of blocks
Mask = NDArray[np.bool_]  #: [rows, columns] of blocks


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """One picture against the usual view."""

    correlation: Grid  #: -1 to 1, of gradients, so that light does not count
    energy: Grid  #: mean squared gradient of the picture, luma steps squared
    tone: Grid  #: mean luma of the picture's blocks
    brightness: float  #: mean luma above black, as a share of the usual; at most 1


def sketch_of(small: Plane) -> Plane | None:
    """Half the small luma (uint8 [h, w]) in whole blocks; None where that is no more than 3 blocks wide or high."""
    height, width = (side // 2 // BLOCK_PX * BLOCK_PX for side in small.shape)
    if min(height, width) < 4 * BLOCK_PX:
        return None
    return _u8(cv2.resize(small[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA))


class View:
    """A slow mean of sketches, and how far each block is to be trusted. 47 KB at 160x90."""

    def __init__(self, sketch: Plane, at: datetime, settle: timedelta, memory: timedelta) -> None:
        self.shape = sketch.shape
        self._settle, self._memory_s = settle, memory.total_seconds()
        self.settled = False  #: it has seen enough to be compared with
        self._mean = _fixed(sketch)
        self._from = self._last = self._refreshed = at
        self._looks = 1
        rows, columns = sketch.shape[0] // BLOCK_PX, sketch.shape[1] // BLOCK_PX
        self._trust: Grid = np.ones((rows, columns), np.float32)
        self._refresh(at)

    def learn(self, sketch: Plane, at: datetime, likeness: Likeness | None = None) -> None:
        """Take a picture in, and (with its likeness) which blocks agreed."""
        gap_s = min(max(0.0, (at - self._last).total_seconds()), self._memory_s / 8)
        rate = 1.0 - math.exp(-gap_s / self._memory_s)
        self._last, self._looks = at, self._looks + 1
        share = rate if self.settled else max(rate, 1 / self._looks)
        self._mean = np.asarray(cv2.addWeighted(self._mean, 1.0 - share, _fixed(sketch), share, 0.0), np.uint16)
        self.settled = self.settled or (self._looks >= _FIRST_LOOKS and at - self._from >= self._settle)
        if likeness is not None:
            self._trust += np.float32(max(rate, 1 / self._looks)) * ((likeness.correlation > AGREES) - self._trust)
        if not timedelta(0) <= at - self._refreshed < _REFRESH:
            self._refresh(at)

    def compare(self, sketch: Plane) -> Likeness:
        """How a picture of the same shape agrees."""
        gx, gy = cv2.spatialGradient(sketch)
        rx, ry = cv2.spatialGradient(self.reference)
        together = _means(cv2.add(_times(gx, rx), _times(gy, ry)))
        energy = _means(cv2.add(_times(gx, gx), _times(gy, gy)))
        bright = (cv2.mean(sketch)[0] - 16) / max(1.0, self._brightness)
        correlation = together / np.sqrt(energy * self.energy + 1.0)
        return Likeness(correlation, energy, _means(sketch), min(1.0, max(0.0, bright)))

    @property
    def centres(self) -> list[tuple[int, int]]:
        """(x, y) in px of the middles of its anchors, the best first."""
        rows, columns = np.nonzero(self.anchors)
        order = np.argsort(-self._corners[rows, columns], kind="stable")
        half = BLOCK_PX // 2
        return [(int(columns[k]) * BLOCK_PX + half, int(rows[k]) * BLOCK_PX + half) for k in order]

    def _refresh(self, at: datetime) -> None:
        """What is costly and changes slowly."""
        self._refreshed = at
        self.reference = _u8(cv2.convertScaleAbs(self._mean, alpha=1 / _FIXED))
        self._brightness = cv2.mean(self.reference)[0] - 16
        self.tone: Grid = _means(self.reference)
        rx, ry = cv2.spatialGradient(self.reference)
        xx, yy, xy = _means(_times(rx, rx)), _means(_times(ry, ry)), _means(_times(rx, ry))
        self.energy: Grid = xx + yy
        self._corners: Grid = (self.energy - np.sqrt((xx - yy) ** 2 + 4 * xy**2)) / 2
        trusted = self._trust > _TRUSTED
        self.structured: Mask = (self.energy > EDGES) & trusted
        self.anchors: Mask = (self._corners > _CORNERS) & trusted
        self.inner: Mask = self.anchors.copy()
        self.inner[[0, -1]] = False  # a clock and a name are burnt in there, which stay where they are whatever moves


def _times(one: Any, other: Any) -> Any:
    return cv2.multiply(one, other, dtype=cv2.CV_32F)


def _means(field: Any) -> Grid:
    height, width = field.shape
    blocks = cv2.resize(field, (width // BLOCK_PX, height // BLOCK_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(blocks, np.float32)


def _fixed(sketch: Plane) -> NDArray[np.uint16]:
    return sketch.astype(np.uint16) * np.uint16(_FIXED)


def _u8(array: Any) -> Plane:
    return np.asarray(array, np.uint8)

"""Where a picture differs from the running average of those before it, judged on small luma alone."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.ingest.policy import ChangePolicy
from fusion.types.middle import middle
from fusion.types.picture import Plane
from fusion.types.sighting import Box

_WIDEST_PX, _HIGHEST_PX = 320, 180
_DARK = 24  #: luma below this is mostly noise
_CLIPPED = 245  #: luma above this may be cut off and tells nothing of the exposure

_FIXED = 256  #: parts of a luma step
_SPECK = np.ones((2, 2), np.uint8)

_Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Change:
    """What is new in one picture."""

    boxes: tuple[Box, ...]  #: changed places, merged, largest first; none where the change is sudden
    share: float  #: of the picture's pixels that changed, 0-1
    sudden: bool  #: the whole picture changed at once: light switched, camera moved, lens covered


class ChangeGate:
    """The background of one terminal: a running average, and how much each place of it is wont to vary.

    A place has changed where luma differs by more than a few times its own noise. Noise is the larger of the picture's
    (sensor, rain, compression) and the place's (leaves, flags, a clock burnt in). A change of exposure is taken out
    before: the background follows it. One thread at a time.
    """

    def __init__(self, policy: ChangePolicy) -> None:
        self._policy = policy
        self.small: Plane = np.zeros((1, 1), np.uint8)  #: the picture judged last, shrunk: uint8 [h, w]
        self._mean: _Field = np.empty((0, 0), np.float32)  #: [h, w], luma; empty before the first picture
        self._wont: NDArray[np.uint16]  #: [h, w], mean absolute difference where nothing is new, in parts of `_FIXED`
        self._noise = policy.least_step / policy.noise_factor  #: standard deviation of luma where nothing is new
        self._last_at: datetime

    def judge(self, y: Plane, at: datetime) -> Change:
        """Compare a picture's luma plane (uint8 [h, w]) with the background, then take it in.

        The first picture, and the first of another size, is the background itself: nothing is new in it.
        """
        small = self.small = _small(y)
        if self._mean.shape != small.shape:
            self._begin(small, at)
            return Change((), 0.0, sudden=False)
        gain = _gain(small, self._mean)
        if gain != 1.0:
            self._mean *= np.float32(gain)
        difference = _u8(cv2.absdiff(small, cv2.convertScaleAbs(self._mean)))
        rate = self._learn_noise(difference, at)
        new = self._new_places(difference)
        count = cv2.countNonZero(new)
        share = count / new.size
        if share > self._policy.sudden_share:
            self._begin(small, at)
            return Change((), share, sudden=True)
        self._take_in(small, difference, new, rate)
        exposed = abs(math.log(gain)) > math.log1p(self._policy.sudden_gain)
        return Change(self._boxes(new) if count else (), share, sudden=exposed)

    def _begin(self, small: Plane, at: datetime) -> None:
        self._mean, self._last_at = small.astype(np.float32), at
        wont = self._policy.least_step / self._policy.noise_factor
        self._wont = np.full(small.shape, round(wont * _FIXED), np.uint16)

    def _learn_noise(self, difference: Plane, at: datetime) -> float:
        """Follow the picture's noise; the share by which this picture changes the averages.

        The median is what most places show: noise, as long as most are not new. So it may only grow step by step: a
        camera that was moved differs everywhere, and is no noise. 1.48 makes it a standard deviation of normal noise.
        """
        gap_s = max(0.0, (at - self._last_at).total_seconds())
        self._last_at = at
        rate = 1.0 - math.exp(-gap_s / self._policy.memory.total_seconds())
        noise = 1.48 * middle(difference[::8, ::8])
        self._noise += rate * (min(noise, 2.0 * self._noise + 2.0) - self._noise)
        return rate

    def _new_places(self, difference: Plane) -> Plane:
        """Mask [h, w], 255 where new, single specks taken out."""
        floor = max(self._policy.least_step, self._policy.noise_factor * self._noise)
        limit = np.maximum(
            cv2.convertScaleAbs(self._wont, alpha=self._policy.noise_factor / _FIXED), np.uint8(min(254.0, floor))
        )
        return _u8(cv2.morphologyEx(cv2.compare(difference, limit, cv2.CMP_GT), cv2.MORPH_OPEN, _SPECK))

    def _take_in(self, small: Plane, difference: Plane, new: Plane, rate: float) -> None:
        cv2.accumulateWeighted(small, self._mean, rate)
        # A passer-by must not teach his place that it is wont to vary: new places learn that much more slowly.
        # Thousands of these rest between two looks: fixed point is half the memory.
        wont = cv2.addWeighted(self._wont, 1 / _FIXED, self._wont, 0, 0, dtype=cv2.CV_32F)
        cv2.accumulateWeighted(difference, wont, rate, cv2.bitwise_not(new))
        cv2.accumulateWeighted(difference, wont, rate / 8, new)
        self._wont = np.asarray(cv2.addWeighted(wont, _FIXED, wont, 0, 0, dtype=cv2.CV_16U), np.uint16)

    def _boxes(self, new: Plane) -> tuple[Box, ...]:
        """Boxes of connected new places; near ones flow together, the more so the more there are."""
        height, width = new.shape
        boxes: list[Box] = []
        for reach_px in (2, 5, 11, 23, 47):
            edges = _edges(new, reach_px, self._policy.least_area * new.size)
            boxes = [
                Box(left / width, top / height, right / width, bottom / height) for left, top, right, bottom in edges
            ]
            if len(boxes) <= self._policy.most_boxes:
                break
        return tuple(sorted(boxes, key=lambda box: -box.area)[: self._policy.most_boxes])


def _u8(array: Any) -> Plane:
    return np.asarray(array, np.uint8)


def _small(y: Plane) -> Plane:
    """Luma shrunk to 320x180 at most with its proportions kept, smoothed against sensor noise."""
    height, width = y.shape
    factor = min(1.0, _WIDEST_PX / width, _HIGHEST_PX / height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = y if factor == 1.0 else cv2.resize(y, size, interpolation=cv2.INTER_AREA)
    return _u8(cv2.blur(small, (3, 3)))


def _gain(small: Plane, mean: _Field) -> float:
    """By how much the exposure changed: the median of the ratios, so that what is new in the picture counts little."""
    now, before = small[::8, ::8], mean[::8, ::8]
    usable = (now < _CLIPPED) & (before < _CLIPPED) & (before > _DARK)
    if np.count_nonzero(usable) < usable.size // 4:
        return 1.0
    gain = middle(now[usable] / before[usable])
    return gain if abs(gain - 1.0) > 0.01 and gain > 0.05 else 1.0


def _edges(new: Plane, reach_px: int, least_px: float) -> list[tuple[int, int, int, int]]:
    """(left, top, right, bottom), in pixels of the mask, of new places up to 2 * reach apart that are large enough.

    Labelled at half the size: a quarter of the work, and places that far apart do not care.
    """
    height, width = new.shape
    half = _u8(cv2.resize(new, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA))
    reach = (reach_px + 1) // 2
    joined = cv2.dilate(half, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    there = half > 0
    # A halved pixel is as bright as the share of its four that are new.
    sizes = np.bincount(np.asarray(labels)[there], weights=half[there], minlength=count) * (4 / 255)
    found = []
    for label in np.flatnonzero(sizes >= least_px):
        left, top, wide, high = (2 * int(value) for value in stats[label, :4])
        right, bottom = min(left + wide, width), min(top + high, height)
        # Joining made it wider on each side, except where the picture ends.
        left, top = left + 2 * reach * (left > 0), top + 2 * reach * (top > 0)
        right, bottom = right - 2 * reach * (right < width), bottom - 2 * reach * (bottom < height)
        found.append((left, top, right, bottom))
    return found

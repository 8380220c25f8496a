"""Whether keyframes show the same picture again and again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np

from fusion.ingest.troubles.policy import PicturePolicy
from fusion.types.picture import Plane

_SAMPLE_PX = 28_800  #: pixels compared, in whole rows
_ANY_SHARE = 0.15  #: of the pixels may differ at all: the same picture, encoded again with another quantiser
_LIVELY_SHARE = 0.2  #: of the pixels differ, by a step at least, in each picture of a terminal with noise
_KNOWN = timedelta(minutes=1)  #: of pictures, before a terminal is known to have noise
_FORGET = 0.003  #: a picture's share in what is known of the noise: a hundred pictures mend one that was too still


@dataclass(frozen=True, slots=True)
class Still:
    """A keyframe against the first of those that looked like it."""

    same: bool
    looks: int  #: that show the same picture, this one included
    held: timedelta  #: since the first of them
    sure: bool  #: the terminal is known to have noise, so that sameness is strange


class Stillness:
    """Remembers a sample of the last picture that was different. 29 KB."""

    def __init__(self, policy: PicturePolicy) -> None:
        self._policy = policy
        self._sample: Plane | None = None
        self._from: datetime | None = None
        self._looks = 0
        self._least_share = 1.0  #: lower envelope of the share of pixels that differ between keyframes
        self._row_share = 1.0  #: the same within the row that goes on; it counts once the row has ended
        self._last: Still | None = None
        self._known_from: datetime | None = None

    def judge(self, luma: Plane, at: datetime) -> Still:
        """Take in a keyframe's luma plane (uint8 [h, w]).

        A sensor's noise differs in each picture; a codec may quantise it away in the dark, but not everywhere, and a
        frozen picture may be encoded anew with another quantiser, which changes few pixels. So two shares are held
        against it. Only keyframes: the pictures between them repeat what did not change.
        """
        step = max(1, luma.size // _SAMPLE_PX)
        sample = np.ascontiguousarray(luma[step // 2 :: step])
        if self._sample is None or self._sample.shape != sample.shape or self._from is None or at < self._from:
            self._begin(sample, at)
            self._known_from = at
            return Still(same=False, looks=1, held=timedelta(0), sure=False)
        any_share, clear_share = self._differing(sample, self._sample)
        if any_share > _ANY_SHARE or clear_share > self._policy.frozen_share:
            self._learn(any_share)
            self._begin(sample, at)
            return Still(same=False, looks=1, held=timedelta(0), sure=False)
        self._looks += 1
        self._row_share = min(self._row_share, any_share)
        self._last = Still(same=True, looks=self._looks, held=at - self._from, sure=self._lively(self._from))
        return self._last

    def frozen(self, still: Still) -> bool:
        """Whether that is long enough to be told."""
        after = self._policy.frozen_after if still.sure else self._policy.frozen_unsure_after
        return still.same and still.looks >= self._policy.frozen_looks and still.held >= after

    def _differing(self, sample: Plane, first: Plane) -> tuple[float, float]:
        """Shares of the pixels that differ from the row's first picture: at all, and clearly."""
        difference = cv2.absdiff(sample, first)
        _, clear = cv2.threshold(difference, self._policy.frozen_step, 255, cv2.THRESH_BINARY)
        return cv2.countNonZero(difference) / sample.size, cv2.countNonZero(clear) / sample.size

    def _begin(self, sample: Plane, at: datetime) -> None:
        self._sample, self._from, self._looks, self._row_share, self._last = sample, at, 1, 1.0, None

    def _learn(self, share: float) -> None:
        """A still stretch tells that the terminal has no noise, unless it was a frozen one."""
        if self._last is not None and not self.frozen(self._last):
            share = min(share, self._row_share)
        self._least_share = min(share, self._least_share + _FORGET * (share - self._least_share))

    def _lively(self, before: datetime) -> bool:
        if self._known_from is None or before - self._known_from < _KNOWN:
            return False
        return self._least_share >= _LIVELY_SHARE

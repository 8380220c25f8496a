"""Troubles that the pictures of one terminal show."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from fusion.ingest.troubles import words
from fusion.ingest.troubles.latch import Latch
from fusion.ingest.troubles.policy import PicturePolicy, TroublePolicy
from fusion.ingest.troubles.sharpness import sharpness
from fusion.ingest.troubles.standing import Standing
from fusion.ingest.troubles.stillness import Stillness
from fusion.ingest.troubles.told import Told
from fusion.ingest.troubles.usual import Usual
from fusion.types.picture import Plane
from fusion.types.terminal import Trouble, TroubleKind

_EASIER = 0.05  #: share of the picture by which a trouble that is told lets go later than it took hold


class PictureTroubles:
    """Hysteresis over the pictures of one stream of one terminal; 78 KB, 47 KB more while "moved" is told.

    `judge` and `relearn` are called by one thread at a time, `troubles` by any. A picture that is black or
    over-exposed is judged no further, and neither is one that is told as frozen: there is nothing more to see in it.
    """

    def __init__(self, policy: TroublePolicy) -> None:
        self._policy: PicturePolicy = policy.picture
        self._told = Told(policy.ignored)
        picture, looks = policy.picture, policy.picture.least_looks
        well = picture.clear_after
        self._black = Latch(picture.black_after, looks, well, looks)
        self._white = Latch(picture.white_after, looks, well, looks)
        self._frozen = Latch(timedelta(0), 1, well, looks)
        self._frozen_since: datetime | None = None
        self._blurred = Latch(picture.blurred_after, looks, well, looks)
        self._stillness = Stillness(picture)
        self._standing = Standing(picture)
        self._shape: tuple[int, ...] | None = None
        self._shape_at: datetime | None = None
        self._begin_sharpness()

    def judge(self, small: Plane, at: datetime, *, luma: Plane | None = None, keyframe: bool = True) -> None:
        """Take a look's picture in.

        Args:
            small: luma, uint8 [h, w], at most 320x180, area-averaged: that of the change gate, smoothed or not.
            at: when it was shown (aware); a clock that is set back begins what was on its way anew.
            luma: the whole luma plane, uint8 [h, w]; without it nothing is told of FROZEN and BLURRED. Pictures of
                another size between them (a burst on the main stream) are not judged.
            keyframe: whether it decodes by itself. FROZEN is judged of those alone.
        """
        if not self._is_the_stream(small if luma is None else luma, at):
            return
        dark = self._judge_exposure(small, at)
        if luma is not None and keyframe:
            self._judge_frozen(luma, at, dark=dark)
        if dark or self._frozen.raised:
            return
        if luma is not None:
            self._judge_sharpness(luma, at)
        self._judge_standing(small, at)

    def troubles(self) -> tuple[Trouble, ...]:
        """Those that are raised now, longest lasting first. A sentence stays as it was when it was raised."""
        return self._told.troubles

    def relearn(self) -> None:
        """A person says that the present view and its sharpness are meant: MOVED, COVERED and BLURRED end."""
        self._standing.relearn()
        self._blurred.reset()
        self._begin_sharpness()
        for kind in (TroubleKind.MOVED, TroubleKind.COVERED, TroubleKind.BLURRED):
            self._told.update(kind, None, words.none)

    def _is_the_stream(self, plane: Plane, at: datetime) -> bool:
        if plane.shape != self._shape:
            if self._shape_at is not None and timedelta(0) <= at - self._shape_at < self._policy.other_stream_for:
                return False
            self._shape = plane.shape
            self._begin_sharpness()
        self._shape_at = at
        return True

    def _judge_exposure(self, small: Plane, at: datetime) -> bool:
        """Whether there is nothing to be seen in it."""
        policy, sample = self._policy, np.ascontiguousarray(small[::3, ::3])
        dark = np.count_nonzero(sample <= policy.dark_luma) / sample.size
        white = np.count_nonzero(sample >= policy.white_luma) / sample.size
        black = self._past(dark, policy.dark_share, self._black)
        over = self._past(white, policy.white_share, self._white)
        self._take(TroubleKind.BLACK, self._black, black, at, lambda: words.black(dark, policy.dark_luma))
        self._take(
            TroubleKind.OVER_EXPOSED, self._white, over, at, lambda: words.over_exposed(white, policy.white_luma)
        )
        return black or over

    @staticmethod
    def _past(share: float, limit: float, latch: Latch) -> bool:
        return share >= (limit - _EASIER if latch.raised else limit)

    def _judge_frozen(self, luma: Plane, at: datetime, *, dark: bool) -> None:
        still = self._stillness.judge(luma, at)
        frozen = not dark and self._stillness.frozen(still)
        self._frozen.judge(frozen or (self._frozen.raised and still.same and not dark), at)
        if frozen and self._frozen_since is None:
            self._frozen_since = at - still.held
        if not self._frozen.raised:
            self._frozen_since = None
        self._told.update(TroubleKind.FROZEN, self._frozen_since, lambda: words.frozen(still.looks, still.held))

    def _judge_sharpness(self, luma: Plane, at: datetime) -> None:
        now = sharpness(luma)
        if now is None:
            return
        policy, ratio = self._policy, self._sharpness.ratio(now)
        less = ratio is not None and ratio < policy.blurred_ratio + (_EASIER if self._blurred.raised else 0.0)
        blurred = now < policy.never_sharp_below or (less and now < policy.blurred_below)
        self._sharpness.learn(now, at, usual_now=not blurred)
        self._take(TroubleKind.BLURRED, self._blurred, blurred, at, lambda: words.blurred(ratio if less else None))

    def _begin_sharpness(self) -> None:
        policy = self._policy
        self._sharpness = Usual(policy.settle, policy.sharpness_memory, timedelta.max)

    def _judge_standing(self, small: Plane, at: datetime) -> None:
        standing, before = self._standing, self._standing.moved_since
        standing.judge(small, at)
        if standing.moved_since is not before:
            self._begin_sharpness()
        self._told.update(TroubleKind.COVERED, standing.covered.since, standing.covered_words)
        self._told.update(TroubleKind.MOVED, standing.moved_since, standing.moved_words)

    def _take(
        self, kind: TroubleKind, latch: Latch, bad: bool, at: datetime, sentence: Callable[[], words.Sentence]
    ) -> None:
        latch.judge(bad, at)
        self._told.update(kind, latch.since, sentence)

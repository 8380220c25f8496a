"""Whether a camera still looks where it looked: covered, moved, or something passes by."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from fusion.ingest.troubles import words
from fusion.ingest.troubles.latch import Latch
from fusion.ingest.troubles.policy import PicturePolicy
from fusion.ingest.troubles.shift import Shift, find_shift
from fusion.ingest.troubles.view import AGREES, EDGES, Likeness, Mask, View, sketch_of
from fusion.types.picture import Plane

_IN_PLACE = 0.35  #: of the anchors agree; a shift of 3 % leaves 0.25, a bus over 60 % of the picture 0.3-0.5
_NOWHERE = 0.1  #: of the anchors agree by chance, without the rims
_TEXT = 0.2  #: of the anchors are at most a clock and a name burnt into the rims
_LEAST_ANCHORS = 8  #: with fewer, nothing is told of the place
_LEAST_STRUCTURED = 0.2  #: of all blocks; with fewer, a lorry on a bare road would be a cover
_LOST_STRUCTURE = 0.15  #: of a block's usual energy, in the present light
_UNLIKE = 0.3  #: correlation of a block that is covered; one that fog or blur softens keeps more
_EVEN = 0.3  #: of the usual spread of luma between blocks
_VARIED = 8.0  #: luma steps; a view whose blocks differ less has no spread to lose
_VISIBLE = 60.0  #: mean squared gradient that would be seen over noise, see `view`
_SEARCH_EVERY = timedelta(seconds=2)  #: a search costs as much as ten looks
_SAME_VIEW = 0.5  #: as many blocks as this have structure in a view that is another, and not a dark or smeared one


class Standing:
    """The usual view of one terminal, and what is wrong with the present one.

    In place: at least a third of the usual view's corners agree. That is enough: a camera that was moved agrees almost
    nowhere, while a bus, a crowd or a parked lorry leaves some of the view as it was. Only out of place is the view
    searched elsewhere in the picture.
    """

    def __init__(self, policy: PicturePolicy) -> None:
        self._policy = policy
        looks, well = policy.least_looks, policy.clear_after
        self.covered = Latch(policy.covered_after, looks, well, looks)
        self._shifted = Latch(policy.moved_after, policy.moved_looks, timedelta(0), 1)
        self._lost = Latch(policy.lost_after, policy.moved_looks, timedelta(0), 1)
        self._back = Latch(well, looks, well, looks)
        self.moved_since: datetime | None = None  #: while it is told
        self.covered_words: Callable[[], words.Sentence] = words.none
        self.moved_words: Callable[[], words.Sentence] = words.none
        self._moved_until: datetime | None = None
        self._view: View | None = None
        self._before: View | None = None  #: the view before it was moved, while that is told
        self._forget()

    def judge(self, small: Plane, at: datetime) -> None:
        """Take in the small luma of a picture that is neither black, over-exposed nor frozen."""
        sketch = sketch_of(small)
        if sketch is None:
            return
        if self._view is not None and self._view.shape != sketch.shape:
            self.relearn()
        if self._view is None:
            self._view = self._new_view(sketch, at)
            return
        self._end_moved(sketch, at)
        if not self._view.settled:
            self._view.learn(sketch, at)
            return
        likeness = self._view.compare(sketch)
        agree = _share(likeness, self._view.anchors)
        if agree is None:
            self._view.learn(sketch, at)
        elif agree >= _IN_PLACE:
            self._in_place(self._view, sketch, likeness, at)
        else:
            self._out_of_place(self._view, sketch, likeness, agree, at)

    def relearn(self) -> None:
        """Forget the usual view and end what is told of it; the next pictures are the view."""
        self._view = self._before = self.moved_since = self._moved_until = None
        self.covered.reset()
        self._forget()

    def _forget(self) -> None:
        self._shifted.reset()
        self._lost.reset()
        self._shift: Shift | None = None
        self._shift_at: datetime | None = None
        self._in_place_at: datetime | None = None
        self._out_since: datetime | None = None
        self._searched_at: datetime | None = None
        self._covering = False

    def _new_view(self, sketch: Plane, at: datetime) -> View:
        return View(sketch, at, self._policy.settle, self._policy.memory)

    def _in_place(self, view: View, sketch: Plane, likeness: Likeness, at: datetime) -> None:
        view.learn(sketch, at, likeness)
        self._in_place_at, self._out_since, self._covering = at, None, False
        for latch in (self.covered, self._shifted, self._lost):
            latch.judge(bad=False, at=at)

    def _out_of_place(self, view: View, sketch: Plane, likeness: Likeness, agree: float, at: datetime) -> None:
        self._out_since = self._out_since or at
        if self._judge_covered(view, likeness, at) or self.covered.raised:
            self._lost.judge(bad=False, at=at)
            return
        shift = self._search(view, sketch, at)
        if shift is not None and shift.farthest < self._policy.moved_least:
            self._in_place(view, sketch, likeness, at)
        elif not self._judge_shift(shift, at) and not self._judge_lost(view, likeness, agree, at):
            self._judge_unclear(sketch, at)

    def _judge_covered(self, view: View, likeness: Likeness, at: datetime) -> bool:
        """Whether most of the view has no structure now, and lost it at once."""
        expected = view.energy * likeness.brightness**2
        known = view.structured & (expected > _VISIBLE)
        if np.count_nonzero(known) < max(_LEAST_STRUCTURED * known.size, int(np.count_nonzero(view.structured)) // 2):
            return False
        unlike = likeness.correlation < _UNLIKE
        flat = (likeness.energy < _LOST_STRUCTURE * expected) & unlike
        # A cloth has a weave of its own, but it is as light here as there.
        share = float((unlike if _even(likeness, view, known & unlike) else flat)[known].mean())
        bad = share >= self._policy.covered_share and (self._covering or self._was_well(at))
        self._covering = bad
        if self.covered.judge(bad, at):
            self.covered_words = lambda: words.covered(share)
        return bad

    def _was_well(self, at: datetime) -> bool:
        """Whether the view was in place just now: before the last look, or a few seconds ago."""
        since = self._out_since or at
        return self._in_place_at is not None and at - since <= self._policy.covered_at_once

    def _search(self, view: View, sketch: Plane, at: datetime) -> Shift | None:
        if self._searched_at is not None and timedelta(0) <= at - self._searched_at < _SEARCH_EVERY:
            return None
        self._searched_at = at
        return find_shift(view, sketch)

    def _judge_shift(self, shift: Shift | None, at: datetime) -> bool:
        """Whether the view lay at the same other place long enough."""
        if shift is None:
            if self._shift_at is not None and at - self._shift_at > self._policy.moved_after:
                self._shifted.reset()  # found once, by chance
            return False
        if self._shift is None or not shift.near(self._shift):
            self._shifted.reset()
        self._shift, self._shift_at = shift, at
        if not self._shifted.judge(bad=True, at=at):
            return False
        self._tell_moved(
            self._shifted.since, at, partial(words.moved, shift.right, shift.down, shift.turn_deg, shift.zoom)
        )
        return True

    def _judge_lost(self, view: View, likeness: Likeness, agree: float, at: datetime) -> bool:
        """Whether the whole view was another for long. A dark, smeared or shaken one is not: it has less structure."""
        if self._shifted.begun:
            return False
        structured, usually = (int(np.count_nonzero(grid > EDGES)) for grid in (likeness.energy, view.energy))
        within = _share(likeness, view.inner)
        enough = int(np.count_nonzero(view.inner)) >= 2 * _LEAST_ANCHORS
        nowhere = enough and within is not None and within < _NOWHERE and agree < _TEXT
        another = nowhere and structured >= _SAME_VIEW * usually
        if not self._lost.judge(another, at):
            return False
        self._tell_moved(self._lost.since, at, lambda: words.lost(1 - agree))
        return True

    def _judge_unclear(self, sketch: Plane, at: datetime) -> None:
        """A view that neither was found elsewhere nor came back for long is learnt."""
        if self._out_since and at - self._out_since >= self._policy.unclear_after and not self._shifted.begun:
            self._view = self._new_view(sketch, at)
            self._forget()

    def _tell_moved(self, since: datetime | None, at: datetime, sentence: Callable[[], words.Sentence]) -> None:
        """Tell it, and learn the new view."""
        if self.moved_since is None:
            self.moved_since, self.moved_words, self._before = since, sentence, self._view
        self._moved_until = at + self._policy.moved_told_for
        self._back.reset()
        self._view = None
        self._forget()

    def _end_moved(self, sketch: Plane, at: datetime) -> None:
        """The old view is back, or the new one has been told long enough."""
        if self.moved_since is None or self._before is None or self._moved_until is None:
            return
        agree = _share(self._before.compare(sketch), self._before.anchors)
        self._back.judge(bad=agree is not None and agree >= AGREES, at=at)
        if self._back.raised:
            self._view = self._before
            self._forget()
        if self._back.raised or at >= self._moved_until:
            self._before = self.moved_since = self._moved_until = None


def _even(likeness: Likeness, view: View, where: Mask) -> bool:
    """Whether these blocks differ in luma by much less than they usually do: one thing lies over all of them."""
    usual = float(view.tone[where].std()) * likeness.brightness if where.any() else 0.0
    return usual > _VARIED and float(likeness.tone[where].std()) < _EVEN * usual


def _share(likeness: Likeness, anchors: Mask) -> float | None:
    """Of the anchors that agree; None where there are too few."""
    among = likeness.correlation[anchors]
    return np.count_nonzero(among > AGREES) / among.size if among.size >= _LEAST_ANCHORS else None

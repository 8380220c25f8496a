"""Detections across looks: which box is the same person or vehicle, who stays, who is hidden, who left.

Distances are measured in the thing's own height (a person's 1.7 m) and times in seconds, so that the
same figures hold near and far, in a burst and at one look in ten seconds. Over gaps in which a walker
gets anywhere, only what stays can be told again; its looks must agree, not only its place.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.tracking.background import Difference
from fusion.tracking.config import TrackConfig, group_of
from fusion.tracking.reduced import Mask, seen_by
from fusion.types.detections import Detections

Rect = NDArray[np.float32]  # [4] left, top, right, bottom, pixels of the working picture

_HISTORY = 96
_LOOKS_SAME = 40.0  #: mean difference (grey levels) of two views of one person, at most
_HALO = np.ones((9, 9), np.uint8)
_STILL_ASKED_S = 60.0
_BLIND_S = 0.7  #: a gap in which a walker may get anywhere
_SIZE_SAME = 1.7
_DEPTH = 1.7  #: a way up or down the picture is longer on the ground than the same way across
_PLAIN_LEAST = 0.2  #: of a box that no residue covers, to judge whether its place is empty


@dataclass(slots=True)
class Followed:
    """One thing that is followed; changed in place by `Tracks` only."""

    id: str
    group: str  #: "person", "vehicle", or the class itself
    rect: Rect
    score: float
    first_s: float
    last_s: float
    view: NDArray[np.float32]
    names: dict[str, float] = field(default_factory=dict)  #: class name -> sum of scores
    looks: int = 0  #: looks since the first in which it could have been seen
    seen: int = 0
    #: (time, left, top, right, bottom), oldest first
    path: deque[tuple[float, Rect]] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    stay_since_s: float | None = None
    stay_at: Rect | None = None  #: where it stays
    still: bool = False  #: it stays, and is where it stays at this moment
    still_s: float = 0.0  #: when it was so last
    alive: bool = False  #: it was not in the background from the start, or has moved since
    calm: float = 0.5  #: mean share of its pixels that stay the same over gaps in which a walker is elsewhere, 0-1
    gone: bool = False  #: seen to have left its place, not only lost from sight

    @property
    def name(self) -> str:
        """The class that most of its detections say."""
        return max(self.names, key=lambda name: (self.names[name], name))

    @property
    def size_px(self) -> float:
        """The own-size unit: a person's height; for others the longer side."""
        width, height = float(self.rect[2] - self.rect[0]), float(self.rect[3] - self.rect[1])
        return max(height if self.group == "person" else max(width, height), 1.0)

    def at(self, at_s: float, within_s: float) -> Rect | None:
        """Where it was at the time, to within so many seconds; None when it was not seen then."""
        time_s, rect = min(self.path, key=lambda entry: abs(entry[0] - at_s))
        return rect if abs(time_s - at_s) <= within_s else None


def apart(a: Rect, b: Rect, size_px: float) -> float:
    """Distance of two boxes in own sizes: of the heads or of the feet, whichever agree better.

    One of them is often hidden: the feet behind a cart, the head under an umbrella.
    """
    centre = (a[0] + a[2] - b[0] - b[2]) / 2
    head, foot = np.hypot(centre, _DEPTH * (a[1] - b[1])), np.hypot(centre, _DEPTH * (a[3] - b[3]))
    return float(min(head, foot)) / size_px


def overlap(a: Rect, b: Rect) -> float:
    """Intersection over union."""
    width = float(min(a[2], b[2]) - max(a[0], b[0]))
    height = float(min(a[3], b[3]) - max(a[1], b[1]))
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (_area(a) + _area(b) - both)


def _area(rect: Rect) -> float:
    return max(float((rect[2] - rect[0]) * (rect[3] - rect[1])), 1e-6)


def _contained(a: Rect, b: Rect) -> float:
    """The share of a that lies in b."""
    width = float(min(a[2], b[2]) - max(a[0], b[0]))
    height = float(min(a[3], b[3]) - max(a[1], b[1]))
    return max(width, 0.0) * max(height, 0.0) / _area(a)


class Tracks:
    """The followed things of one terminal."""

    def __init__(self, config: TrackConfig) -> None:
        self._config = config
        self._made = 0
        self._last_s: float | None = None
        self.now: list[Followed] = []
        #: those that left lately, for the question "who was there just before"
        self.left: deque[Followed] = deque(maxlen=config.remember)

    @property
    def made(self) -> int:
        """How many were numbered so far."""
        return self._made

    def remember(self, made: int) -> None:
        """Number the next ones after those of another process."""
        self._made = made

    def look(
        self,
        found: Detections,
        difference: Difference,
        covered: Mask,
        shown: Sequence[tuple[int, int, int, int]] | None = None,
    ) -> None:
        """Take the detections of one look, boxes in pixels of the working picture.

        Args:
            found: what a detector found.
            difference: of this look.
            covered: where residues lie: there, "new" says nothing about who stands in front.
            shown: the parts of the picture that the detector saw; None: all.
        """
        at_s = difference.at_s
        # With what a thing's own shadow and blur do around it.
        covered = np.asarray(cv2.dilate(covered.astype(np.uint8), _HALO)).astype(bool)
        gap_s = 0.0 if self._last_s is None else at_s - self._last_s
        self._last_s = at_s
        candidates = self._candidates(found, difference)
        matched = self._match(candidates, at_s)
        taken = {index for index, _ in matched}
        for index, track in matched:
            self._see(track, candidates[index], at_s, calm=_calm(track.rect, difference))
        for track in self.now:
            track.looks += seen_by(shown, track.rect)
            track.alive |= _new_share(track.rect, difference) >= self._config.life
        self._let_go({id(track) for _, track in matched}, difference, covered, gap_s)
        for index, candidate in enumerate(candidates):
            if index not in taken and candidate.score >= self._config.start_score:
                self._begin(candidate, difference)

    def _candidates(self, found: Detections, difference: Difference) -> list[Followed]:
        """The detections that may be followed, best first, without those that lie in a better one of their group."""
        kept: list[Followed] = []
        names = found.names()
        for index in np.argsort(-found.score, kind="stable"):
            group = group_of(names[index])
            rect, score = found.xyxy_px[index], float(found.score[index])
            if group is None or score < self._config.keep_score or _area(rect) < 4:
                continue
            if any(other.group == group and _contained(rect, other.rect) > 0.8 for other in kept):
                continue
            at_s = difference.at_s
            kept.append(Followed("", group, rect, score, at_s, at_s, _view(rect, difference), {names[index]: score}))
        return kept

    def _match(self, candidates: Sequence[Followed], at_s: float) -> list[tuple[int, Followed]]:
        """Greedy by cost: (index of the candidate, track)."""
        pairs = []
        for index, candidate in enumerate(candidates):
            for order, track in enumerate(self.now):
                cost = self._cost(track, candidate, at_s)
                if cost is not None:
                    pairs.append((cost, index, order))
        pairs.sort()
        taken: set[int] = set()
        used: set[int] = set()
        matched = []
        for _, index, order in pairs:
            if index not in taken and order not in used:
                taken.add(index)
                used.add(order)
                matched.append((index, self.now[order]))
        return matched

    def _cost(self, track: Followed, candidate: Followed, at_s: float) -> float | None:
        if track.group != candidate.group:
            return None
        ratio = candidate.size_px / track.size_px
        since_s = at_s - track.last_s
        if not 1 / _SIZE_SAME < ratio < _SIZE_SAME and overlap(track.rect, candidate.rect) < 0.3:
            return None
        looks = float(np.abs(track.view - candidate.view).mean())
        staying = track.stay_since_s is not None
        reach = 0.35 + (0.15 if staying and since_s > 3 else self._config.speed) * min(since_s, 2.5)
        where = track.rect if staying else _ahead(track, at_s)
        distance = min(
            apart(where, candidate.rect, track.size_px), apart(track.rect, candidate.rect, track.size_px) + 0.05
        )
        if distance > reach or (since_s > _BLIND_S and looks > _LOOKS_SAME):
            return None
        better = 0.3 if staying and distance < 0.4 else 0.0
        return distance / reach - overlap(track.rect, candidate.rect) + looks / 60 - better

    def _begin(self, candidate: Followed, difference: Difference) -> None:
        if len(self.now) >= self._config.most:
            return
        self._made += 1
        candidate.id = f"{candidate.group[0].upper()}{self._made}"
        candidate.looks = candidate.seen = 1
        candidate.path.append((candidate.first_s, candidate.rect))
        # What the detector names but the background holds is scenery, until it stirs.
        candidate.alive = _new_share(candidate.rect, difference) >= self._config.life
        self.now.append(candidate)

    def _see(self, track: Followed, candidate: Followed, at_s: float, *, calm: float) -> None:
        (name, score), *_ = candidate.names.items()
        track.names[name] = track.names.get(name, 0.0) + score
        gap_s = at_s - track.last_s
        # Over a long gap another walker may stand where the last one did: only pixels that stayed tell. Over a
        # short one his place tells.
        track.calm = 0.5 * track.calm + 0.5 * calm if gap_s > _BLIND_S else max(track.calm, 0.5)
        track.rect, track.score, track.last_s = candidate.rect, score, at_s
        track.view = candidate.view if gap_s > 1 else track.view * 0.7 + candidate.view * 0.3
        track.seen += 1
        if not track.path or at_s - track.path[-1][0] >= self._config.step_s:
            track.path.append((at_s, track.rect))
        self._stay(track, at_s)

    def _stay(self, track: Followed, at_s: float) -> None:
        """Staying begins strictly (one place for `stay_after`) and ends leniently (a few steps are no leaving)."""
        size = track.size_px
        if track.calm < (self._config.calm if track.stay_at is None else self._config.calm / 2):
            track.stay_since_s, track.stay_at, track.still = None, None, False
            return
        if track.stay_at is not None:
            moved = apart(track.rect, track.stay_at, size)
            track.still = moved <= self._config.stay_sizes
            track.still_s = at_s if track.still else track.still_s
            if moved > self._config.leave_sizes or at_s - track.still_s > self._config.step_aside.total_seconds():
                track.stay_since_s, track.stay_at, track.still = None, None, False
        if track.stay_at is None:
            since_s = self._still_since(track, at_s)
            if since_s is not None:
                track.stay_since_s, track.stay_at, track.still, track.still_s = since_s, track.rect, True, at_s

    def _still_since(self, track: Followed, at_s: float) -> float | None:
        """Since when it has been within `stay_sizes` of where it is, if for `stay_after` already."""
        since_s = None
        for time_s, rect in reversed(track.path):
            if apart(rect, track.rect, track.size_px) > self._config.stay_sizes:
                break
            since_s = time_s
        if since_s is None or at_s - since_s < self._config.stay_after.total_seconds():
            return None
        return since_s

    def _let_go(self, seen: set[int], difference: Difference, covered: Mask, gap_s: float) -> None:
        """Who was not seen is gone where his place shows the background again, hidden where it does not."""
        kept = []
        for track in self.now:
            hidden_s = difference.at_s - track.last_s
            longest_s = (
                self._config.hidden_staying if track.stay_since_s is not None else self._config.hidden
            ).total_seconds()
            if id(track) in seen:
                kept.append(track)
                continue
            track.gone = track.alive and _is_empty(track.rect, difference, covered, self._config.empty)
            if track.gone or hidden_s > longest_s + 1.5 * gap_s:
                self.left.append(track)
            else:
                kept.append(track)
        self.now = kept
        for track in self.left:
            # Who was lost behind somebody is known to be gone once his place is seen again.
            if not track.gone and difference.at_s - track.last_s < _STILL_ASKED_S:
                track.gone = _is_empty(track.rect, difference, covered, self._config.empty)


def _ahead(track: Followed, at_s: float) -> Rect:
    """Where a moving thing should be by now, at the speed of its last second."""
    if len(track.path) < 2:
        return track.rect
    time_s, rect = next((entry for entry in reversed(track.path) if track.last_s - entry[0] >= 0.7), track.path[0])
    lasted_s = track.last_s - time_s
    if lasted_s < 0.15:
        return track.rect
    step = (track.rect - rect) / lasted_s * min(at_s - track.last_s, 2.5)
    move = np.array([step[0] + step[2], step[1] + step[3]], np.float32) / 2
    return np.asarray(track.rect + np.tile(move, 2), np.float32)


def _pixels(rect: Rect, shape: tuple[int, ...]) -> tuple[slice, slice]:
    height, width = shape[:2]
    left, top = min(max(int(rect[0]), 0), width - 1), min(max(int(rect[1]), 0), height - 1)
    right, bottom = max(min(round(float(rect[2])), width), left + 1), max(min(round(float(rect[3])), height), top + 1)
    return slice(top, bottom), slice(left, right)


def _new_share(rect: Rect, difference: Difference) -> float:
    return float(difference.new[_pixels(rect, difference.new.shape)].mean())


def _calm(rect: Rect, difference: Difference) -> float:
    """The share of what is new there that shows what it showed at the look before; 0 where nothing is new."""
    part = _pixels(rect, difference.new.shape)
    new = difference.new[part]
    return float(difference.steady[part][new].mean()) if float(new.mean()) > 0.05 else 0.0


def _is_empty(rect: Rect, difference: Difference, covered: Mask, least: float) -> bool:
    part = _pixels(rect, difference.new.shape)
    plain = ~covered[part]
    return float(plain.mean()) >= _PLAIN_LEAST and float(difference.new[part][plain].mean()) < least


def _view(rect: Rect, difference: Difference) -> NDArray[np.float32]:
    """A small view of the thing, float32 [3, 8, 4]: what it looks like, to tell it from another."""
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    inner = rect + np.array([0.15 * width, 0.08 * height, -0.15 * width, -0.1 * height], np.float32)
    parts = []
    for plane, scale in ((difference.normal, 1.0), (difference.u, 0.5), (difference.v, 0.5)):
        patch = plane[_pixels(np.asarray(inner * scale, np.float32), plane.shape)]
        parts.append(cv2.resize(patch, (4, 8), interpolation=cv2.INTER_AREA).astype(np.float32))
    view = np.stack(parts)
    view[1:] *= 2  # colour tells people apart better than its few levels suggest
    return np.asarray(view, np.float32)

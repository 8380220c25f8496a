"""One terminal, followed: where a detector should look, and what each look shows in the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import cv2
import numpy as np

from fusion.tracking.background import Background, Difference, share
from fusion.tracking.config import PERSON, FollowerConfig
from fusion.tracking.kept import Kept
from fusion.tracking.minding import left_at_s
from fusion.tracking.reduced import Mask, box_of, pixels_of, reduce, working_size
from fusion.tracking.residue import Residues
from fusion.tracking.tracks import Followed, Tracks
from fusion.types.cover import covered
from fusion.types.detections import Detections
from fusion.types.masks import Polygon
from fusion.types.picture import Picture
from fusion.types.sighting import Box, Residue, Sighting, Track

_MOVED_LEAST = 0.0006  #: share of the picture that must move before a detector is asked
_UNREST = 3  #: comparisons in a row after which nothing more lies there: what is new is rain, leaves or noise
_SETTLED_S = 30.0  #: a residue that lies for so long is what it is
_SELDOMER = 0.2  #: of its age: the time between two questions to the detector about a residue
_ASKED_EACH_S = 60.0  #: and never longer than this


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """A follower's state between two processes."""

    zero: datetime  #: what its seconds count from
    last_at: datetime
    made: tuple[int, int]  #: residues and tracks numbered so far: ids are never used again
    picture_px: tuple[int, int]
    size_px: tuple[int, int]
    background: Background
    residues: tuple[Kept, ...]


class Follower:
    """Holds what is known of one terminal between looks; looks come in order of time.

    For each look `interest` is called first, then, with what the detector found there, `follow`. State is
    bounded: two backgrounds of the working size, and the configured numbers of tracks and residues.
    """

    def __init__(
        self, terminal_id: str, config: FollowerConfig | None = None, *, unjudged: tuple[Polygon, ...] = ()
    ) -> None:
        """Nothing new is seen in `unjudged` areas (shares of the picture), which the pictures have blanked."""
        self._terminal_id = terminal_id
        self.unjudged = unjudged
        self._free: Mask | None = None  #: of the working picture, where something new may be seen; None: everywhere
        self._config = config or FollowerConfig()
        self._background = Background()
        self._tracks = Tracks(self._config.tracks)
        self._residues = Residues(self._config.residues)
        self._zero: datetime | None = None
        self._before: datetime | None = None
        self._last_at: datetime | None = None
        self._picture_px = self._size_px = (0, 0)
        self._quiet = False  #: the newest picture was passed over
        self._difference: Difference | None = None  #: between `interest` and `follow` only: it is large
        self._compared_s, self._compared_new = (
            float("-inf"),
            1.0,
        )  #: the last comparison: when, and what was new (share)
        self._unrest = 0  #: comparisons in a row in which nothing came to lie there
        self._shown: tuple[Residue, ...] = ()  #: the residues of the last comparison
        self._asked_s = float("-inf")  #: when a detector was asked last although nothing moved

    def interest(self, picture: Picture, changes: tuple[Box, ...] | None = None) -> tuple[Box, ...]:
        """Where a detector should look in this picture, in shares of it; empty: nothing is worth it.

        What moves, what newly stays and who is followed; in between, everybody who stays once in a while.
        `changes` is what a change gate saw: where it saw nothing, and nothing was there before, the picture
        is hardly touched; None: no gate looked.
        """
        self._step(picture)
        self._quiet = changes == () and self._nothing_there(picture)
        if self._quiet:
            return ()
        difference = self._compare(picture)
        # Where a gate saw nothing, what differs here is rain, noise or light: it knows how each place is wont to vary.
        boxes = [] if changes == () else self._movers(difference)
        again_s = self._config.look_again.total_seconds()
        due = difference.at_s - self._asked_s >= again_s
        boxes += [box_of(kept.rect, self._size_px) for kept in self._residues.candidate(difference.at_s, 2.5 * again_s)]
        if due or boxes:
            boxes += [self._box(track) for track in self._tracks.now if track.alive]
        boxes += [
            box_of(kept.rect, self._size_px) for kept in self._residues.now if _due(kept, difference.at_s, again_s)
        ]
        if boxes:
            boxes += list(changes or ())
            self._asked_s = difference.at_s
        return tuple(dict.fromkeys(boxes))

    def follow(
        self, picture: Picture, detections: Detections | None, looked_at: Sequence[Box] | None = None
    ) -> Sighting:
        """Take what the detector found (boxes in pixels of `picture`).

        Args:
            picture: the one that `interest` had.
            detections: None: the detector was not asked.
            looked_at: the parts of the picture that it was shown; None: all.
        """
        difference, self._difference = self._difference, None
        if self._last_at != picture.at or (difference is None and not self._quiet):
            raise ValueError(f"Follower {self._terminal_id}: follow() wants the picture that interest() had before")
        gap = timedelta(0) if self._before is None else picture.at - self._before
        if difference is None:
            # What lay there does so still: had it been taken away, the gate would have seen it.
            still = tuple(replace(residue, last_at=picture.at) for residue in self._shown)
            return Sighting(terminal_id=self._terminal_id, at=picture.at, tracks=(), residues=still, gap=gap)
        found = Detections.none() if detections is None else self._scaled(detections, picture)
        if detections is not None:
            shown = None if looked_at is None else [pixels_of(box, self._size_px) for box in looked_at]
            self._tracks.look(found, difference, self._residues.covered(difference.new.shape), shown)
        else:
            shown = []
        self._residues.look(difference, self._background, self._tracks, found, shown=shown)
        self._background.rest()
        at_s = difference.at_s
        self._unrest = self._unrest + 1 if len(self._residues.now) <= len(self._shown) else 0
        self._shown = tuple(self._residue(kept, at_s) for kept in self._residues.now if kept.sure)
        return Sighting(
            terminal_id=self._terminal_id,
            at=picture.at,
            tracks=tuple(self._track(track) for track in self._tracks.now if track.alive),
            residues=self._shown,
            gap=gap,
        )

    def ground(self, picture: Picture) -> Picture | None:
        """The place without what is new in it, as it was learnt, in the working size; None before the first look."""
        if not self._background.learnt:
            return None
        y, (u, v) = self._background.long, self._background.chroma
        y8, u8, v8 = (np.clip(np.round(plane), 0, 255).astype(np.uint8) for plane in (y, u, v))
        self._background.rest()
        return Picture(picture.terminal_id, picture.at, y8, u8, v8, full_range=picture.full_range)

    @property
    def candidate(self) -> bool:
        """Something new lies still that is not yet explained."""
        return bool(self._residues.candidate(max(0.0, self._compared_s), 60.0))

    def memory(self) -> Remembered | None:
        """What another process would have to know; None before the first picture was compared."""
        if self._zero is None or self._last_at is None or self._size_px == (0, 0):
            return None
        return Remembered(
            zero=self._zero,
            last_at=self._last_at,
            made=(self._residues.made, self._tracks.made),
            picture_px=self._picture_px,
            size_px=self._size_px,
            background=self._background,
            residues=tuple(self._residues.now),
        )

    def remember(self, state: Remembered) -> None:
        """Take up what another process knew. Before the first picture only."""
        if self._zero is not None:
            raise ValueError(f"Follower {self._terminal_id}: remember() comes before the first picture")
        self._zero, self._last_at = state.zero, state.last_at
        self._picture_px, self._size_px = state.picture_px, state.size_px
        self._background = state.background
        made_residues, made_tracks = state.made
        self._residues.remember(state.residues, made_residues, state.background.restarts)
        self._tracks.remember(made_tracks)

    def _step(self, picture: Picture) -> None:
        if self._zero is None:
            self._zero = picture.at
        self._before, self._last_at = self._last_at, picture.at

    def _nothing_there(self, picture: Picture) -> bool:
        """Nobody, and nothing that is not settled, at the last comparison, which was lately."""
        if self._tracks.now or picture.size_px != self._picture_px:
            return False
        at_s = self._seconds(picture.at)
        if self._residues.now:
            each = self._config.compare_settled
            if any(at_s - kept.first_s < _SETTLED_S for kept in self._residues.now):
                return False
        else:
            each = self._config.compare_each
        calm = self._compared_new < _MOVED_LEAST or self._unrest >= _UNREST
        return calm and at_s - self._compared_s < each.total_seconds()

    def _seconds(self, at: datetime) -> float:
        return (at - (self._zero or at)).total_seconds()

    def _compare(self, picture: Picture) -> Difference:
        self._picture_px = picture.size_px
        self._size_px = working_size(picture.size_px, self._config.width_px)
        difference = self._background.look(reduce(picture, self._size_px), self._seconds(picture.at))
        if self.unjudged:
            if self._free is None or self._free.shape != difference.new.shape:
                self._free = ~covered(self.unjudged, self._size_px)
            difference = replace(difference, new=difference.new & self._free)
        self._difference = difference
        self._compared_s, self._compared_new = difference.at_s, share(difference.new)
        return difference

    def _movers(self, difference: Difference) -> list[Box]:
        """Boxes around what moves, near pieces together, the largest first."""
        raw = difference.moving.astype(np.uint8)
        moving = np.asarray(cv2.morphologyEx(raw, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
        if int(moving.sum()) < _MOVED_LEAST * moving.size:
            return []
        # At half the size, which is a quarter of the work, and near enough for where to look.
        half = cv2.resize(moving, (moving.shape[1] // 2, moving.shape[0] // 2), interpolation=cv2.INTER_AREA)
        near = cv2.dilate((half > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
        order = sorted(range(1, count), key=lambda label: -int(stats[label, cv2.CC_STAT_AREA]))
        boxes = []
        for label in order[: self._config.most_interests]:
            left, top, width, height, _ = (2 * int(value) for value in stats[label])
            boxes.append(box_of((left, top, left + width, top + height), self._size_px))
        return boxes

    def _scaled(self, detections: Detections, picture: Picture) -> Detections:
        scale = np.array([s / p for s, p in zip(self._size_px, picture.size_px, strict=True)] * 2, np.float32)
        return Detections(
            (detections.xyxy_px * scale).astype(np.float32),
            detections.score,
            detections.class_id,
            detections.class_names,
        )

    def _box(self, track: Followed) -> Box:
        width, height = self._size_px
        left, top, right, bottom = (float(value) for value in track.rect)
        return Box(max(left / width, 0.0), max(top / height, 0.0), min(right / width, 1.0), min(bottom / height, 1.0))

    def _at(self, at_s: float) -> datetime:
        if self._zero is None:
            raise ValueError(f"Follower {self._terminal_id}: no look yet")
        return self._zero + timedelta(seconds=at_s)

    def _track(self, track: Followed) -> Track:
        return Track(
            id=track.id,
            class_name=track.name if track.group != PERSON else PERSON,
            box=self._box(track),
            score=track.score,
            first_at=self._at(track.first_s),
            last_at=self._at(track.last_s),
            stays_since=None if track.stay_since_s is None else self._at(track.stay_since_s),
            seen_share=track.seen / max(track.looks, 1),
        )

    def _residue(self, kept: Kept, at_s: float) -> Residue:
        left_s = left_at_s(kept, self._residues.now, at_s)
        return Residue(
            id=kept.id,
            box=box_of(kept.rect, self._size_px),
            first_at=self._at(kept.first_s),
            still_since=self._at(kept.still_s),
            last_at=self._at(kept.last_s),
            bringer=kept.bringer.id if kept.bringer else None,
            bringer_class=kept.bringer.name if kept.bringer else None,
            bringer_left_at=None if left_s is None else self._at(left_s),
            explained_as=kept.explained_as,
        )


def _due(kept: Kept, at_s: float, again_s: float) -> bool:
    """Whether the detector should be asked again what it is: often at first, then seldomer and seldomer."""
    return at_s - kept.asked_s >= min(max(again_s, _SELDOMER * (at_s - kept.first_s)), _ASKED_EACH_S)

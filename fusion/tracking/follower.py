"""One terminal, followed: where a detector should look, and what each look shows in the end."""

from datetime import datetime, timedelta

import cv2
import numpy as np

from fusion.tracking.background import Background, Difference, share
from fusion.tracking.config import PERSON, FollowerConfig
from fusion.tracking.kept import Kept
from fusion.tracking.minding import left_at_s
from fusion.tracking.reduced import box_of, reduce, working_size
from fusion.tracking.residue import Residues
from fusion.tracking.tracks import Followed, Tracks
from fusion.types.detections import Detections
from fusion.types.picture import Picture
from fusion.types.sighting import Box, Residue, Sighting, Track

_MOVED_LEAST = 0.0006  #: share of the picture that must move before a detector is asked


class Follower:
    """Holds what is known of one terminal between looks; looks come in order of time.

    For each look `interest` is called first, then, with what the detector found there, `follow`. State is
    bounded: two backgrounds of the working size, and the configured numbers of tracks and residues.
    """

    def __init__(self, terminal_id: str, config: FollowerConfig | None = None) -> None:
        self._terminal_id = terminal_id
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
        )  #: the last comparison: when, and the share that was new
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
            boxes += [box_of(kept.rect, self._size_px) for kept in self._residues.now if due]
        if boxes:
            boxes += list(changes or ())
            self._asked_s = difference.at_s
        return tuple(dict.fromkeys(boxes))

    def follow(self, picture: Picture, detections: Detections | None) -> Sighting:
        """Take what the detector found (boxes in pixels of `picture`); None: it was not asked."""
        difference, self._difference = self._difference, None
        if self._last_at != picture.at or (difference is None and not self._quiet):
            raise ValueError(f"Follower {self._terminal_id}: follow() wants the picture that interest() had before")
        gap = timedelta(0) if self._before is None else picture.at - self._before
        if difference is None:
            return Sighting(terminal_id=self._terminal_id, at=picture.at, tracks=(), residues=(), gap=gap)
        found = Detections.none() if detections is None else self._scaled(detections, picture)
        if detections is not None:
            self._tracks.look(found, difference, self._residues.covered(difference.new.shape))
        self._residues.look(difference, self._background, self._tracks, found, detected=detections is not None)
        self._background.rest()
        at_s = difference.at_s
        return Sighting(
            terminal_id=self._terminal_id,
            at=picture.at,
            tracks=tuple(self._track(track) for track in self._tracks.now if track.alive),
            residues=tuple(self._residue(kept, at_s) for kept in self._residues.now if kept.sure),
            gap=gap,
        )

    @property
    def candidate(self) -> bool:
        """Something new lies still that is not yet explained."""
        return bool(self._residues.candidate(max(0.0, self._compared_s), 60.0))

    def _step(self, picture: Picture) -> None:
        if self._zero is None:
            self._zero = picture.at
        self._before, self._last_at = self._last_at, picture.at

    def _nothing_there(self, picture: Picture) -> bool:
        """Nobody and nothing new at the last comparison, which was lately."""
        if self._tracks.now or self._residues.now or picture.size_px != self._picture_px:
            return False
        lately = self._seconds(picture.at) - self._compared_s < self._config.compare_each.total_seconds()
        return lately and self._compared_new < _MOVED_LEAST

    def _seconds(self, at: datetime) -> float:
        return (at - (self._zero or at)).total_seconds()

    def _compare(self, picture: Picture) -> Difference:
        self._picture_px = picture.size_px
        self._size_px = working_size(picture.size_px, self._config.width_px)
        difference = self._background.look(reduce(picture, self._size_px), self._seconds(picture.at))
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

"""The judging chain of one terminal: look → crops → detect → merge → follow → rules → findings."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from math import ceil

import numpy as np
from numpy.typing import NDArray

from fusion.detectors.colour import bgr
from fusion.detectors.crops import Square, merge, squares
from fusion.pipeline.attention import Attention
from fusion.rules.base import Rule
from fusion.tracking.config import FollowerConfig
from fusion.tracking.follower import Follower
from fusion.tracking.memory import pack, unpack
from fusion.types.detections import Detections
from fusion.types.masks import NO_MASKS, Masks
from fusion.types.picture import Picture
from fusion.types.sighting import Box, Sighting, unknown_width
from fusion.types.signal import Finding
from fusion.types.zone import Zone

Image = NDArray[np.uint8]  #: BGR [height, width, 3]
Detect = Callable[[list[Image]], list[Detections]]  #: boxes of each image in its own pixels, in the same order


class TerminalJudge:
    """Judges the looks of one terminal, in order of time. Not thread-safe: one look at a time."""

    def __init__(
        self,
        terminal_id: str,
        *,
        zones: Sequence[Zone],
        rules: Sequence[Rule],
        detect: Detect,
        site_tz: tzinfo,
        follow: FollowerConfig | None = None,
        width_m: Callable[[Box], float | None] = unknown_width,
        crop_px: int = 300,
        most_crops: int = 3,
        masks: Masks = NO_MASKS,
    ) -> None:
        """`masks` are those with which its pictures come; nothing new is seen in them."""
        self._zones = tuple(zones)
        self._attention = Attention(self._zones)
        self._rules = tuple(rules)
        self._detect = detect
        self._site_tz = site_tz
        self._width_m = width_m  #: of a box on the ground, for what rules say
        self._crop_px = crop_px  #: side of the detector's input: larger crops are shrunk before they are coloured
        self._most_crops = most_crops
        self._follower = Follower(terminal_id, follow, unjudged=masks.unjudged)
        self.sighting: Sighting | None = None  #: what the newest look showed, for the annotated picture
        self._turn = 0  #: which crop is first when not all of them can be looked at
        self.crops = 0  #: images given to the detector so far

    def look(
        self, picture: Picture, changes: tuple[Box, ...] | None = None, *, most_crops: int | None = None
    ) -> list[Finding]:
        """Judge one picture; whatever `detect` raises comes through, and the look then counts as not made.

        Args:
            picture: later than the one before.
            changes: where the change gate saw something, in shares; the chain looks for itself too. None: no gate
                looked; empty: it saw nothing, and where nothing was before, the picture is passed over.
            most_crops: fewer than usual may go to the detector, because it is short of time: then they take turns.
        """
        local_now = picture.at.astimezone(self._site_tz)
        interests = self._attention.on(self._follower.interest(picture, changes), local_now)
        parts = self._parts(picture.size_px, interests, most_crops)
        found = self._found(picture, parts) if parts else None
        sighting = self._follower.follow(picture, found, [_box(part, picture.size_px) for part in parts])
        sighting = self.sighting = replace(sighting, width_m=self._width_m)
        return [finding for rule in self._rules for finding in rule.judge(sighting, self._zones, local_now)]

    def memory(self) -> bytes | None:
        """What is known of the place, for another process; None before the first picture."""
        return pack(self._follower)

    def remember(self, data: bytes, now: datetime) -> bool:
        """Take up what another process knew; False where that is too old. Before the first look only.

        Raises:
            SiteError: it is not what `memory` gave.
        """
        return unpack(data, self._follower, now)

    def ground(self, picture: Picture) -> Picture | None:
        """The place as it was learnt, without what is new in `picture`; None before the first look."""
        return self._follower.ground(picture)

    @property
    def candidate(self) -> bool:
        """Something may become a finding: every keyframe should be looked at."""
        if self.sighting is None:
            return False
        return self._follower.candidate or any(rule.building(self.sighting.at) for rule in self._rules)

    @property
    def wants_burst(self) -> bool:
        """Something new lies still, and nobody knows yet what it is or who brought it: decode in full for a while."""
        return self._follower.candidate

    def _parts(self, size_px: tuple[int, int], interests: tuple[Box, ...], most_crops: int | None) -> list[Square]:
        """The squares that a detector is shown; where it may not be shown all of them, they take turns."""
        if not interests:
            return []
        parts = squares(size_px, tiles(size_px, interests), most=self._most_crops)
        if most_crops is not None and len(parts) > most_crops:
            first = self._turn % len(parts)
            self._turn += most_crops
            parts = (parts[first:] + parts[:first])[:most_crops]
        return parts

    def _found(self, picture: Picture, parts: Sequence[Square]) -> Detections:
        images, sides = [], []
        for square in parts:
            side_px = min(self._crop_px, square.side_px)
            images.append(bgr(picture, square, side_px))
            sides.append(side_px)
        self.crops += len(images)
        found = self._detect(images)
        return merge(picture.size_px, list(zip(parts, found, sides, strict=True)))


def _box(square: Square, size_px: tuple[int, int]) -> Box:
    width, height = size_px
    return Box(square.left / width, square.top / height, square.right / width, square.bottom / height)


def tiles(size_px: tuple[int, int], interests: Sequence[Box]) -> list[Box]:
    """What is wider or higher than a square can be, cut into overlapping pieces that are not."""
    shorter = min(size_px)
    tiles = []
    for box in interests:
        wide, high = (box.right - box.left) * size_px[0], (box.bottom - box.top) * size_px[1]
        columns, rows = max(1, ceil(wide / shorter - 0.05)), max(1, ceil(high / shorter - 0.05))
        for column in range(columns):
            for row in range(rows):
                across, down = (box.right - box.left) / columns, (box.bottom - box.top) / rows
                left, top = box.left + column * across, box.top + row * down
                tiles.append(Box(left, top, left + across, top + down))
    return tiles

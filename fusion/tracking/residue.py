"""Residues: static new things, from the first still blob until they are seen to be taken away.

A residue keeps a picture of itself. At each look its pixels either show that picture (it is there), or
the background (it is gone), or neither: then somebody stands in front, and it is taken to be there.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from fusion.tracking.background import Background, Difference
from fusion.tracking.blobs import Blob, PixelRect, evidence, shadow_share, still_blobs
from fusion.tracking.config import PERSON, ResidueConfig
from fusion.tracking.kept import CLEARLY, Kept, belongs, inside
from fusion.tracking.minding import attend
from fusion.tracking.reduced import Mask, seen_by
from fusion.tracking.tracks import Tracks
from fusion.types.detections import Detections

_SAME_LEVELS = 14  #: grey levels by which a pixel of the thing may differ from its own picture
_EXPLAINS = 0.6  #: of its pixels that a detection must cover to say what it is
_WEIGHED_S = 20.0  #: for so long each look may change the verdict on what it is
_LIKE_ITSELF = 0.5  #: correlation with its own picture
_SMALL = np.ones((3, 3), np.uint8)


class Residues:
    """The residues of one terminal."""

    def __init__(self, config: ResidueConfig) -> None:
        self._config = config
        self._made = 0
        self._last_s: float | None = None
        self._restarts = 0
        self.now: list[Kept] = []

    @property
    def made(self) -> int:
        """How many were numbered so far."""
        return self._made

    def remember(self, kept: Sequence[Kept], made: int, restarts: int) -> None:
        """Take up what another process knew."""
        self.now, self._made, self._restarts = list(kept), made, restarts

    def look(
        self,
        difference: Difference,
        background: Background,
        tracks: Tracks,
        found: Detections,
        shown: Sequence[PixelRect] | None = None,
    ) -> None:
        """After the tracks have taken the same look.

        Args:
            difference: of this look.
            background: that it was made with.
            tracks: of this look.
            found: what a detector found, in pixels of the working picture.
            shown: the parts of it that the detector saw; None: all, empty: it was not asked.
        """
        gap_s = 0.0 if self._last_s is None else difference.at_s - self._last_s
        self._last_s = difference.at_s
        if background.restarts != self._restarts:
            self._restarts = background.restarts
            for kept in self.now:
                kept.blind = True
        self.now = [kept for kept in self.now if self._lasts(kept, difference, background)]
        free = self._free(difference, tracks) & ~self.covered(difference.new.shape)
        for blob in still_blobs(difference, background, free, self._config):
            self._take(blob, difference, background, gap_s)
        self._join(difference, gap_s)
        for kept in self.now:
            if seen_by(shown, kept.rect):
                kept.asked_s = difference.at_s
                self._explain(kept, found, difference)
            attend(kept, tracks, difference.at_s, gap_s)
        self._tidy(difference, background)

    def _lasts(self, kept: Kept, difference: Difference, background: Background) -> bool:
        """Whether it is still there, as far as can be seen."""
        at_s, part = difference.at_s, kept.part
        if kept.blind:
            return self._lasts_blind(kept, difference)
        normal, new = difference.normal[part][kept.mask], difference.new[part][kept.mask]
        like_itself = float((cv2.absdiff(normal, kept.picture[kept.mask]) <= _SAME_LEVELS).mean())
        like_ground = float((~new).mean())
        if like_itself >= self._config.present:
            kept.last_s, kept.gone_since_s = at_s, None
            self._refresh(kept, difference)
            if not self._shrink(kept, difference):
                return False
            return at_s - kept.first_s < self._longest_s(kept) or self._give_up(kept, difference, background)
        if like_ground >= self._config.gone:
            kept.gone_since_s = at_s if kept.gone_since_s is None else kept.gone_since_s
            return at_s - kept.gone_since_s < self._config.gone_after.total_seconds()
        kept.gone_since_s = None
        anew = difference.new[part] & difference.steady[part] & (at_s - difference.since_s[part] > 3.0)
        if float(anew[kept.mask].mean()) > 0.7:
            # It was moved or turned a little, or more was put on it.
            kept.picture = difference.normal[part].copy()
            kept.last_s = kept.still_s = at_s
        return at_s - kept.last_s < self._config.hidden.total_seconds()

    def _lasts_blind(self, kept: Kept, difference: Difference) -> bool:
        """The background has been learnt anew with the thing in it: only its own looks can tell."""
        now, own = (plane[kept.mask].astype(np.float32) for plane in (difference.normal[kept.part], kept.picture))
        if now.std() > 1 and own.std() > 1 and float(np.corrcoef(now, own)[0, 1]) > _LIKE_ITSELF:
            kept.last_s = difference.at_s
        return difference.at_s - kept.last_s < self._config.hidden.total_seconds()

    def _longest_s(self, kept: Kept) -> float:
        longest = self._config.brought if kept.bringer is not None else self._config.unexplained
        return longest.total_seconds()

    def _give_up(self, kept: Kept, difference: Difference, background: Background) -> bool:
        background.absorb(self._whole(kept, difference), difference)
        return False

    def covered(self, shape: tuple[int, ...]) -> Mask:
        """Where residues lie, [height, width] of the working picture."""
        mask = np.zeros(shape, bool)
        for kept in self.now:
            mask[kept.part] |= kept.mask
        return mask

    def _whole(self, kept: Kept, difference: Difference) -> Mask:
        mask = np.zeros(difference.new.shape, bool)
        mask[kept.part] = kept.mask
        return mask

    def _refresh(self, kept: Kept, difference: Difference) -> None:
        """Its picture follows slow changes of the light on it, where it looks like itself."""
        fresh = difference.normal[kept.part]
        near = cv2.absdiff(fresh, kept.picture) <= _SAME_LEVELS
        kept.picture = np.where(near, cv2.addWeighted(kept.picture, 0.9, fresh, 0.1, 0), kept.picture)

    def _shrink(self, kept: Kept, difference: Difference) -> bool:
        """Give back what shows the ground again (a shadow that went with its owner); False: nothing is left."""
        part = kept.part
        ground = (~difference.new[part] & difference.steady[part]).astype(np.uint8)
        mask = kept.mask & ~cv2.morphologyEx(ground, cv2.MORPH_OPEN, _SMALL).astype(bool)
        if not mask.any():
            return False
        rows = np.flatnonzero(mask.any(axis=1))
        columns = np.flatnonzero(mask.any(axis=0))
        inner = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        left, top = kept.rect[0] + int(columns[0]), kept.rect[1] + int(rows[0])
        kept.mask, kept.picture = mask[inner], kept.picture[inner]
        kept.rect = left, top, left + kept.mask.shape[1], top + kept.mask.shape[0]
        return int(kept.mask.sum()) >= 0.5 * self._config.least_share * difference.new.size

    def _free(self, difference: Difference, tracks: Tracks) -> Mask:
        """Where nobody stands now."""
        height, width = difference.new.shape
        free = np.ones((height, width), bool)
        for track in tracks.now:
            if track.group != PERSON or not track.alive:
                continue
            margin = 0.04 * track.size_px
            left, top, right, bottom = track.rect
            rows = slice(max(int(top - margin), 0), min(int(bottom + margin) + 1, height))
            free[rows, max(int(left - margin), 0) : min(int(right + margin) + 1, width)] = False
        return free

    def _take(self, blob: Blob, difference: Difference, background: Background, gap_s: float) -> None:
        """A blob grows a residue that it touches, or is a new one, or is none."""
        touched = next((kept for kept in self.now if belongs(kept, blob, gap_s)), None)
        if touched is not None:
            self._grow(touched, blob, difference)
            return
        found = evidence(blob, difference, background)
        if found is not None and found < -CLEARLY:
            mask = np.zeros(difference.new.shape, bool)
            left, top, right, bottom = blob.rect
            mask[top:bottom, left:right] = blob.mask
            background.absorb(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool), difference)
            return
        too_large = blob.area > self._config.most_share * difference.new.size
        if found is None or too_large or len(self.now) >= self._config.most:
            return
        self._made += 1
        left, top, right, bottom = blob.rect
        picture = difference.normal[top:bottom, left:right].copy()
        self.now.append(
            Kept(
                f"R{self._made}", blob.rect, blob.mask, picture,
                made_s=difference.at_s, first_s=blob.since_s, still_s=blob.since_s, last_s=difference.at_s,
                attended_s=blob.since_s, weighed=(found, 1),
            )
        )  # fmt: skip

    def _grow(self, kept: Kept, blob: Blob, difference: Difference) -> None:
        left, top = min(kept.rect[0], blob.rect[0]), min(kept.rect[1], blob.rect[1])
        right, bottom = max(kept.rect[2], blob.rect[2]), max(kept.rect[3], blob.rect[3])
        mask = np.zeros((bottom - top, right - left), bool)
        picture = difference.normal[top:bottom, left:right].copy()
        own = slice(kept.rect[1] - top, kept.rect[3] - top), slice(kept.rect[0] - left, kept.rect[2] - left)
        mask[own] = kept.mask
        before = int(mask.sum())
        added = slice(blob.rect[1] - top, blob.rect[3] - top), slice(blob.rect[0] - left, blob.rect[2] - left)
        mask[added] |= blob.mask
        if mask.sum() > self._config.most_share * difference.new.size:
            return
        old = picture[own]
        old[kept.mask] = kept.picture[kept.mask]
        if mask.sum() > 2 * before:  # most of it came now: the first bit was not the thing
            kept.first_s, kept.weighed = max(kept.first_s, blob.since_s), (0.0, 0)
        kept.still_s = max(kept.still_s, blob.since_s)
        kept.rect, kept.mask, kept.picture = (left, top, right, bottom), mask, picture
        self._swallow(kept)

    def _join(self, difference: Difference, gap_s: float) -> None:
        """Pieces side by side that came together are one thing: somebody stood in front while it came to rest."""
        for kept in sorted(self.now, key=lambda kept: kept.first_s):
            for other in [other for other in self.now if other is not kept and kept in self.now]:
                piece = Blob(other.rect, other.mask, other.still_s)
                if other.first_s < kept.first_s or not belongs(kept, piece, gap_s):
                    continue
                self._grow(kept, piece, difference)
                if other in self.now and inside(other.rect, kept.rect):
                    self.now.remove(other)

    def _swallow(self, kept: Kept) -> None:
        """What lies within a residue that has grown is a part of it."""
        for other in [other for other in self.now if other is not kept and inside(other.rect, kept.rect)]:
            kept.bringer = kept.bringer or other.bringer
            kept.attended_s = max(kept.attended_s, other.attended_s)
            self.now.remove(other)

    def _explain(self, kept: Kept, found: Detections, difference: Difference) -> None:
        """Let the detections that cover the thing, while it is plain to see, say what it is."""
        if kept.last_s != difference.at_s:
            return
        kept.looked += 1
        left, top, right, bottom = kept.rect
        size, area = kept.mask.sum(), (right - left) * (bottom - top)
        for rect, name in zip(found.xyxy_px, found.names(), strict=True):
            if float((rect[2] - rect[0]) * (rect[3] - rect[1])) > 5.0 * area:
                continue
            inside = (
                slice(max(int(rect[1]) - top, 0), max(int(rect[3]) + 1 - top, 0)),
                slice(max(int(rect[0]) - left, 0), max(int(rect[2]) + 1 - left, 0)),
            )
            if kept.mask[inside].sum() >= _EXPLAINS * size:
                kept.said[name] = kept.said.get(name, 0.0) + 1.0

    def _tidy(self, difference: Difference, background: Background) -> None:
        """Give the background what is no residue and stays: shadows that wandered, specks, the clock's digits."""
        at_s = difference.at_s
        for kept in [k for k in self.now if k.last_s == at_s and at_s - k.first_s < _WEIGHED_S and not k.blind]:
            found = evidence(Blob(kept.rect, kept.mask, kept.first_s), difference, background)
            total, count = kept.weighed
            kept.weighed = total + (found or 0.0), count + 1
            dark = shadow_share(Blob(kept.rect, kept.mask, kept.first_s), difference, background)
            kept.shadow_share += (dark - kept.shadow_share) * (0.3 if count > 1 else 1.0)
        for kept in [k for k in self.now if not k.sure and k.last_s == at_s and not k.blind]:
            total, count = kept.weighed
            if total < -CLEARLY * count or at_s - kept.first_s > _WEIGHED_S:
                self._give_up(kept, difference, background)
                self.now.remove(kept)
        old = difference.new & difference.steady & (at_s - difference.since_s > self._config.absorb.total_seconds())
        if not old.any():
            return
        for kept in self.now:
            old[kept.part] = False
        if old.any():
            background.absorb(old, difference)

    def candidate(self, at_s: float, within_s: float) -> Sequence[Kept]:
        """Those that appeared within so many seconds."""
        return [kept for kept in self.now if at_s - kept.first_s < within_s]

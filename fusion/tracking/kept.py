"""One residue as it is kept between looks, and how residues and blobs lie to each other."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.tracking.blobs import Blob, PixelRect
from fusion.tracking.config import group_of
from fusion.tracking.reduced import Mask
from fusion.tracking.tracks import Followed

_EXPLAINED_SHARE = 0.3  #: of the looks in which a detector must say so
_SHADOWY = 0.62  #: of its pixels; goods have bright and coloured parts
CLEARLY = 0.12  #: mean logarithm of the ratio of contrasts
_MORE_S = 3.0  #: what comes beside a thing within so long belongs to it
_MARGIN_PX = 4


@dataclass(slots=True)
class Kept:
    """One residue; changed in place by `Residues` only."""

    id: str
    rect: PixelRect
    mask: Mask
    picture: NDArray[np.uint8]  #: luma of the thing itself, [bottom - top, right - left]
    made_s: float  #: the look at which it was found
    first_s: float
    still_s: float
    last_s: float  #: when it was last plainly seen
    attended_s: float  #: when somebody else than the bringer, who minds it, was last at it
    #: (sum, number) of the looks' evidence that the picture holds a thing which the background did not
    weighed: tuple[float, int] = (0.0, 0)
    bringer: Followed | None = None
    shadow_share: float = 0.0  #: of its pixels that a shadow could explain, 0-1
    gone_since_s: float | None = None
    blind: bool = False  #: the background was learnt anew since: it says nothing about this thing
    asked_s: float = float("-inf")  #: when a detector was last shown the place
    looked: int = 0  #: looks at which a detector saw the place while the thing was plain
    said: dict[str, float] = field(default_factory=dict)  #: class name -> looks at which a detector named it

    @property
    def box_px(self) -> NDArray[np.float32]:
        """The rectangle as floats."""
        return np.array(self.rect, np.float32)

    @property
    def sure(self) -> bool:
        """It is a thing, and was not there before."""
        total, count = self.weighed
        return count > 0 and total > CLEARLY * count

    @property
    def part(self) -> tuple[slice, slice]:
        """Where it lies in an array of the working size."""
        left, top, right, bottom = self.rect
        return slice(top, bottom), slice(left, right)

    @property
    def explained_as(self) -> str | None:
        """What the detector calls it, when it does so often enough: persons and vehicles taken together.

        Without a name, "shadow" when a shadow could explain nearly all of it: a grey bag and a man's
        shadow look alike, but one of them leaves with the man.
        """
        unnamed = "shadow" if self.shadow_share >= _SHADOWY else None
        if not self.said:
            return unnamed
        sums: dict[str, float] = {}
        for name, count in self.said.items():
            group = group_of(name) or name
            sums[group] = sums.get(group, 0.0) + count
        group = max(sums, key=lambda key: (sums[key], key))
        if sums[group] < _EXPLAINED_SHARE * max(self.looked, 1):
            return unnamed
        return max((n for n in self.said if (group_of(n) or n) == group), key=lambda n: (self.said[n], n))


def near(a: PixelRect, b: PixelRect, reach_px: int) -> bool:
    """Whether two rectangles are at most so many pixels apart, across and down."""
    across, down = max(a[0] - b[2], b[0] - a[2]), max(a[1] - b[3], b[1] - a[3])
    return max(across, down) <= reach_px


def inside(a: PixelRect, b: PixelRect) -> bool:
    """Whether three quarters of a lie in b."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide > 0 and high > 0 and wide * high >= 0.75 * (a[2] - a[0]) * (a[3] - a[1])


def belongs(kept: Kept, blob: Blob, gap_s: float) -> bool:
    """Whether a blob is more of a residue: next to it, and within it or put there soon after the last of it."""
    soon = blob.since_s - kept.still_s <= _MORE_S + gap_s
    return (soon or inside(blob.rect, kept.rect)) and touch(kept, blob)


def touch(kept: Kept, blob: Blob) -> bool:
    """Whether the blob lies on the residue, or next to it within a few pixels."""
    left, top = max(kept.rect[0] - 3, blob.rect[0]), max(kept.rect[1] - 3, blob.rect[1])
    right, bottom = min(kept.rect[2] + 3, blob.rect[2]), min(kept.rect[3] + 3, blob.rect[3])
    if left >= right or top >= bottom:
        return False
    # In a frame with a margin, so that what lies right beside the blob counts.
    height, width = blob.mask.shape[0] + 2 * _MARGIN_PX, blob.mask.shape[1] + 2 * _MARGIN_PX
    y, x = kept.rect[1] - blob.rect[1] + _MARGIN_PX, kept.rect[0] - blob.rect[0] + _MARGIN_PX
    rows = slice(max(y, 0), min(y + kept.mask.shape[0], height))
    columns = slice(max(x, 0), min(x + kept.mask.shape[1], width))
    there = np.zeros((height, width), np.uint8)
    there[rows, columns] = kept.mask[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    beside = cv2.dilate(there, np.ones((7, 7), np.uint8))[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX]
    return bool((beside.astype(bool) & blob.mask).any())

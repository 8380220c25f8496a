"""What one look at a terminal gives to the rules: tracks and residues, already followed over time.

Boxes here are `Box`: left, top, right, bottom as shares (0-1) of the picture's width and height, so
that zones, sub-stream and main stream speak of the same place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in shares of the picture, 0-1, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of the lower edge: where a standing thing touches the ground."""
        return (self.left + self.right) / 2, self.bottom

    @property
    def area(self) -> float:
        """Share of the whole picture."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One moving or standing thing that a detector names, followed across looks."""

    id: str  #: unique within the terminal, never used again
    class_name: str  #: "person", "car", "truck", "umbrella", ...
    box: Box
    score: float  #: of the newest detection, 0-1
    first_at: datetime
    last_at: datetime  #: of the newest detection; older than the sighting's `at` while it is hidden
    stays_since: datetime | None  #: since when it has stayed within about its own width, else None
    seen_share: float  #: share of the looks since `first_at` in which it was detected, 0-1


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """A static new thing: pixels that differ from the long background and no longer move."""

    id: str
    box: Box
    first_at: datetime  #: when it appeared (estimate)
    still_since: datetime  #: since when it has not changed
    last_at: datetime
    bringer: str | None  #: track id of the person or vehicle that was at the place just before it appeared
    bringer_class: str | None
    bringer_left_at: datetime | None  #: when that track had left the place; None while it is there
    explained_as: str | None = None  #: class name when a detector names what lies there ("car", "person")


def unknown_width(_box: Box) -> None:
    """Of a terminal whose ground nobody has calibrated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One look at one terminal, after following."""

    terminal_id: str
    at: datetime
    tracks: tuple[Track, ...]
    residues: tuple[Residue, ...]
    gap: timedelta  #: since the look before (zero at the first)
    #: How wide a box is on the ground, metres; None: its foot is at the horizon, or the ground is not calibrated.
    width_m: Callable[[Box], float | None] = unknown_width

"""Zones of a terminal's picture and the times at which they hold."""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A daily window in the site's local time; one that ends before it starts runs over midnight."""

    start: time
    end: time
    weekdays: frozenset[int] = frozenset(range(7))  #: of the window's start; Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An area of one terminal's picture in which a rule holds."""

    id: str
    name: str
    kind: str  #: "no_stall" (strict-control section) or "no_dumping", or what a site's own rule names
    polygon: tuple[tuple[float, float], ...]  #: >= 3 corners, shares 0-1 of the picture
    windows: tuple[TimeWindow, ...] = ()  #: empty: always

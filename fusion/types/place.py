"""Where things are. Inside fusion there is one datum: CGCS2000, equal to WGS84 well under a metre."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Datum(StrEnum):
    """Datums that positions come in; all but the first two are converted at the door."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class GeoPoint(NamedTuple):
    """A point in WGS84/CGCS2000, degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the ground with the radius (metres, 95 %) within which the thing really is."""

    point: GeoPoint
    uncertainty_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One grid 网格 of the zone."""

    id: str
    name: str
    kind: str  #: "rural", "enterprise", or "small" (inside an enterprise grid)
    parent_id: str | None  #: the enterprise grid of a small grid
    ring: tuple[GeoPoint, ...]  #: outer ring, closed, counter-clockwise

"""Where and at which hours it happens again and again."""

from dataclasses import dataclass

from fusion.types.place import GeoPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class HotSpot:
    """One place with many cases."""

    point: GeoPoint  #: the middle of its cases
    radius_m: float  #: around all of them
    grid_id: str | None  #: of most of them
    cases: int
    by_hour: tuple[int, ...]  #: 24 counts, by the hour of the site's day
    busiest_hour: int
    kinds: tuple[tuple[str, int], ...]  #: the most frequent first
    last_case_id: str

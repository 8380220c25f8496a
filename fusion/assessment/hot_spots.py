"""Hot spots by place and hour: cases near each other, joined as long as one more is near any of them."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from fusion.assessment.rows import CaseRow
from fusion.types.hot_spot import HotSpot
from fusion.types.place import GeoPoint

_EARTH_M: Final = 6_371_008.8  # mean radius (IUGG)
_Cell = tuple[int, int]


def hot_spots(
    rows: Sequence[CaseRow], clock: ZoneInfo, *, near_m: float = 50.0, least: int = 3, most: int = 50
) -> tuple[HotSpot, ...]:
    """Places with at least `least` cases, the busiest first; false and merged cases count nowhere.

    Cells of `near_m` are joined where they touch, so a street market is one spot along its street. Any order of the
    rows gives the same spots.

    Args:
        rows: the cases.
        clock: of the site, for the hours.
        near_m: side of a cell in metres.
        least: cases that make a spot.
        most: how many spots are wanted.
    """
    counted = [row for row in rows if not (row.false or row.merged)]
    if not counted:
        return ()
    middle_lat = sum(row.point.lat for row in counted) / len(counted)
    cells: dict[_Cell, list[CaseRow]] = defaultdict(list)
    for row in counted:
        cells[_cell(row.point, middle_lat, near_m)].append(row)
    spots = [_spot([row for cell in group for row in cells[cell]], clock) for group in _touching(set(cells))]
    busy = [spot for spot in spots if spot.cases >= least]
    return tuple(sorted(busy, key=lambda spot: (-spot.cases, spot.point)))[:most]


def _cell(point: GeoPoint, middle_lat: float, near_m: float) -> _Cell:
    east_m = math.radians(point.lon) * _EARTH_M * math.cos(math.radians(middle_lat))
    return math.floor(east_m / near_m), math.floor(math.radians(point.lat) * _EARTH_M / near_m)


def _touching(cells: set[_Cell]) -> list[list[_Cell]]:
    groups, left = [], set(cells)
    while left:
        group, edge = [], [min(left)]
        left.discard(edge[0])
        while edge:
            cell = edge.pop()
            group.append(cell)
            around = {(cell[0] + dx, cell[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)} & left
            left -= around
            edge += sorted(around)
        groups.append(group)
    return groups


def _spot(rows: Sequence[CaseRow], clock: ZoneInfo) -> HotSpot:
    ordered = sorted(rows, key=lambda row: (row.opened_at, row.case_id))
    middle = GeoPoint(
        math.fsum(row.point.lon for row in ordered) / len(rows), math.fsum(row.point.lat for row in ordered) / len(rows)
    )
    hours = Counter(row.found_at.astimezone(clock).hour for row in ordered)
    by_hour = tuple(hours[hour] for hour in range(24))
    grids = Counter(row.grid_id for row in ordered)
    kinds = Counter(row.kind for row in ordered)
    return HotSpot(
        point=middle,
        radius_m=max(_distance_m(middle, row.point) for row in ordered),
        grid_id=min(grids, key=lambda grid: (-grids[grid], grid or "")),
        cases=len(rows),
        by_hour=by_hour,
        busiest_hour=by_hour.index(max(by_hour)),
        kinds=tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
        last_case_id=ordered[-1].case_id,
    )


def _distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Equirectangular on a sphere: enough for a circle on a map."""
    east = math.radians(b.lon - a.lon) * math.cos(math.radians((a.lat + b.lat) / 2))
    return _EARTH_M * math.hypot(east, math.radians(b.lat - a.lat))

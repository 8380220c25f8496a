"""The roster: by day and in the evening one worker a grid, at night one for two, and helpers at shift hours."""

from typing import Any

import numpy as np
from shapely import Polygon

from demo_zone.grids import Grids
from demo_zone.names import FAMILIES, GIVEN
from demo_zone.streams import SHIFT_HOURS

_DAY, _EVENING, _NIGHT = "06:00-14:00", "14:00-22:00", "22:00-06:00"
_KINDS = ["street_stall", "waste_dumping"]
_LEADERS_EVERY = 8  # grids to a group of rural grids, and about half of the enterprise ones
_HELPERS = 6
_NIGHT_WORKERS = 37


def workers_of(rng: np.random.Generator, grids: Grids) -> list[dict[str, Any]]:
    """Entries of workers.yaml."""
    full = [grid.id for grid in grids.all if grid.kind != "small"]
    posts = [([grid_id], [hours], _leads(grid_id)) for hours in (_DAY, _EVENING) for grid_id in full]
    posts += [(watch, [_NIGHT], any(map(_leads, watch))) for watch in _night(full, grids.areas)]
    crossing = ["E-02", "E-03", "E-06", "E-07"]  # the blocks that meet at Beihu × Tieling
    posts += [(crossing, list(SHIFT_HOURS), False) for _ in range(_HELPERS)]
    names = _names(rng, len(posts))
    return [
        {
            "id": f"W-{number:03}",
            "name": name,
            "grids": grid_ids,
            "skills": _skills(rng),
            "duty": hours,
            "phone": f"100-0000-{number:04}",  # no mobile number begins with 100
        }
        | ({"leader": True} if leader else {})
        for number, (name, (grid_ids, hours, leader)) in enumerate(zip(names, posts, strict=True), start=1)
    ]


def _leads(grid_id: str) -> bool:
    return (int(grid_id[2:]) - 1) % _LEADERS_EVERY == 0


def _night(full: list[str], areas: dict[str, Polygon]) -> list[list[str]]:
    """Each grid once; as many pairs of neighbours as leave the wanted number of watches."""
    pairs_left = len(full) - _NIGHT_WORKERS
    watches: list[list[str]] = []
    taken: set[str] = set()
    for grid_id in full:
        if grid_id in taken:
            continue
        watch = [grid_id]
        free = [other for other in full if other not in taken and other != grid_id]
        near = [(-areas[grid_id].intersection(areas[other]).length, other) for other in free]
        if pairs_left and near and min(near)[0] < 0:
            watch.append(min(near)[1])
            pairs_left -= 1
        taken.update(watch)
        watches.append(watch)
    return watches


def _skills(rng: np.random.Generator) -> list[str]:
    lot = rng.uniform()
    return _KINDS if lot < 0.8 else [_KINDS[int(lot * 1000) % 2]]


def _names(rng: np.random.Generator, count: int) -> list[str]:
    """Different names, drawn without regard to anybody who may bear one."""
    pairs = rng.choice(len(FAMILIES) * len(GIVEN), count, replace=False)
    return [FAMILIES[pair // len(GIVEN)] + GIVEN[pair % len(GIVEN)] for pair in pairs]

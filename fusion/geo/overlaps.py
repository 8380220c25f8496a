"""Whether grids lie over each other, or small ones beyond their enterprise grid."""

import math
from collections.abc import Iterator, Sequence

import shapely

from fusion.types.place import Grid

_METRES_A_DEGREE = 111_195.0  # of latitude, mean sphere
#: Edges that were drawn or rounded apart by less than this are one edge: shares of a metre are no overlap.
_LEAST_WIDTH_M = 1.0

Fault = tuple[str, str, float]  #: (id of the grid at fault, id of the other, square metres)


def overlapping(grids: Sequence[Grid]) -> list[Fault]:
    """Pairs of grids of one level that share ground; `grids` are all sound (see `GridIndex`)."""
    return [fault for level in _levels(grids) for fault in _pairs(level)]


def beyond_parent(grids: Sequence[Grid]) -> list[Fault]:
    """Small grids that reach beyond their enterprise grid; those without one in `grids` are left out."""
    by_id = {grid.id: grid for grid in grids}
    found = []
    for grid in grids:
        parent = by_id.get(grid.parent_id or "")
        if grid.kind == "small" and parent is not None:
            outside_m2 = _ground_m2(shapely.difference(_area(grid), _area(parent)), grid)
            if outside_m2:
                found.append((grid.id, parent.id, outside_m2))
    return found


def _levels(grids: Sequence[Grid]) -> tuple[list[Grid], list[Grid]]:
    small = [grid for grid in grids if grid.kind == "small"]
    return [grid for grid in grids if grid.kind != "small"], small


def _pairs(level: list[Grid]) -> Iterator[Fault]:
    areas = [_area(grid) for grid in level]
    tree = shapely.STRtree(areas)
    for index, grid in enumerate(level):
        for other in sorted(int(hit) for hit in tree.query(areas[index], predicate="intersects")):
            if other < index:
                shared_m2 = _ground_m2(shapely.intersection(areas[index], areas[other]), grid)
                if shared_m2:
                    yield grid.id, level[other].id, shared_m2


def _area(grid: Grid) -> shapely.Polygon:
    return shapely.Polygon(grid.ring)


def _ground_m2(shape: shapely.Geometry, grid: Grid) -> float:
    """The ground that a shape covers, 0 where it is no wider than an edge's inaccuracy."""
    wide = math.cos(math.radians(grid.ring[0].lat))
    metres = shapely.transform(shape, lambda lonlat: lonlat * _METRES_A_DEGREE * (wide, 1.0))
    return sum(
        float(part.area)
        for part in shapely.get_parts(metres)
        if part.length and 2 * part.area / part.length > _LEAST_WIDTH_M
    )

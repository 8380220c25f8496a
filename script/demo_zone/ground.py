"""The ground: a boundary, roads that cross, and grids that fill it without gap or overlap.

Everything is drawn as one set of lines in metres, noded once and cut into faces; so neighbours share each vertex,
and rounding to GeoJSON's decimals moves both sides of an edge alike.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from demo_zone.roads import Roads

Floats = NDArray[np.float64]

AREA_M2 = 26.1e6
RURAL = 44
SMALL = 7  # in each block
_OVERSHOOT_M = 1.0  # lines are drawn a little too long, so that they surely cross; the loose ends fall off


@dataclass(frozen=True)
class Ground:
    """Faces of the plane in metres; every small cell lies in the block of the same index."""

    boundary: Polygon
    rural: list[Polygon]
    small: list[list[Polygon]]  #: [13][7]


def boundary_of(rng: np.random.Generator) -> Polygon:
    """An irregular round outline of exactly the zone's area."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = 1 + sum(
        rng.uniform(0.3, 0.55) / wave**1.6 * np.cos(wave * angle + rng.uniform(0, 2 * np.pi)) for wave in range(2, 10)
    )
    shape = Polygon(np.column_stack([1.22 * radius * np.cos(angle), radius * np.sin(angle)]))
    scale = np.sqrt(AREA_M2 / shape.area)
    centred = shapely.transform(shape, lambda xy: (xy - shape.centroid.coords[0]) * scale)
    return Polygon(np.round(centred.exterior.coords, 2))


def ground_of(rng: np.random.Generator, roads: Roads) -> Ground:
    """Cut the zone into 44 rural grids and the blocks of the enterprise part into 7 small grids each."""
    boundary = boundary_of(rng)
    blocks = roads.blocks
    enterprise = shapely.union_all([block.area for block in blocks])
    if not boundary.buffer(-200).contains(enterprise):
        raise RuntimeError("the enterprise part reaches the boundary; wanted: another seed")
    rural_area = boundary.difference(enterprise)
    sites = _spread(rng, rural_area)
    warp = _warp(rng)
    borders = shapely.voronoi_polygons(shapely.MultiPoint(sites), extend_to=boundary.buffer(2000), only_edges=True)
    curved = shapely.transform(shapely.segmentize(borders, 45), lambda xy: xy + warp(xy))
    lines = [curved.intersection(rural_area.buffer(_OVERSHOOT_M)), boundary.exterior]
    for block in blocks:
        lines += [block.area.exterior, *(line.intersection(block.area.buffer(_OVERSHOOT_M)) for line in block.cuts)]
    faces = list(shapely.polygonize([shapely.union_all(lines, grid_size=0.01)]).geoms)
    small = [_cells([face for face in faces if block.area.contains(face.representative_point())]) for block in blocks]
    outside = [face for face in faces if not enterprise.contains(face.representative_point())]
    return Ground(boundary, _joined(outside, lambda xy: _owner(sites, xy - warp(xy))), small)


def _spread(rng: np.random.Generator, area: Polygon) -> Floats:
    """Lloyd's sites: each in the middle of what is nearest to it, float64 [44, 2]."""
    west, south, east, north = area.bounds
    x, y = np.meshgrid(np.arange(west, east, 40), np.arange(south, north, 40))
    spots = np.column_stack([x.ravel(), y.ravel()])
    spots = spots[shapely.contains_xy(area, spots)]
    sites = spots[rng.choice(len(spots), RURAL, replace=False)]
    for _ in range(40):
        owner = np.argmin(((spots[:, None] - sites) ** 2).sum(axis=2), axis=1)
        sites = np.array([spots[owner == index].mean(axis=0) for index in range(RURAL)])
    return np.asarray(np.round(sites, 2))


def _warp(rng: np.random.Generator) -> Callable[[Floats], Floats]:
    """A smooth field of small shifts, so that borders wind like brooks and field paths."""
    waves = [
        (rng.normal(0, 2 * np.pi / length_m, 2), rng.uniform(0, 2 * np.pi), rng.normal(0, length_m * 0.028, 2))
        for length_m in (1400, 900, 600, 420, 300, 220)
        for _ in range(2)
    ]
    return lambda xy: sum(
        (np.sin(xy @ wave + phase)[:, None] * shift for wave, phase, shift in waves), start=np.zeros_like(xy)
    )


def _owner(sites: Floats, xy: Floats) -> int:
    return int(np.argmin(((sites - xy) ** 2).sum(axis=1)))


def _cells(faces: list[Polygon]) -> list[Polygon]:
    """The seven cells of a block; a border that only grazes it may cut off a sliver, which joins its neighbour."""
    by_size = sorted(faces, key=lambda face: -face.area)
    return _absorbed(by_size[:SMALL], by_size[SMALL:])


def _joined(faces: Iterable[Polygon], owner_of: Callable[[Floats], int]) -> list[Polygon]:
    """One connected area an owner; pieces that are cut off join a neighbour."""
    pieces: dict[int, list[Polygon]] = defaultdict(list)
    for face in faces:
        pieces[owner_of(np.array(face.representative_point().coords))].append(face)
    areas: list[Polygon] = []
    loose: list[Polygon] = []
    for _, parts in sorted(pieces.items()):
        whole = shapely.union_all(parts)
        connected = sorted(getattr(whole, "geoms", [whole]), key=lambda part: part.area)
        areas.append(connected.pop())
        loose += connected
    return _absorbed(areas, sorted(loose, key=lambda part: -part.area))


def _absorbed(areas: list[Polygon], loose: Iterable[Polygon]) -> list[Polygon]:
    """Each loose piece joined to the area with which it has the longest common border."""
    whole = list(areas)
    for piece in loose:
        index = max(range(len(whole)), key=lambda i: (whole[i].intersection(piece).length, -i))
        whole[index] = shapely.union_all([whole[index], piece])
    return whole

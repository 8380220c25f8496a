"""The faces of the ground as grids with ids and names, in degrees as they are written."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon

from demo_zone.ground import Ground
from demo_zone.names import DIGITS, ESTATES, VILLAGES
from fusion.geo.plane import LocalPlane
from fusion.types.place import GeoPoint, Grid

DECIMALS = 7  # about a centimetre


@dataclass(frozen=True)
class Grids:
    """All grids and the boundary around them; the areas in metres have the same order as the grids."""

    boundary: tuple[GeoPoint, ...]
    all: list[Grid]
    areas: dict[str, Polygon]  #: by id, in metres


def grids_of(ground: Ground, plane: LocalPlane) -> Grids:
    """Name everything, rural grids in rows from the north-west."""
    rural = _in_rows(ground.rural)
    grids: list[Grid] = []
    areas: dict[str, Polygon] = {}
    for index, (area, name) in enumerate(zip(rural, _village_names(rural), strict=True), start=1):
        areas[f"R-{index:02}"] = area
        grids.append(_grid(f"R-{index:02}", name, "rural", None, _written(area, plane)))
    for index, (cells, estate) in enumerate(zip(ground.small, ESTATES, strict=True), start=1):
        block = f"E-{index:02}"
        written = [_written(cell, plane) for cell in _in_rows(cells)]
        areas[block] = shapely.union_all(cells)
        grids.append(_grid(block, f"{estate}企业网格", "enterprise", None, shapely.union_all(written)))
        for number, (cell, shape) in enumerate(zip(_in_rows(cells), written, strict=True), start=1):
            areas[f"{block}-{number}"] = cell
            name = f"{estate}{DIGITS[number - 1]}号小网格"
            grids.append(_grid(f"{block}-{number}", name, "small", block, shape))
    whole = shapely.union_all([Polygon(grid.ring) for grid in grids if grid.kind != "small"])
    return Grids(_ring(whole), grids, areas)


def _in_rows(areas: list[Polygon]) -> list[Polygon]:
    middle = [area.centroid for area in areas]
    step = (max(point.y for point in middle) - min(point.y for point in middle)) / 6 + 1
    order = sorted(range(len(areas)), key=lambda i: (-int(middle[i].y // step), middle[i].x))
    return [areas[index] for index in order]


def _village_names(areas: list[Polygon]) -> list[str]:
    """29 villages hold 44 grids: 15 of them have two that touch."""
    twins = len(areas) - len(VILLAGES)
    names: dict[int, str] = {}
    villages = iter(VILLAGES)
    for index, area in enumerate(areas):
        if index in names:
            continue
        near = [
            (-area.intersection(areas[other]).length, other)
            for other in range(index + 1, len(areas))
            if other not in names and area.intersection(areas[other]).length > 0
        ]
        village = next(villages)
        if near and twins:
            names[index], names[min(near)[1]] = f"{village}村第一网格", f"{village}村第二网格"
            twins -= 1
        else:
            names[index] = f"{village}村网格"
    return [names[index] for index in range(len(areas))]


def _written(area: Polygon, plane: LocalPlane) -> Polygon:
    """In degrees with the decimals of the file, so that what is tested is what is written."""
    east_m, north_m = np.array(area.exterior.coords).T
    return Polygon(np.round(np.column_stack(plane.to_lon_lat(east_m, north_m)), DECIMALS))


def _ring(area: Polygon) -> tuple[GeoPoint, ...]:
    """Counter-clockwise, from its westernmost corner."""
    ring = shapely.orient_polygons(shapely.normalize(area)).exterior
    return tuple(GeoPoint(float(lon), float(lat)) for lon, lat in ring.coords)


def _grid(grid_id: str, name: str, kind: str, parent: str | None, area: Polygon) -> Grid:
    return Grid(id=grid_id, name=name, kind=kind, parent_id=parent, ring=_ring(area))

"""Every street of the zone: main roads, the streets between the small grids, village lanes."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from demo_zone.grids import Grids
from demo_zone.names import DIGITS
from demo_zone.roads import Roads

_SHORTEST_M = 60.0


@dataclass(frozen=True)
class Street:
    """One street, its middle line in metres."""

    name: str
    kind: str  #: "main", "enterprise" or "lane"
    line: LineString
    half_width_m: float

    def at(self, along_m: float) -> tuple[float, float, float]:
        """(east, north, compass bearing in degrees) of a point of the middle line."""
        ahead = self.line.interpolate(min(along_m + 2, self.line.length))
        behind = self.line.interpolate(max(along_m - 2, 0))
        spot = self.line.interpolate(along_m)
        return spot.x, spot.y, float(np.degrees(np.arctan2(ahead.x - behind.x, ahead.y - behind.y)) % 360)


def streets_of(rng: np.random.Generator, roads: Roads, grids: Grids, boundary: Polygon) -> list[Street]:
    """Main roads first, in the order of their names; then enterprise streets, then lanes."""
    inside = boundary.buffer(-8)
    main = [Street(name, "main", part, 7.0) for name, line in roads.lines.items() for part in _parts(line, inside)]
    enterprise = [
        Street(f"{_estate(grids, f'E-{index:02}')}{_label(number)}", "enterprise", part, 4.5)
        for index, block in enumerate(roads.blocks, start=1)
        for number, line in enumerate(block.cuts)
        for part in _parts(line, block.area.buffer(-5))
    ]
    network = shapely.union_all([street.line for street in main])
    lanes = [
        street
        for grid in grids.all
        if grid.kind == "rural"
        for street in _lanes(rng, grid.name, grids.areas[grid.id], network, inside)
    ]
    return main + enterprise + lanes


def _parts(line: BaseGeometry, area: Polygon) -> list[LineString]:
    cut = line.intersection(area)
    return [part for part in getattr(cut, "geoms", [cut]) if part.length >= _SHORTEST_M]


def _estate(grids: Grids, grid_id: str) -> str:
    return next(grid.name for grid in grids.all if grid.id == grid_id).removesuffix("企业网格")


def _label(number: int) -> str:
    return "大街" if number == 0 else f"{DIGITS[number - 1]}街"


def _lanes(
    rng: np.random.Generator, grid_name: str, area: Polygon, network: BaseGeometry, inside: Polygon
) -> list[Street]:
    """A village street with lanes across it, and the way out to the nearest main road."""
    village, second = grid_name.split("村", maxsplit=1)[0] + "村", "第二" in grid_name
    room = area.buffer(-12)
    middle = shapely.Point(shapely.maximum_inscribed_circle(area).coords[0])
    turn = rng.uniform(0, np.pi)
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    centre = np.array(middle.coords[0])
    bend = rng.uniform(-18, 18, 5)
    lanes = [
        (
            "后街" if second else "中街",
            LineString([centre + along * 140 * (k - 2) + across * bend[k] for k in range(5)]),
        )
    ]
    for index, offset_m in enumerate((-170, -60, 55, 165)):
        start = centre + along * (offset_m + rng.uniform(-20, 20))
        reach = rng.uniform(90, 190, 2)
        line = LineString([start - across * reach[0], start, start + across * reach[1]])
        lanes.append((f"{DIGITS[index + 4 * second]}巷", line))
    found = [Street(f"{village}{name}", "lane", part, 3.0) for name, line in lanes for part in _parts(line, room)]
    way_out = shapely.shortest_line(middle, network)
    name = f"{village}后路" if second else f"{village}口路"
    return found + [Street(name, "lane", part, 3.0) for part in _parts(way_out, inside)]

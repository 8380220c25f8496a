"""Where terminals hang: at crossings and along the streets, as many as the zone has."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from shapely import Point

from demo_zone.roads import Roads
from demo_zone.streets import Street

TERMINALS = 1677
#: average height of a pole by street kind, metres
_HEIGHT_M = {"main": 6.0, "enterprise": 5.0, "lane": 4.0}
#: how much closer together than on a main road
_DENSITY = {"main": 1.0, "enterprise": 1.15, "lane": 1.0}
_ARM_M = 16.0  # from the middle of a crossing out to its poles


@dataclass(frozen=True)
class Pole:
    """One place for a terminal; metres, and the bearing that it looks along."""

    group: str  #: its name without the number
    east_m: float
    north_m: float
    height_m: float
    bearing_deg: float


def beside(street: Street, along_m: float, right_m: float, *, back: bool = False) -> tuple[float, float, float]:
    """(east, north, bearing) so far along a street and to the right of its middle, seen the way one goes."""
    east, north, bearing = street.at(along_m)
    if back:
        bearing = (bearing + 180) % 360
    turn = np.radians(bearing)
    return east + right_m * float(np.cos(turn)), north - right_m * float(np.sin(turn)), bearing


def poles_of(rng: np.random.Generator, streets: list[Street], inside: Callable[[Pole], bool], count: int) -> list[Pole]:
    """Exactly `count` poles that `inside` accepts: four at each crossing of main roads, the rest along all streets."""
    corners = [pole for pole in _corners(rng, streets) if inside(pole)]
    spacing_m = sum(street.line.length * _DENSITY[street.kind] for street in streets) / (count - len(corners))
    along: list[Pole] = []
    while len(along) < count - len(corners):
        along = [pole for pole in _along(np.random.default_rng(17), streets, spacing_m) if inside(pole)]
        spacing_m *= 0.995
    keep = np.round(np.linspace(0, len(along) - 1, count - len(corners))).astype(int)
    return corners + [along[index] for index in keep]


def _corners(rng: np.random.Generator, streets: list[Street]) -> Iterator[Pole]:
    main = [street for street in streets if street.kind == "main"]
    for first, second in combinations(main, 2):
        spot = first.line.intersection(second.line)
        if not isinstance(spot, Point):
            continue
        for street, back in ((first, False), (second, False), (first, True), (second, True)):
            along_m = street.line.project(spot) + (-_ARM_M if back else _ARM_M)
            if 0 < along_m < street.line.length:
                east, north, bearing = beside(street, along_m, street.half_width_m - 1.5, back=back)
                height_m = round(_HEIGHT_M["main"] + rng.uniform(-0.5, 1.0), 1)
                yield Pole(f"{first.name}-{second.name}口", east, north, height_m, bearing)


def _along(rng: np.random.Generator, streets: Iterable[Street], spacing_m: float) -> Iterator[Pole]:
    for street in streets:
        step_m = spacing_m / _DENSITY[street.kind]
        count = max(1, round(street.line.length / step_m))
        for index in range(count):
            along_m = (index + rng.uniform(0.3, 0.7)) * street.line.length / count
            back = bool(rng.integers(2))
            east, north, bearing = beside(street, along_m, street.half_width_m + 0.5, back=back)
            height_m = round(_HEIGHT_M[street.kind] + rng.uniform(-0.5, 0.8), 1)
            yield Pole(street.name, east, north, height_m, (bearing + rng.uniform(-25, 10)) % 360)


class Numbers:
    """Counts the terminals of each street or crossing: "北湖路-铁岭路口 1号"."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    def next(self, group: str) -> str:
        """The next name of a group."""
        self._count[group] += 1
        return f"{group} {self._count[group]}号"


def crossing(roads: Roads) -> Point:
    """Where Beihu Road and Tieling Road cross; metres."""
    return Point(roads.node(0, 0))

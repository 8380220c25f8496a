"""What every street has, and the parts that several are built from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scenes.meshes import Mesh, Surface, ball, box, cylinder, floor, join
from scenes.people import Colour

KERB_X, PAVED_TO_X = -1.0, 3.2  #: the pavement, metres
TREE_X = -0.68


@dataclass(frozen=True)
class Street:
    """One street. Its seed is drawn with the scene; its layout is always the same."""

    name: str
    kind: str  #: shop_front, crossing, village_lane, factory_gate
    kerb_m: float  #: height of the pavement over the road
    make: Callable[[np.random.Generator], Mesh]
    crossing_y: tuple[float, float] | None = None  #: where a side street takes the pavement's place

    def ground_z(self, x: float, y: float) -> float:
        """Height of the ground at a point, metres."""
        if self.crossing_y and self.crossing_y[0] < y < self.crossing_y[1]:
            return 0.0
        return self.kerb_m if x > KERB_X or x < -10 else 0.0


def road(colour: Colour = (0.10, 0.10, 0.105)) -> list[Mesh]:
    """The carriageway with its middle line."""
    line = [floor(-5.57, -5.43, y, y + 2.4, 0.006, (0.6, 0.6, 0.56), Surface.ASPHALT) for y in np.arange(-20, 70, 5.0)]
    return [floor(-10, KERB_X, -30, 90, 0, colour, Surface.ASPHALT), *line]


def pavements(paving: Colour, surface: Surface, kerb_m: float, spans: Sequence[tuple[float, float]]) -> list[Mesh]:
    """Pavements on both sides, along the spans of y."""
    parts = []
    for start, end in spans:
        parts.append(floor(KERB_X, PAVED_TO_X, start, end, kerb_m, paving, surface))
        parts.append(floor(-14, -10, start, end, kerb_m, paving, surface))
    return parts


def kerbs(colours: tuple[Colour, Colour], kerb_m: float, spans: Sequence[tuple[float, float]]) -> list[Mesh]:
    """Kerb stones of two colours."""
    parts = []
    for start, end in spans:
        for index, y in enumerate(np.arange(start + 0.75, end, 1.5)):
            size = (0.22, 1.5, kerb_m + 0.01)
            parts += [box((x, y, kerb_m / 2), size, colours[index % 2]) for x in (KERB_X, -10)]
    return parts


def lamp_posts(ys: Sequence[float], x: float = TREE_X) -> list[Mesh]:
    """Street lamps that reach over the road."""
    parts = []
    for y in ys:
        parts.append(cylinder((x, y, 3.2), 0.07, 6.4, (0.2, 0.2, 0.21), Surface.GLOSSY, sides=10))
        parts.append(box((x - 0.6, y, 6.4), (1.4, 0.1, 0.1), (0.2, 0.2, 0.21)))
        parts.append(box((x - 1.0, y, 6.33), (0.6, 0.2, 0.06), (0.9, 0.8, 0.6), Surface.LAMP))
    return parts


def trunk(x: float, y: float, height: float = 4.4) -> Mesh:
    """A tree's trunk."""
    return cylinder((x, y, height / 2), 0.13, height, (0.09, 0.06, 0.04))


def crown(rng: np.random.Generator, x: float, y: float, z: float = 4.1, leaves: int = 60, wide: float = 0.75) -> Mesh:
    """A tree's crown, of balls of foliage."""
    parts = []
    for _ in range(leaves):
        spot = (x + rng.normal(0, wide), y + rng.normal(0, wide), z + abs(rng.normal(0, 0.6)) - 0.3)
        green = np.array((0.04, 0.10, 0.02)) * rng.uniform(0.6, 1.6)
        parts.append(ball(spot, rng.uniform(0.25, 0.5), green, Surface.FOLIAGE, 8))
    return join(*parts)


def trees(rng: np.random.Generator, ys: Sequence[float], x: float = TREE_X) -> list[Mesh]:
    """A row of trees."""
    return [part for y in ys for part in (trunk(x, y), crown(rng, x, y))]

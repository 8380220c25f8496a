"""A village lane: concrete without kerbs, low houses with tiled roofs, yard walls, trees and a pole with wires."""

import numpy as np

from scenes.meshes import Mesh, Surface, box, cylinder, floor, join, mesh
from scenes.streets.street import KERB_X, Street, crown, lamp_posts, trunk

_PLASTER = ((0.55, 0.53, 0.48), (0.42, 0.22, 0.15), (0.5, 0.46, 0.38), (0.38, 0.36, 0.33))
_LEVEL_M = 0.02


def _lane(rng: np.random.Generator) -> Mesh:
    earth, concrete = (0.22, 0.17, 0.11), (0.33, 0.32, 0.29)
    parts = [
        floor(-30, 30, -40, 100, -0.02, (0.16, 0.16, 0.07), Surface.EARTH),
        floor(-6.5, KERB_X, -30, 90, 0.0, concrete, Surface.CONCRETE),
        floor(KERB_X, 3.4, -30, 90, _LEVEL_M, earth, Surface.EARTH),
        floor(-10, -6.5, -30, 90, _LEVEL_M, earth, Surface.EARTH),
    ]
    y = -20.0
    while y < 75:
        length = float(rng.uniform(6, 10))
        parts += _house(rng, y, length) if rng.random() < 0.6 else _yard(rng, y, length)
        y += length + float(rng.uniform(0.1, 0.8))
    for y in np.arange(-15, 75, 9.0):
        parts += _house(rng, float(y), 7.5, x=-13.5, side=-1)
    for y in (18.5, 36.0):
        parts += [trunk(-9.0, y + 3), crown(rng, -9.0, y + 3, leaves=40, wide=1.1)]
    poles = [cylinder((-1.2, y, 3.6), 0.11, 7.2, (0.4, 0.39, 0.37)) for y in (1.5, 27.0, 50.0)]
    wires = [box((-1.2 + x, 25, 6.9), (0.03, 52, 0.03), (0.03, 0.03, 0.03)) for x in (-0.3, 0.3)]
    return join(*parts, *poles, *wires, *lamp_posts((26.0,), x=-1.3))


def _house(rng: np.random.Generator, y: float, length: float, x: float = 3.4, side: int = 1) -> list[Mesh]:
    """One storey, a door, windows, and a roof of two slopes."""
    wall = np.array(_PLASTER[rng.integers(4)]) * rng.uniform(0.8, 1.1)
    deep, high, middle = 5.0, float(rng.uniform(2.9, 3.6)), y + length / 2
    parts = [box((x + side * deep / 2, middle, high / 2), (deep, length, high), wall, Surface.WALL)]
    eaves, ridge = x - side * 0.5, x + side * deep / 2
    far = x + side * (deep + 0.5)
    for outer in (eaves, far):
        slope = [(outer, y - 0.2, high - 0.1), (outer, y + length + 0.2, high - 0.1),
                 (ridge, y + length + 0.2, high + 1.5), (ridge, y - 0.2, high + 1.5)]  # fmt: skip
        parts.append(mesh(slope, [(0, 1, 2, 3), (3, 2, 1, 0)], (0.2, 0.11, 0.09), Surface.BRICKS))
    front = x - side * 0.02
    parts.append(box((front, middle, 1.05), (0.06, 1.3, 2.1), (0.2, 0.07, 0.04)))
    panes = [
        box((front, y + length * k, 1.5), (0.06, 1.2, 1.1), (0.05, 0.06, 0.07), Surface.GLOSSY) for k in (0.22, 0.78)
    ]
    return parts + panes


def _yard(rng: np.random.Generator, y: float, length: float) -> list[Mesh]:
    """A wall with an iron gate, a tree behind it."""
    brick = np.array((0.4, 0.2, 0.14)) * rng.uniform(0.8, 1.1)
    gate_y = y + length * float(rng.uniform(0.35, 0.65))
    return [
        box((3.5, y + length / 2, 1.0), (0.24, length, 2.0), brick, Surface.BRICKS),
        box((3.4, gate_y, 1.1), (0.12, 2.4, 2.2), (0.1, 0.14, 0.2), Surface.SHUTTER),
        trunk(6.5, y + length / 2),
        crown(rng, 6.5, y + length / 2, leaves=22, wide=1.0),
    ]


LANE = Street("village_lane", "village_lane", _LEVEL_M, _lane)

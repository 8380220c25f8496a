"""Streets: road x -10..-1, pavement x -1..3.2 on the right, shops along both sides."""

from dataclasses import dataclass

import numpy as np

from scenes.lighting import Colour
from scenes.meshes import Mesh, Surface, ball, box, cylinder, floor, join, mesh

KERB_M = 0.14  #: height of the pavement over the road
_KERB_X, _TREE_X = -1.0, -0.68

_WALLS = (
    (0.5, 0.42, 0.3),
    (0.45, 0.3, 0.24),
    (0.55, 0.52, 0.46),
    (0.35, 0.42, 0.45),
    (0.5, 0.45, 0.36),
    (0.58, 0.5, 0.3),
)
_SHUTTERS = ((0.25, 0.28, 0.32), (0.35, 0.36, 0.36), (0.2, 0.3, 0.25), (0.4, 0.33, 0.25))


@dataclass(frozen=True)
class Street:
    """What one street looks like; the seed chooses its houses."""

    seed: int
    paving: Colour
    surface: Surface
    kerbs: tuple[Colour, Colour]
    trees_y_m: tuple[float, ...]
    bollards_y_m: tuple[float, ...] = ()


SHOP_STREET = Street(3, (0.34, 0.31, 0.28), Surface.TILES, ((0.55, 0.55, 0.5), (0.08, 0.08, 0.08)), (20.5, 33, 50))
BRICK_STREET = Street(
    8, (0.3, 0.16, 0.11), Surface.BRICKS, ((0.33, 0.33, 0.31), (0.3, 0.3, 0.29)), (23.5, 38, 52),
    bollards_y_m=tuple(np.arange(5.0, 22.0, 2.0)),
)  # fmt: skip


def ground_z(x: float) -> float:
    """Height of the ground at x."""
    return KERB_M if x > _KERB_X or x < -10 else 0.0


def build(street: Street) -> Mesh:
    """Road, pavements, kerbs, shops, lamps, trees and bollards."""
    rng = np.random.default_rng(street.seed)
    parts = [
        floor(-10, _KERB_X, -5, 90, 0, (0.10, 0.10, 0.105), Surface.ASPHALT),
        floor(_KERB_X, 3.2, -5, 90, KERB_M, street.paving, street.surface),
        floor(-14, -10, -5, 90, KERB_M, street.paving, street.surface),
        box((-5, 88, 6), (40, 2, 14), (0.4, 0.42, 0.45), Surface.WINDOWS),
    ]
    for index in range(48):
        colour = street.kerbs[index % 2]
        parts += [box((x, -4.25 + index * 1.5, 0.07), (0.22, 1.5, 0.15), colour) for x in (_KERB_X, -10)]
    parts += [floor(-5.57, -5.43, y, y + 2.4, 0.006, (0.6, 0.6, 0.56), Surface.ASPHALT) for y in np.arange(0, 70, 5.0)]
    for front_x, side in ((3.2, 1), (-14.0, -1)):
        y = -5.0
        while y < 80:
            width = float(rng.uniform(3.4, 4.6))
            parts += _shop(rng, front_x, side, y, width)
            y += width + 0.02
    return join(*parts, *_furniture(rng, street))


def _shop(rng: np.random.Generator, front_x: float, side: int, y: float, width: float) -> list[Mesh]:
    wall = np.array(_WALLS[rng.integers(6)]) * rng.uniform(0.75, 1.1)
    height, middle, x = rng.uniform(6, 10), y + width / 2, front_x - side * 0.03
    parts = [box((front_x + side * 3, middle, height / 2), (6, width, height), wall, Surface.WINDOWS)]
    if rng.random() < 0.5:
        parts.append(box((x, middle, 1.35), (0.06, width * 0.78, 2.4), _SHUTTERS[rng.integers(4)], Surface.SHUTTER))
    else:
        parts.append(box((x, middle, 1.35), (0.05, width * 0.8, 2.4), (0.02, 0.02, 0.025), Surface.GLOSSY))
        for shelf in range(7):
            at = (x - side * 0.03, y + width * (0.2 + shelf * 0.1), 0.55 + rng.uniform(0, 0.3))
            goods = rng.uniform(0.02, 0.3) + rng.uniform(-0.02, 0.12, 3)  # faded behind the glass
            parts.append(box(at, (0.05, width * 0.08, rng.uniform(0.4, 1.1)), goods.clip(0, 1)))
    sign = rng.uniform(0.05, 0.45, 3)
    parts.append(box((front_x - side * 0.15, middle, 2.95), (0.16, width * 0.9, 0.62), sign, Surface.SIGN))
    if rng.random() < 0.6:
        near, far = y + 0.2, y + width - 0.2
        edge = [(x, near, 2.6), (x, far, 2.6), (x - side * 1.1, far, 2.2), (x - side * 1.1, near, 2.2)]
        parts.append(mesh(edge, [(0, 1, 2, 3), (3, 2, 1, 0)], rng.uniform(0.03, 0.4, 3), Surface.STRIPES))
    return parts


def _furniture(rng: np.random.Generator, street: Street) -> list[Mesh]:
    parts: list[Mesh] = []
    for y in (3.0, 26.0, 44.0):
        parts.append(cylinder((_TREE_X, y, 3.2), 0.07, 6.4, (0.2, 0.2, 0.21), Surface.GLOSSY, sides=10))
        parts.append(box((-1.3, y, 6.4), (1.4, 0.1, 0.1), (0.2, 0.2, 0.21)))
        parts.append(box((-1.7, y, 6.33), (0.6, 0.2, 0.06), (0.9, 0.8, 0.6), Surface.LAMP))
    for y in street.trees_y_m:
        parts.append(cylinder((_TREE_X, y, 2.2), 0.13, 4.4, (0.09, 0.06, 0.04)))
        for _ in range(60):
            spot = (_TREE_X + rng.normal(0, 0.75), y + rng.normal(0, 0.75), 4.1 + abs(rng.normal(0, 0.6)) - 0.3)
            green = np.array((0.04, 0.10, 0.02)) * rng.uniform(0.6, 1.6)
            parts.append(ball(spot, rng.uniform(0.25, 0.5), green, Surface.FOLIAGE, 9))
    for y in street.bollards_y_m:
        parts.append(cylinder((-0.84, y, 0.5), 0.055, 0.75, (0.12, 0.12, 0.13), Surface.GLOSSY, sides=10))
        parts.append(cylinder((-0.84, y, 0.78), 0.058, 0.07, (0.6, 0.5, 0.05), sides=10))
    return parts

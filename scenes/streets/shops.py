"""Two streets of shops: tiled with black and white kerbs, or of bricks with bollards."""

from collections.abc import Sequence

import numpy as np

from scenes.meshes import Mesh, Surface, box, cylinder, join, mesh
from scenes.people import Colour
from scenes.streets.street import PAVED_TO_X, Street, kerbs, lamp_posts, pavements, road, trees

_WALLS = (
    (0.5, 0.42, 0.3), (0.45, 0.3, 0.24), (0.55, 0.52, 0.46), (0.35, 0.42, 0.45), (0.5, 0.45, 0.36), (0.58, 0.5, 0.3),
)  # fmt: skip
_SHUTTERS = ((0.25, 0.28, 0.32), (0.35, 0.36, 0.36), (0.2, 0.3, 0.25), (0.4, 0.33, 0.25))
_WHOLE = ((-30.0, 90.0),)
_KERB_M = 0.14


def row_of_shops(rng: np.random.Generator, front_x: float, side: int, start: float, end: float) -> list[Mesh]:
    """Houses with shops on the ground floor, side by side; `side` 1 when they stand to the right of the front."""
    parts, y = [], start
    while y < end:
        width = min(float(rng.uniform(3.4, 4.6)), max(end - y, 2.4))
        parts += _shop(rng, front_x, side, y, width)
        y += width + 0.02
    return parts


def closing() -> Mesh:
    """The house at the street's far end."""
    return box((-5, 88, 6), (40, 2, 14), (0.4, 0.42, 0.45), Surface.WINDOWS)


def bollards(ys: Sequence[float]) -> list[Mesh]:
    """Bollards along the kerb."""
    parts = []
    for y in ys:
        parts.append(cylinder((-0.84, y, 0.5), 0.055, 0.75, (0.12, 0.12, 0.13), Surface.GLOSSY, sides=10))
        parts.append(cylinder((-0.84, y, 0.78), 0.058, 0.07, (0.6, 0.5, 0.05), sides=10))
    return parts


def _street(rng: np.random.Generator, paving: Colour, surface: Surface, stones: tuple[Colour, Colour]) -> list[Mesh]:
    shops = row_of_shops(rng, PAVED_TO_X, 1, -25, 80) + row_of_shops(rng, -14.0, -1, -25, 80)
    ground = road() + pavements(paving, surface, _KERB_M, _WHOLE) + kerbs(stones, _KERB_M, ((-20.0, 70.0),))
    return [*ground, *shops, closing(), *lamp_posts((2.5, 26.0, 44.0))]


def _tiled(rng: np.random.Generator) -> Mesh:
    parts = _street(rng, (0.34, 0.31, 0.28), Surface.TILES, ((0.55, 0.55, 0.5), (0.08, 0.08, 0.08)))
    return join(*parts, *trees(rng, (20.5, 33, 50)))


def _brick(rng: np.random.Generator) -> Mesh:
    parts = _street(rng, (0.3, 0.16, 0.11), Surface.BRICKS, ((0.33, 0.33, 0.31), (0.3, 0.3, 0.29)))
    return join(*parts, *trees(rng, (23.5, 38, 52)), *bollards([float(y) for y in np.arange(5.0, 22.0, 2.0)]))


def _shop(rng: np.random.Generator, front_x: float, side: int, y: float, width: float) -> list[Mesh]:
    wall = np.array(_WALLS[rng.integers(6)]) * rng.uniform(0.75, 1.1)
    height, middle, x = rng.uniform(6, 10), y + width / 2, front_x - side * 0.03
    parts = [box((front_x + side * 3, middle, height / 2), (6, width, height), wall, Surface.WINDOWS)]
    if rng.random() < 0.5:
        parts.append(box((x, middle, 1.35), (0.06, width * 0.78, 2.4), _SHUTTERS[rng.integers(4)], Surface.SHUTTER))
    else:
        parts += _window(rng, x, side, y, width)
    sign = rng.uniform(0.05, 0.45, 3)
    parts.append(box((front_x - side * 0.15, middle, 2.95), (0.16, width * 0.9, 0.62), sign, Surface.SIGN))
    if rng.random() < 0.6:
        near, far = y + 0.2, y + width - 0.2
        edge = [(x, near, 2.6), (x, far, 2.6), (x - side * 1.1, far, 2.2), (x - side * 1.1, near, 2.2)]
        parts.append(mesh(edge, [(0, 1, 2, 3), (3, 2, 1, 0)], rng.uniform(0.03, 0.4, 3), Surface.STRIPES))
    return parts


def _window(rng: np.random.Generator, x: float, side: int, y: float, width: float) -> list[Mesh]:
    parts = [box((x, y + width / 2, 1.35), (0.05, width * 0.8, 2.4), (0.02, 0.02, 0.025), Surface.GLOSSY)]
    for shelf in range(7):
        at = (x - side * 0.03, y + width * (0.2 + shelf * 0.1), 0.55 + rng.uniform(0, 0.3))
        goods = rng.uniform(0.02, 0.3) + rng.uniform(-0.02, 0.12, 3)  # faded behind the glass
        parts.append(box(at, (0.05, width * 0.08, rng.uniform(0.4, 1.1)), goods.clip(0, 1)))
    return parts


TILED = Street("tiled_shops", "shop_front", _KERB_M, _tiled)
BRICK = Street("brick_shops", "shop_front", _KERB_M, _brick)

"""A street: road x -10..-1, pavement x -1..3.2 on the right, shops along both sides. The seed chooses the houses."""

import numpy as np

from scenes.meshes import Mesh, Surface, ball, box, cylinder, floor, join, mesh

KERB_M = 0.14  #: height of the pavement over the road

_WALLS = (
    (0.5, 0.42, 0.3),
    (0.45, 0.3, 0.24),
    (0.55, 0.52, 0.46),
    (0.35, 0.42, 0.45),
    (0.5, 0.45, 0.36),
    (0.58, 0.5, 0.3),
)
_SHUTTERS = ((0.25, 0.28, 0.32), (0.35, 0.36, 0.36), (0.2, 0.3, 0.25), (0.4, 0.33, 0.25))


def ground_z(x: float) -> float:
    """Height of the ground at x."""
    return KERB_M if x > -1 or x < -10 else 0.0


def street(seed: int) -> Mesh:
    """Road, pavements, kerbs, shops, lamps and trees."""
    rng = np.random.default_rng(seed)
    parts = [
        floor(-10, -1, -5, 90, 0, (0.10, 0.10, 0.105), Surface.ASPHALT),
        floor(-1, 3.2, -5, 90, KERB_M, (0.34, 0.31, 0.28), Surface.TILES),
        floor(-14, -10, -5, 90, KERB_M, (0.33, 0.31, 0.28), Surface.TILES),
        box((-5, 88, 6), (40, 2, 14), (0.4, 0.42, 0.45), Surface.WINDOWS),
    ]
    for index in range(48):
        colour = (0.55, 0.55, 0.5) if index % 2 else (0.08, 0.08, 0.08)
        parts += [box((x, -4.25 + index * 1.5, 0.07), (0.22, 1.5, 0.15), colour) for x in (-1, -10)]
    parts += [floor(-5.57, -5.43, y, y + 2.4, 0.006, (0.6, 0.6, 0.56), Surface.ASPHALT) for y in np.arange(0, 70, 5.0)]
    for front_x, side in ((3.2, 1), (-14.0, -1)):
        y = -5.0
        while y < 80:
            width = rng.uniform(3.4, 4.6)
            parts += _shop(rng, front_x, side, y, width)
            y += width + 0.02
    parts += _furniture(rng)
    return join(*parts)


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
            parts.append(box(at, (0.05, width * 0.08, rng.uniform(0.4, 1.1)), rng.uniform(0, 0.5, 3)))
    parts.append(
        box((front_x - side * 0.15, middle, 2.95), (0.16, width * 0.9, 0.62), rng.uniform(0.05, 0.65, 3), Surface.SIGN)
    )
    if rng.random() < 0.6:
        near, far = y + 0.2, y + width - 0.2
        edge = [(x, near, 2.6), (x, far, 2.6), (x - side * 1.1, far, 2.2), (x - side * 1.1, near, 2.2)]
        parts.append(mesh(edge, [(0, 1, 2, 3), (3, 2, 1, 0)], rng.uniform(0, 0.5, 3), Surface.STRIPES))
    return parts


def _furniture(rng: np.random.Generator) -> list[Mesh]:
    parts: list[Mesh] = []
    for y in (3, 26, 44):
        parts.append(cylinder((-0.5, y, 3.2), 0.07, 6.4, (0.2, 0.2, 0.21), Surface.GLOSSY, sides=10))
        parts.append(box((-1.2, y, 6.4), (1.5, 0.1, 0.1), (0.2, 0.2, 0.21)))
    for y in (19 + rng.uniform(0, 3), 33, 50):
        parts.append(cylinder((-0.3, y, 1.3), 0.14, 2.6, (0.09, 0.06, 0.04)))
        for _ in range(26):
            spot = (-0.3 + rng.normal(0, 0.8), y + rng.normal(0, 0.8), 3.7 + rng.normal(0, 0.6))
            green = np.array((0.04, 0.10, 0.02)) * rng.uniform(0.6, 1.6)
            parts.append(ball(spot, rng.uniform(0.45, 0.75), green, Surface.FOLIAGE, 7))
    return parts

"""Things of the street: what is sold from, sold and dumped. All stand on z = 0."""

import numpy as np
from numpy.typing import ArrayLike

from scenes.meshes import Mesh, Surface, ball, box, cylinder, join, mesh, turned, wheel

GREY, WOOD = (0.4, 0.4, 0.4), (0.2, 0.12, 0.06)


def umbrella(
    radius: float = 1.2, height: float = 2.25, colours: ArrayLike = ((0.55, 0.03, 0.03), (0.7, 0.62, 0.5))
) -> tuple[Mesh, Mesh]:
    """(canopy, pole): labelled apart, since detectors know the canopy."""
    rings, ribs, pair = 5, 24, np.asarray(colours, float)
    points, faces, paint = [], [], []
    for ring in range(rings + 1):
        share = ring / rings
        for rib in range(ribs):
            reach = radius * share * (1 - 0.07 * share * np.sin(np.pi * (rib % 3) / 3))
            angle = rib * 2 * np.pi / ribs
            points.append((reach * np.cos(angle), reach * np.sin(angle), height - 0.42 * radius * share**1.7))
    for ring in range(rings):
        for rib in range(ribs):
            after = (rib + 1) % ribs
            faces.append((ring * ribs + rib, (ring + 1) * ribs + rib, (ring + 1) * ribs + after, ring * ribs + after))
            paint.append(pair[(rib // 3) % len(pair)])
    canopy = mesh(points, faces, np.array(paint))
    return canopy, cylinder((0, 0, height / 2), 0.022, height, (0.5, 0.5, 0.5), Surface.GLOSSY, sides=8)


def cart(seed: int = 0) -> Mesh:
    """A hand cart with heaps of fruit, handle towards +x."""
    rng = np.random.default_rng(seed)
    parts = [box((0, 0, 0.82), (1.7, 0.95, 0.07), WOOD), box((0, 0, 0.72), (1.6, 0.88, 0.14), (0.05, 0.22, 0.32))]
    parts += [wheel((x, y, 0.32), 0.32, 0.06, "y") for x in (-0.6, 0.6) for y in (-0.46, 0.46)]
    parts += [box((x, y, 0.55), (0.06, 0.06, 0.55), WOOD) for x in (-0.78, 0.78) for y in (-0.42, 0.42)]
    parts.append(cylinder((1.15, 0, 0.95), 0.02, 0.8, GREY, Surface.GLOSSY, "y", 8))
    parts += [box((1.0, y, 0.9), (0.35, 0.04, 0.04), WOOD) for y in (-0.38, 0.38)]
    heaps = ((-0.6, (0.75, 0.25, 0.02)), (-0.2, (0.6, 0.03, 0.02)), (0.2, (0.65, 0.5, 0.03)), (0.6, (0.1, 0.35, 0.05)))
    for x, colour in heaps:
        for _ in range(26):
            spot = (x + rng.uniform(-0.16, 0.16), rng.uniform(-0.38, 0.38), 0.9 + rng.uniform(0, 0.13))
            parts.append(ball(spot, 0.055, np.array(colour) * rng.uniform(0.8, 1.1), sides=7))
    return join(*parts)


def table(seed: int = 0) -> Mesh:
    """A folding table with goods in boxes and rows."""
    rng = np.random.default_rng(seed)
    parts = [box((0, 0, 0.72), (1.5, 0.7, 0.04), (0.55, 0.5, 0.45))]
    parts += [box((x, y, 0.36), (0.04, 0.04, 0.7), GREY) for x in (-0.7, 0.7) for y in (-0.3, 0.3)]
    for x in np.linspace(-0.62, 0.62, 6):
        for y in (-0.2, 0.12):
            size = (0.18, 0.24, rng.uniform(0.08, 0.24))
            parts.append(box((x, y, 0.74 + size[2] / 2), size, rng.uniform(0.05, 0.65, 3)))
    return join(*parts)


def crate(seed: int = 0) -> Mesh:
    """A crate of vegetables on the ground."""
    rng = np.random.default_rng(seed)
    colour = rng.uniform(0.08, 0.5, 3)
    parts = [box((0, 0, 0.15), (0.6, 0.42, 0.3), (0.05, 0.16, 0.3))]
    for _ in range(22):
        spot = (rng.uniform(-0.24, 0.24), rng.uniform(-0.15, 0.15), 0.32 + rng.uniform(0, 0.06))
        parts.append(ball(spot, 0.06, colour * rng.uniform(0.8, 1.2), sides=7))
    return join(*parts)


def bag(seed: int = 0, colour: ArrayLike = (0.015, 0.015, 0.018), radius: float = 0.33) -> Mesh:
    """A tied rubbish bag, standing on z = 0."""
    rng = np.random.default_rng(seed)
    body = ball((0, 0, radius * 0.75), radius, colour, Surface.PLASTIC, 14, 0.8)
    angle = np.arctan2(body.vertices[:, 1], body.vertices[:, 0])
    bulge = 1 + 0.10 * np.sin(5 * angle + rng.uniform(0, 6)) + 0.06 * np.sin(9 * angle + rng.uniform(0, 6))
    body.vertices[:, :2] *= bulge[:, None]
    body.vertices[:, 2] = np.maximum(body.vertices[:, 2], 0)
    knot = turned([(0.05, radius * 1.45), (0.03, radius * 1.55), (0.10, radius * 1.8)], 10, colour, Surface.PLASTIC)
    return join(body, knot)


def rubble(seed: int = 0, pieces: int = 40) -> Mesh:
    """A heap of broken brick and plaster."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(pieces):
        reach = abs(rng.normal(0, 0.42))
        angle = rng.uniform(0, 2 * np.pi)
        height = max(0.05, 0.45 - 0.5 * reach) * rng.uniform(0.3, 1)
        size = rng.uniform(0.1, 0.3, 3)
        colour = np.array(((0.4, 0.16, 0.1), (0.45, 0.43, 0.4), (0.3, 0.28, 0.25))[rng.integers(3)])
        piece = box((0, 0, 0), size, colour * rng.uniform(0.8, 1.2))
        parts.append(piece.at((reach * np.cos(angle), reach * np.sin(angle), height), rng.uniform(0, 360)))
    return join(*parts)


def sack(seed: int = 0) -> Mesh:
    """A woven sack, full."""
    return bag(seed, (0.45, 0.42, 0.36), 0.28)


def carton(seed: int = 0) -> Mesh:
    """A taped cardboard box."""
    rng = np.random.default_rng(seed)
    colour = (0.38 * rng.uniform(0.8, 1.1), 0.26, 0.14)
    return join(
        box((0, 0, 0.2), (0.55, 0.42, 0.4), colour), box((0, 0, 0.201), (0.06, 0.425, 0.405), (0.45, 0.36, 0.2))
    )

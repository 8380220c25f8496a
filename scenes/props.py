"""Things of the street: what is sold from, sold and dumped. All stand on z = 0."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from scenes.meshes import Mesh, Surface, ball, box, cylinder, join, mesh, turned, wheel

GREY, WOOD, DARK = (0.4, 0.4, 0.4), (0.2, 0.12, 0.06), (0.02, 0.02, 0.02)


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


def rack(seed: int = 0) -> Mesh:
    """A rail with clothes on hangers, along x."""
    rng = np.random.default_rng(seed)
    parts = [cylinder((x, y, 0.75), 0.02, 1.5, GREY, Surface.GLOSSY, sides=8) for x in (-0.8, 0.8) for y in (-0.2, 0.2)]
    parts.append(cylinder((0, 0, 1.5), 0.02, 1.65, GREY, Surface.GLOSSY, "x", 8))
    for x in np.linspace(-0.7, 0.7, 11):
        length = rng.uniform(0.6, 1.0)
        parts.append(box((x, 0, 1.46 - length / 2), (0.07, 0.42, length), rng.uniform(0.04, 0.6, 3), Surface.CLOTH))
    return join(*parts)


def spread(seed: int = 0, wide_m: float = 1.8, deep_m: float = 1.1) -> Mesh:
    """Goods in rows on a cloth on the ground."""
    rng = np.random.default_rng(seed)
    parts = [box((0, 0, 0.01), (wide_m, deep_m, 0.02), rng.uniform(0.05, 0.5, 3), Surface.CLOTH)]
    for x in np.arange(-wide_m / 2 + 0.15, wide_m / 2 - 0.1, 0.24):
        for y in np.arange(-deep_m / 2 + 0.15, deep_m / 2 - 0.1, 0.26):
            high = float(rng.uniform(0.05, 0.2))
            parts.append(box((x, y, 0.02 + high / 2), (0.17, 0.18, high), rng.uniform(0.05, 0.65, 3)))
    return join(*parts)


def stool() -> Mesh:
    """A low plastic stool."""
    legs = [box((x, y, 0.2), (0.04, 0.04, 0.4), (0.5, 0.05, 0.05)) for x in (-0.13, 0.13) for y in (-0.13, 0.13)]
    return join(box((0, 0, 0.41), (0.34, 0.34, 0.04), (0.5, 0.05, 0.05)), *legs)


def mattress() -> Mesh:
    """Worn, of striped ticking; lies on z = 0, long along x."""
    stripes = [box((x, 0, 0.11), (0.06, 1.23, 0.225), (0.25, 0.33, 0.45)) for x in np.linspace(-0.8, 0.8, 7)]
    return join(box((0, 0, 0.11), (1.9, 1.22, 0.22), (0.55, 0.5, 0.42), Surface.CLOTH), *stripes)


def upright(flat: Mesh, lean_deg: float) -> Mesh:
    """What lay flat, stood on its long side and leaning back towards +y."""
    turn = np.deg2rad(90 - lean_deg)
    c, s = np.cos(turn), np.sin(turn)
    vertices = flat.vertices @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]]).T
    vertices[:, 2] -= vertices[:, 2].min()
    return replace(flat, vertices=vertices)


def bin_on_wheels(colour: ArrayLike = (0.03, 0.2, 0.07)) -> Mesh:
    """A wheeled bin of 240 litres, its handle towards +y."""
    body = box((0, 0, 0.52), (0.58, 0.72, 0.92), colour, Surface.GLOSSY, 1.12)
    lid = box((0, -0.02, 1.02), (0.68, 0.84, 0.07), colour, Surface.GLOSSY, 0.92)
    handle = cylinder((0, 0.46, 0.97), 0.02, 0.5, DARK, axis="x", sides=8)
    return join(body, lid, handle, *(wheel((x, 0.3, 0.1), 0.1, 0.06, "x") for x in (-0.26, 0.26)))


def handbag(seed: int = 0) -> Mesh:
    """A travelling bag with handles."""
    rng = np.random.default_rng(seed)
    colour = rng.uniform(0.02, 0.35, 3)
    strap = [box((x, 0, 0.4), (0.03, 0.03, 0.18), DARK) for x in (-0.1, 0.1)]
    return join(
        box((0, 0, 0.17), (0.52, 0.26, 0.34), colour, Surface.CLOTH, 0.9),
        *strap,
        box((0, 0, 0.49), (0.23, 0.03, 0.03), DARK),
    )


def puddle(seed: int = 0, radius: float = 0.9, colour: ArrayLike = (0.07, 0.07, 0.072)) -> Mesh:
    """Water on the ground: a flat, uneven round, just above z = 0."""
    rng = np.random.default_rng(seed)
    sides = 28
    angle = np.arange(sides) * 2 * np.pi / sides
    reach = radius * (1 + 0.18 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.1 * np.sin(5 * angle + rng.uniform(0, 6)))
    rim = np.c_[reach * np.cos(angle), reach * np.sin(angle), np.full(sides, 0.006)]
    faces = [(i, (i + 1) % sides, sides, sides) for i in range(sides)]
    return mesh(np.r_[rim, [[0, 0, 0.006]]], faces, colour, Surface.WATER)


def leaf_litter(seed: int = 0, count: int = 24, wide_m: float = 1.0) -> Mesh:
    """Dry leaves that lie about."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(count):
        spot = (*rng.normal(0, wide_m / 2, 2), 0.01 + abs(rng.normal(0, 0.015)))
        colour = np.array((0.3, 0.17, 0.04)) * rng.uniform(0.5, 1.4)
        parts.append(box((0, 0, 0), (rng.uniform(0.07, 0.13), 0.06, 0.012), colour).at(spot, rng.uniform(0, 360)))
    return join(*parts)


def bus_stop() -> Mesh:
    """A post with a sign, and a bench."""
    post = cylinder((0, 0, 1.3), 0.04, 2.6, GREY, Surface.GLOSSY, sides=8)
    sign = box((0, 0, 2.3), (0.08, 0.55, 0.7), (0.03, 0.15, 0.4), Surface.SIGN)
    bench = [box((1.5, 1.4, 0.45), (0.4, 1.8, 0.06), WOOD)]
    bench += [box((1.5, y, 0.22), (0.3, 0.06, 0.44), GREY) for y in (0.7, 2.1)]
    return join(post, sign, *bench)


def bulb(height: float = 1.9) -> Mesh:
    """A stall's lamp on a rod."""
    rod = cylinder((0, 0, height / 2), 0.015, height, GREY, sides=6)
    return join(rod, ball((0, 0, height), 0.08, (0.9, 0.85, 0.7), Surface.LAMP, 8))

"""A factory gate: a wide pavement before a wall with a fence, a sliding gate with its lodge, halls behind."""

import numpy as np

from scenes.meshes import Mesh, Surface, box, cylinder, floor, join, mesh
from scenes.streets.shops import closing, row_of_shops
from scenes.streets.street import PAVED_TO_X, Street, kerbs, lamp_posts, pavements, road, trees

_KERB_M, _GATE_Y = 0.15, (15.5, 23.5)


def _factory(rng: np.random.Generator) -> Mesh:
    spans = ((-30.0, 90.0),)
    ground = road((0.12, 0.12, 0.12)) + pavements((0.27, 0.27, 0.26), Surface.CONCRETE, _KERB_M, spans)
    yard = floor(PAVED_TO_X, 40, -30, 90, _KERB_M, (0.2, 0.2, 0.19), Surface.ASPHALT)
    stones = kerbs(((0.55, 0.45, 0.05), (0.07, 0.07, 0.07)), _KERB_M, ((-20.0, 70.0),))
    halls = [part for y in (-12.0, 16.0, 46.0) for part in _hall(rng, y)]
    across = row_of_shops(rng, -14.0, -1, -25, 80)
    fence = _fence(-25.0, _GATE_Y[0]) + _fence(_GATE_Y[1], 70.0)
    return join(
        *ground, yard, *stones, *halls, *across, *fence, *_gate(rng), closing(),
        *trees(rng, (27.0, 35.0, 47.0), x=2.4), *lamp_posts((2.0, 28.0, 46.0)),
    )  # fmt: skip


def _fence(start: float, end: float) -> list[Mesh]:
    low = box((PAVED_TO_X + 0.15, (start + end) / 2, 0.45), (0.25, end - start, 0.9), (0.42, 0.4, 0.36), Surface.WALL)
    rails = [
        box((PAVED_TO_X + 0.15, (start + end) / 2, z), (0.05, end - start, 0.05), (0.08, 0.1, 0.14)) for z in (1.2, 1.9)
    ]
    bars = [
        box((PAVED_TO_X + 0.15, y, 1.45), (0.03, 0.03, 1.1), (0.08, 0.1, 0.14)) for y in np.arange(start, end, 0.45)
    ]
    return [low, *rails, *bars]


def _gate(rng: np.random.Generator) -> list[Mesh]:
    start, end = _GATE_Y
    parts = [box((PAVED_TO_X + 0.2, y, 1.5), (0.7, 0.7, 3.0), (0.45, 0.42, 0.38), Surface.WALL) for y in (start, end)]
    leaf = float(rng.uniform(0.3, 0.9))
    for share in np.arange(0, leaf, 0.08):
        y = start + 0.6 + share * (end - start - 1.2)
        parts.append(box((PAVED_TO_X + 0.2, y, 0.75), (0.06, 0.06, 1.3), (0.5, 0.5, 0.52), Surface.GLOSSY))
    length = leaf * (end - start - 1.2)
    parts += [
        box((PAVED_TO_X + 0.2, start + 0.6 + length / 2, z), (0.08, length, 0.08), (0.5, 0.5, 0.52), Surface.GLOSSY)
        for z in (0.3, 0.9, 1.4)
    ]
    parts.append(box((PAVED_TO_X + 1.8, start - 2.2, 1.5), (2.8, 3.0, 3.0), (0.55, 0.55, 0.53), Surface.WALL))
    parts.append(box((PAVED_TO_X + 0.38, start - 2.2, 1.6), (0.06, 1.8, 1.1), (0.03, 0.04, 0.05), Surface.GLOSSY))
    parts.append(box((PAVED_TO_X + 0.2, start - 1.1, 2.95), (0.2, 3.2, 0.62), (0.45, 0.03, 0.03), Surface.SIGN))
    return parts


def _hall(rng: np.random.Generator, y: float) -> list[Mesh]:
    """A hall with a saw-tooth roof, and its chimney."""
    wall = np.array((0.45, 0.47, 0.5)) * rng.uniform(0.8, 1.1)
    parts = [box((19, y + 12, 3.2), (14, 24, 6.4), wall, Surface.WINDOWS)]
    for tooth in np.arange(y, y + 24, 6.0):
        slope = [(12, tooth, 6.4), (26, tooth, 6.4), (26, tooth + 6, 8.2), (12, tooth + 6, 8.2)]
        end = [(12, tooth, 6.4), (12, tooth + 6, 8.2), (12, tooth + 6, 6.4), (12, tooth, 6.4)]
        parts.append(mesh(slope, [(0, 1, 2, 3), (3, 2, 1, 0)], (0.2, 0.26, 0.33), Surface.SHUTTER))
        parts.append(mesh(end, [(0, 1, 2, 3), (3, 2, 1, 0)], wall, Surface.WALL))
    parts.append(cylinder((24, y + 3, 7), 0.7, 14, (0.4, 0.2, 0.15)))
    return parts


GATE = Street("factory_gate", "factory_gate", _KERB_M, _factory)

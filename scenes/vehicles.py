"""Vehicles, all with the nose towards -y and standing on z = 0: a car, a small truck, a three-wheeler."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scenes.meshes import Mesh, Surface, ball, box, join, loft, mesh, turned, wheel

DARK, GREY = (0.02, 0.02, 0.03), (0.4, 0.4, 0.4)
_WHITE_LIGHT, _RED_LIGHT = (0.9, 0.9, 0.85), (0.45, 0.01, 0.01)


def car(
    colour: ArrayLike = (0.45, 0.46, 0.48), length: float = 4.2, width: float = 1.74, *, lights_on: bool = False
) -> Mesh:
    """A saloon car; its lights shine only in a light that glows."""
    glass = Surface.LAMP if lights_on else Surface.GLOSSY
    nose, tail, half = -length / 2, length / 2, width / 2
    stations = np.array([0, 0.05, 0.25, 0.9, 1.25, 1.3, 1.9, 2.7, 3.3, 3.5, 3.95, 4.1]) * length / 4.1 + nose
    tops = (0.55, 0.72, 0.80, 0.93, 0.98, 0.98, 0.98, 0.98, 1.0, 1.0, 0.95, 0.6)
    widths = (0.78, 0.9, 0.96, 1, 1, 1, 1, 1, 1, 0.98, 0.93, 0.82)
    sections = []
    for y, z, share in zip(stations, tops, widths, strict=True):
        x = half * share
        left = [(-x * 0.94, 0.22), (-x, 0.45), (-x * 0.99, z * 0.8), (-x * 0.9, z)]
        sections.append((float(y), left + [(-a, b) for a, b in reversed(left)]))
    parts = [loft(sections, colour, Surface.GLOSSY), *_cabin(colour, nose, half, length / 4.1)]
    for y, ring in (sections[0], sections[-1]):
        corners = [(x, y, z) for x, z in ring]
        parts.append(mesh(corners, [(0, 7, 6, 1), (1, 6, 5, 2), (2, 5, 4, 3)], colour, Surface.GLOSSY))
    parts += [
        box((0, nose - 0.01, 0.62), (0.8, 0.08, 0.12), DARK),
        box((0, nose + 0.02, 0.36), (1.3, 0.12, 0.16), (0.05, 0.05, 0.055)),
        box((0, nose - 0.05, 0.42), (0.44, 0.03, 0.12), (0.02, 0.06, 0.35)),
        box((0, tail - 0.02, 0.36), (1.3, 0.12, 0.16), (0.05, 0.05, 0.055)),
        box((0, tail + 0.0, 0.62), (0.44, 0.05, 0.12), (0.02, 0.06, 0.35)),
    ]
    for side in (-1, 1):
        for y in (nose + 0.78, tail - 0.82):
            arch = wheel((side * (half - 0.055), y, 0.35), 0.37, 0.14, "x")
            parts += [Mesh(arch.vertices, arch.quads, arch.colour * 0 + 0.01, arch.surface * 0)]
            parts.append(wheel((side * (half - 0.06), y, 0.32), 0.31, 0.2, "x"))
        parts += [
            box((side * 0.56, nose + 0.07, 0.64), (0.4, 0.12, 0.13), _WHITE_LIGHT, glass),
            box((side * 0.6, tail - 0.05, 0.78), (0.34, 0.12, 0.15), _RED_LIGHT, glass),
            box((side * (half + 0.06), nose + 1.35, 1.0), (0.16, 0.1, 0.12), colour, Surface.GLOSSY),
            box((side * half * 0.985, 0, 0.3), (0.04, length * 0.5, 0.12), DARK),
        ]
    return join(*parts)


def _cabin(colour: ArrayLike, nose: float, half: float, unit: float) -> list[Mesh]:
    """Glass, with roof and pillars in the car's colour."""
    foot = half * 0.88
    shape = [(1.05, 0.95, 0.86), (1.75, 1.42, 0.70), (2.75, 1.45, 0.70), (3.55, 1.0, 0.84)]  # y, z, share of the width
    rings = [(y * unit + nose, [(-foot, 0.95), (-half * w, z), (half * w, z), (foot, 0.95)]) for y, z, w in shape]
    roof = box((0, 2.25 * unit + nose, 1.455), (half * 1.4, 1.12 * unit, 0.05), colour, Surface.GLOSSY, 0.94)
    parts = [loft(rings, (0.015, 0.018, 0.022), Surface.GLOSSY), roof]
    low_high = (((1.05, 0.95), (1.75, 1.43)), ((2.2, 0.96), (2.22, 1.45)), ((3.55, 1.0), (2.75, 1.46)))
    for side in (-1, 1):
        for (y0, z0), (y1, z1) in low_high:
            low, high = (
                np.array((side * foot, y0 * unit + nose, z0)),
                np.array((side * half * 0.72, y1 * unit + nose, z1)),
            )
            out, along = np.array((side * 0.015, 0, 0.01)), np.array((0, 0.05, 0))
            corners = [low - along + out, low + along + out, high + along + out, high - along + out]
            parts.append(mesh(corners, [(0, 1, 2, 3), (3, 2, 1, 0)], colour, Surface.GLOSSY))
    return parts


def truck(colour: ArrayLike = (0.1, 0.2, 0.5)) -> Mesh:
    """A small open truck, nose towards -y."""
    parts = [
        box((0, -1.9, 1.15), (1.9, 1.5, 1.5), colour, Surface.GLOSSY, 0.94),
        box((0, -2.6, 1.5), (1.6, 0.14, 0.6), DARK, Surface.GLOSSY),
        box((0, -2.68, 0.75), (1.8, 0.1, 0.3), (0.05, 0.05, 0.05)),
        box((0, 0.9, 0.75), (1.9, 4, 0.2), (0.08, 0.08, 0.1)),
        box((0, -2.7, 0.5), (0.44, 0.03, 0.14), (0.5, 0.4, 0.03)),
        box((0, 0.9, 0.5), (0.7, 3.8, 0.3), DARK),
    ]
    sides = ((0, -1.05, 1.9, 0.06), (0, 2.85, 1.9, 0.06), (-0.95, 0.9, 0.06, 3.9), (0.95, 0.9, 0.06, 3.9))
    parts += [box((x, y, 1.1), (sx, sy, 0.5), colour, Surface.SHUTTER) for x, y, sx, sy in sides]
    for side in (-1, 1):
        parts.append(box((side * 0.98, -1.95, 1.5), (0.03, 0.8, 0.5), DARK, Surface.GLOSSY))
        parts.append(box((side * 0.7, -2.72, 0.75), (0.3, 0.08, 0.2), _WHITE_LIGHT, Surface.LAMP))
        parts.append(box((side * 1.08, -2.45, 1.6), (0.14, 0.06, 0.3), DARK))
        parts += [wheel((side * 0.85, y, 0.42), 0.42, 0.28, "x") for y in (-1.9, 1.8)]
    return join(*parts)


def tricycle(colour: ArrayLike = (0.03, 0.2, 0.35)) -> Mesh:
    """A three-wheeler with an open bed, nose towards -y."""
    parts = [
        box((0, 0.55, 0.62), (1.2, 1.5, 0.08), colour),
        box((0, 1.3, 0.85), (1.2, 0.05, 0.4), colour, Surface.SHUTTER),
        box((0, -0.55, 0.8), (0.4, 0.55, 0.12), DARK),
        box((0, -0.75, 0.5), (0.16, 1.1, 0.12), colour),
        box((0, 0.1, 0.45), (0.8, 1.4, 0.14), DARK),
        box((0, -1.25, 0.75), (0.12, 0.12, 0.9), GREY, Surface.GLOSSY),
        box((0, -1.2, 1.15), (0.75, 0.05, 0.05), DARK),
        ball((0, -1.38, 0.95), 0.1, _WHITE_LIGHT, Surface.LAMP),
        wheel((0, -1.3, 0.28), 0.28, 0.09, "x"),
    ]
    for side in (-1, 1):
        parts.append(box((side * 0.6, 0.55, 0.85), (0.05, 1.5, 0.4), colour, Surface.SHUTTER))
        parts.append(wheel((side * 0.62, 0.75, 0.3), 0.3, 0.12, "x"))
    return join(*parts)


def bicycle(colour: ArrayLike = (0.03, 0.1, 0.3)) -> Mesh:
    """A bicycle with a basket."""
    parts = [_thin_wheel((0, y, 0.33)) for y in (-0.52, 0.52)]
    tubes = (
        ((0, -0.42, 0.85), (0, 0.12, 0.32)), ((0, 0.12, 0.32), (0, 0.25, 0.85)), ((0, 0.22, 0.78), (0, -0.4, 0.78)),
        ((0, 0.52, 0.33), (0, 0.12, 0.32)), ((0, 0.52, 0.33), (0, 0.22, 0.72)), ((0, -0.52, 0.33), (0, -0.38, 1.0)),
    )  # fmt: skip
    parts += [_tube(np.array(a), np.array(b), colour) for a, b in tubes]
    parts += [
        box((0, 0.27, 0.9), (0.16, 0.26, 0.07), DARK),
        box((0, -0.36, 1.02), (0.55, 0.04, 0.04), GREY, Surface.GLOSSY),
        box((0, -0.62, 0.88), (0.32, 0.26, 0.24), (0.25, 0.24, 0.22)),
        box((0, 0.55, 0.7), (0.14, 0.4, 0.03), DARK),
    ]
    return join(*parts)


def _thin_wheel(centre: tuple[float, float, float]) -> Mesh:
    ring = turned([(0.30, -0.02), (0.34, 0.0), (0.30, 0.02), (0.30, -0.02)], 20, (0.02, 0.02, 0.02), axis="x")
    spokes = [
        _tube(np.zeros(3), 0.31 * np.array([0, np.cos(a), np.sin(a)]), GREY, 0.012) for a in np.arange(0, 6.28, 0.79)
    ]
    return join(ring, *spokes).at(centre)


def _tube(a: NDArray[np.float64], b: NDArray[np.float64], colour: ArrayLike, thick: float = 0.04) -> Mesh:
    """A square bar between two points of the plane x = 0."""
    along = (b - a) / np.linalg.norm(b - a)
    side, up = np.array([thick / 2, 0, 0]), np.array([0, -along[2], along[1]]) * thick / 2
    corners = [end + sx * side + su * up for end in (a, b) for sx, su in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return mesh(corners, [(0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)], colour, Surface.GLOSSY)


def van(colour: ArrayLike = (0.55, 0.55, 0.56)) -> Mesh:
    """A small closed van."""
    parts = [
        box((0, 0.35, 1.05), (1.66, 3.3, 1.5), colour, Surface.GLOSSY, 0.96),
        box((0, -1.6, 0.75), (1.6, 0.9, 0.85), colour, Surface.GLOSSY, 0.92),
        box((0, -1.32, 1.42), (1.45, 0.16, 0.5), DARK, Surface.GLOSSY),
        box((0, 2.01, 1.4), (1.3, 0.04, 0.5), DARK, Surface.GLOSSY),
        box((0, -2.07, 0.45), (1.5, 0.1, 0.22), DARK),
    ]
    for side in (-1, 1):
        parts.append(box((side * 0.83, -0.7, 1.4), (0.03, 0.8, 0.45), DARK, Surface.GLOSSY))
        parts.append(box((side * 0.6, -2.07, 0.8), (0.3, 0.08, 0.18), _WHITE_LIGHT, Surface.LAMP))
        parts += [wheel((side * 0.75, y, 0.33), 0.33, 0.2, "x") for y in (-1.35, 1.35)]
    return join(*parts)


def bus(colour: ArrayLike = (0.03, 0.25, 0.5)) -> Mesh:
    """A town bus, 10 m long."""
    parts = [
        box((0, 0, 0.95), (2.4, 10, 1.1), colour, Surface.GLOSSY),
        box((0, 0, 2.0), (2.36, 9.9, 1.0), DARK, Surface.GLOSSY),
        box((0, 0, 2.75), (2.4, 10, 0.5), (0.6, 0.6, 0.58), Surface.GLOSSY),
        box((0, -5.0, 2.75), (1.6, 0.06, 0.3), (0.5, 0.3, 0.02), Surface.SIGN),
    ]
    for side in (-1, 1):
        parts += [box((side * 1.2, y, 1.95), (0.04, 0.14, 1.1), colour) for y in np.arange(-4.4, 4.6, 1.45)]
        parts += [wheel((side * 1.08, y, 0.48), 0.48, 0.3, "x") for y in (-3.1, 2.6)]
        parts.append(box((side * 0.9, -5.0, 0.8), (0.4, 0.08, 0.25), _WHITE_LIGHT, Surface.LAMP))
    return join(*parts)

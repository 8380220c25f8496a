"""Quad meshes and the primitives that props are put together from. Metres; x right, y forward, z up."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Surface(IntEnum):
    """What the fragment shader paints; the numbers stand in shaders/shade.frag too."""

    PLAIN = 0
    ASPHALT = 1
    TILES = 2
    WALL = 3
    STRIPES = 4
    BRICKS = 5
    SHUTTER = 6
    GLOSSY = 7
    WINDOWS = 8
    SIGN = 9
    FOLIAGE = 10
    PLASTIC = 11
    CLOTH = 12
    LAMP = 13
    EARTH = 14
    CONCRETE = 15
    WATER = 16


@dataclass(frozen=True)
class Mesh:
    """Vertices [V, 3] in metres, quads [Q, 4], and a colour (linear RGB) and surface for each quad."""

    vertices: Floats
    quads: NDArray[np.int64]
    colour: Floats
    surface: NDArray[np.int64]

    def at(self, position: ArrayLike = (0, 0, 0), yaw_deg: float = 0.0, scale: float | ArrayLike = 1.0) -> "Mesh":
        """Scaled, turned about z, then moved."""
        c, s = np.cos(np.deg2rad(yaw_deg)), np.sin(np.deg2rad(yaw_deg))
        turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        return replace(self, vertices=(self.vertices * np.asarray(scale, float)) @ turn.T + np.asarray(position, float))


def mesh(vertices: ArrayLike, quads: ArrayLike, colour: ArrayLike, surface: Surface = Surface.PLAIN) -> Mesh:
    """A mesh of one colour or of one colour a quad."""
    faces = np.asarray(quads, np.int64)
    colours = np.broadcast_to(np.asarray(colour, float), (len(faces), 3)).copy()
    return Mesh(np.asarray(vertices, float), faces, colours, np.full(len(faces), int(surface)))


def join(*parts: Mesh) -> Mesh:
    """One mesh of several."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.quads + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.colour for part in parts]),
        np.concatenate([part.surface for part in parts]),
    )


def box(
    centre: ArrayLike, size: ArrayLike, colour: ArrayLike, surface: Surface = Surface.PLAIN, top: float = 1.0
) -> Mesh:
    """A box; `top` narrows its upper face."""
    x, y, z = np.asarray(size, float) / 2
    corners = [
        (sx * x * k, sy * y * k, sz * z)
        for sz, k in ((-1, 1.0), (1, top))
        for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    faces = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    return mesh(np.array(corners) + np.asarray(centre, float), faces, colour, surface)


def floor(x0: float, x1: float, y0: float, y1: float, z: float, colour: ArrayLike, surface: Surface) -> Mesh:
    """A horizontal rectangle."""
    return mesh([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], [(0, 1, 2, 3)], colour, surface)


def turned(
    profile: ArrayLike,
    sides: int,
    colour: ArrayLike,
    surface: Surface = Surface.PLAIN,
    centre: ArrayLike = (0, 0, 0),
    axis: str = "z",
) -> Mesh:
    """A surface of revolution from (radius, height) pairs about an axis."""
    points, angle = np.asarray(profile, float), np.arange(sides) * 2 * np.pi / sides
    height = np.repeat(points[:, 1:2], sides, 1)
    ring = np.stack([points[:, :1] * np.cos(angle), points[:, :1] * np.sin(angle), height], -1).reshape(-1, 3)
    order = {"z": [0, 1, 2], "x": [2, 0, 1], "y": [1, 2, 0]}[axis]
    faces = [
        (i * sides + j, i * sides + (j + 1) % sides, (i + 1) * sides + (j + 1) % sides, (i + 1) * sides + j)
        for i in range(len(points) - 1)
        for j in range(sides)
    ]
    return mesh(ring[:, order] + np.asarray(centre, float), faces, colour, surface)


def cylinder(
    centre: ArrayLike,
    radius: float,
    length: float,
    colour: ArrayLike,
    surface: Surface = Surface.PLAIN,
    axis: str = "z",
    sides: int = 12,
) -> Mesh:
    """A closed cylinder."""
    half = length / 2
    return turned([(0, -half), (radius, -half), (radius, half), (0, half)], sides, colour, surface, centre, axis)


def ball(
    centre: ArrayLike,
    radius: float,
    colour: ArrayLike,
    surface: Surface = Surface.PLAIN,
    sides: int = 10,
    squash: float = 1.0,
) -> Mesh:
    """A sphere, squashed along z."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, max(5, sides - 3))
    return turned(np.c_[radius * np.cos(turn), radius * squash * np.sin(turn)], sides, colour, surface, centre)


def wheel(centre: ArrayLike, radius: float, width: float, axis: str) -> Mesh:
    """A tyre with its rim."""
    rim = cylinder(centre, radius * 0.6, width * 1.06, (0.4, 0.4, 0.42), Surface.GLOSSY, axis, 14)
    return join(cylinder(centre, radius, width, (0.02, 0.02, 0.02), axis=axis, sides=18), rim)


def loft(sections: list[tuple[float, list[tuple[float, float]]]], colour: ArrayLike, surface: Surface) -> Mesh:
    """A skin over closed (x, z) rings that stand at positions along y."""
    count = len(sections[0][1])
    points = [(x, y, z) for y, ring in sections for x, z in ring]
    faces = [
        (i * count + j, i * count + (j + 1) % count, (i + 1) * count + (j + 1) % count, (i + 1) * count + j)
        for i in range(len(sections) - 1)
        for j in range(count)
    ]
    return mesh(points, faces, colour, surface)

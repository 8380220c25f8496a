"""Things that are drawn: a mesh with the id that it is reported under."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.meshes import Floats, Mesh


@dataclass(frozen=True, eq=False)
class Thing:
    """A mesh in the world; label 0 is never reported. The same object in two frames has not moved."""

    mesh: Mesh
    label: int = 0
    smooth: bool = False
    rest: Floats | None = None  #: anchors its textures; else they hang in the world


def triangles(thing: Thing) -> NDArray[np.float32]:
    """Position, normal, colour, (surface, label) and anchor of each corner: [corners, 14]."""
    mesh = thing.mesh
    corner = np.concatenate([mesh.quads[:, [0, 1, 2]], mesh.quads[:, [0, 2, 3]]])
    whole = (corner[:, 0] != corner[:, 1]) & (corner[:, 1] != corner[:, 2]) & (corner[:, 0] != corner[:, 2])
    corner = corner[whole]
    points = mesh.vertices[corner]
    a, b = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    face = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)
    if thing.smooth:
        normals = np.zeros_like(mesh.vertices)
        for k in range(3):
            for axis in range(3):
                normals[:, axis] += np.bincount(corner[:, k], face[:, axis], len(normals))
        normal = normals[corner]
    else:
        normal = np.repeat(face[:, None], 3, 1)
    out = np.empty((len(corner), 3, 14), np.float32)
    out[..., :3] = points
    out[..., 3:6] = normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-12)
    out[..., 6:9] = np.tile(mesh.colour, (2, 1))[whole, None]
    out[..., 9] = np.tile(mesh.surface, 2)[whole, None]
    out[..., 10] = thing.label
    out[..., 11:14] = (mesh.vertices if thing.rest is None else thing.rest)[corner]
    return out.reshape(-1, 14)

"""A pinhole camera: matrices, and where the pavement's ground lies in its picture."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from scenes.meshes import Floats


def look_at(eye: ArrayLike, target: ArrayLike, up: ArrayLike = (0, 0, 1)) -> Floats:
    """World to eye coordinates, 4x4."""
    forward = np.asarray(target, float) - np.asarray(eye, float)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.asarray(up, float))
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = right, np.cross(right, forward), -forward
    matrix[:3, 3] = -matrix[:3, :3] @ np.asarray(eye, float)
    return matrix


def orthographic(half_m: float, near: float, far: float) -> Floats:
    """A box of light, 4x4."""
    depth = far - near
    return np.array(
        [[1 / half_m, 0, 0, 0], [0, 1 / half_m, 0, 0], [0, 0, -2 / depth, -(far + near) / depth], [0, 0, 0, 1]]
    )


@dataclass(frozen=True)
class Camera:
    """Where it hangs and what it looks at; the vertical field of view in degrees."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov_deg: float

    def view(self, aspect: float) -> Floats:
        """World to clip coordinates, 4x4."""
        near, far, t = 0.5, 200.0, 1 / np.tan(np.deg2rad(self.fov_deg) / 2)
        depth = far - near
        lens = np.array(
            [[t / aspect, 0, 0, 0], [0, t, 0, 0], [0, 0, -(far + near) / depth, -2 * far * near / depth], [0, 0, -1, 0]]
        )
        return np.asarray(lens @ look_at(self.eye, self.target))

    def project(self, points: ArrayLike, size_px: tuple[int, int]) -> Floats:
        """World points [N, 3] to pixels [N, 2]."""
        width, height = size_px
        world = np.atleast_2d(np.asarray(points, float))
        clip = np.column_stack([world, np.ones(len(world))]) @ self.view(width / height).T
        ndc = clip[:, :2] / np.maximum(clip[:, 3:], 1e-6)
        return np.column_stack([(ndc[:, 0] + 1) / 2 * width, (1 - ndc[:, 1]) / 2 * height])

    def homography(self, size_px: tuple[int, int], ground_m: float) -> Floats:
        """3x3, pixels of the picture to metres (x, y) of the world, for points at one height."""
        view = self.view(size_px[0] / size_px[1])
        ground_to_clip = view[np.ix_([0, 1, 3], [0, 1, 3])] + np.outer(view[[0, 1, 3], 2], [0, 0, ground_m])
        width, height = size_px
        to_pixels = np.array([[width / 2, 0, width / 2], [0, -height / 2, height / 2], [0, 0, 1]])
        matrix = np.linalg.inv(to_pixels @ ground_to_clip)
        return np.asarray(matrix / matrix[2, 2])

    def person_px(self, x: float, y: float, size_px: tuple[int, int]) -> int:
        """Height in the picture of somebody of 1.7 m who stands at a place."""
        feet, head = self.project([(x, y, 0.1), (x, y, 1.8)], size_px)
        return round(float(np.hypot(*(feet - head))))

    def hung(self, rng: np.random.Generator) -> "Camera":
        """The same camera, as another fitter would have hung it."""
        eye, target = (
            (
                round(x + float(rng.uniform(-r, r)), 3),
                round(y + float(rng.uniform(-r, r)), 3),
                round(z + float(rng.uniform(-r, r)), 3),
            )
            for (x, y, z), r in ((self.eye, 0.35), (self.target, 0.3))
        )
        fov = self.fov_deg * float(rng.uniform(0.94, 1.06))
        return replace(self, eye=eye, target=target, fov_deg=round(fov, 2))


#: height of a person at the place where things happen, in a picture of 640 x 360
CAMERAS = {
    "close": Camera((-3.0, 4.0, 3.2), (0.75, 12.2, 0.95), 23),  # 160 px
    "near": Camera((-3.4, 1.5, 3.8), (0.6, 12.2, 0.9), 25),  # 120 px
    "high": Camera((-5.2, 1.0, 5.4), (0.45, 12.9, 0.75), 24),  # 105 px
    "mast": Camera((0.9, -2.5, 4.9), (0.9, 12.2, 0.8), 24),  # 91 px
    "across": Camera((-9.2, 5.5, 4.8), (0.5, 12.4, 0.8), 29),  # 95 px
    "pole": Camera((-6.4, -4.5, 6.8), (0.4, 12.8, 0.6), 23),  # 75 px
    "wide": Camera((-3.0, 1.0, 4.6), (0.6, 12.6, 0.8), 42),  # 65 px
    "far": Camera((-5.0, -13.0, 7.5), (0.3, 13.0, 0.6), 22),  # 57 px
    "roof": Camera((-8.5, -18.0, 10.5), (0.2, 13.0, 0.6), 23.5),  # 41 px
}

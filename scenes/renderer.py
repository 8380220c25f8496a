"""Draws meshes with moderngl on EGL (llvmpipe is enough): shading, shadows, and a picture of labels.

The camera stands still, so the street is drawn once a light; a frame draws again only the rectangles in
which something moves or throws its shadow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from scenes.camera import Camera, look_at, orthographic
from scenes.lighting import Light
from scenes.meshes import Floats, Mesh

_SHADERS = Path(__file__).parent / "shaders"
_CENTRE = np.array([-1.0, 14.0, 0.0])  # of the shadow maps
_SHADOW_PX, _SKY_PX = 2048, 1024
_FORMAT, _NAMES = "3f 3f 3f 2f 3f", ("position", "normal", "colour", "tag", "rest")


@dataclass(frozen=True)
class Thing:
    """A mesh in the world; label 0 is never reported. `rest` anchors its textures."""

    mesh: Mesh
    label: int = 0
    smooth: bool = False
    rest: Floats | None = None


def _triangles(thing: Thing) -> NDArray[np.float32]:
    mesh = thing.mesh
    corner = np.concatenate([mesh.quads[:, [0, 1, 2]], mesh.quads[:, [0, 2, 3]]])
    points = mesh.vertices[corner]
    face = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
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
    out[..., 6:9] = np.tile(mesh.colour, (2, 1))[:, None]
    out[..., 9] = np.tile(mesh.surface, 2)[:, None]
    out[..., 10] = thing.label
    out[..., 11:14] = (mesh.vertices if thing.rest is None else thing.rest)[corner]
    return out.reshape(-1, 14)


class Renderer:
    """One camera in one street."""

    def __init__(self, size_px: tuple[int, int], camera: Camera, street: Sequence[Thing]) -> None:
        self.size_px, self.camera = size_px, camera
        gl = self._gl = moderngl.create_context(standalone=True, backend="egl")
        read = lambda name: (_SHADERS / name).read_text()  # noqa: E731
        self._shade = gl.program(read("shade.vert"), read("shade.frag"))
        self._depth = gl.program(read("depth.vert"), "#version 330\nvoid main() {}")
        self._colour, self._labels = gl.texture(size_px, 4, dtype="f2"), gl.texture(size_px, 4)
        self._target = gl.framebuffer([self._colour, self._labels], gl.depth_renderbuffer(size_px))
        self._sun, self._sky = (gl.depth_texture((side, side)) for side in (_SHADOW_PX, _SKY_PX))
        for texture in (self._sun, self._sky):
            texture.compare_func = "<="
        self._sun_target, self._sky_target = (gl.framebuffer(depth_attachment=t) for t in (self._sun, self._sky))
        gl.enable(moderngl.DEPTH_TEST)
        self._street = gl.buffer(np.concatenate([_triangles(thing) for thing in street]).tobytes())
        self._still: tuple[Light, Floats, NDArray[np.uint8]] | None = None

    def draw(self, things: Sequence[Thing], light: Light) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """(radiance float32 [H, W, 3] linear RGB, labels uint8 [H, W]) of the street with the things in it."""
        if self._still is None or self._still[0] != light:
            self._still = (light, *self._pass([], light, [(0, 0, *self.size_px)])[0])
        picture, labels = self._still[1].copy(), self._still[2].copy()
        parts = self._dirty(things, light)
        for (left, top, right, bottom), (lit, marked) in zip(parts, self._pass(things, light, parts), strict=True):
            picture[top:bottom, left:right], labels[top:bottom, left:right] = lit, marked
        return picture.astype(np.float32), labels

    def _dirty(self, things: Sequence[Thing], light: Light) -> list[tuple[int, int, int, int]]:
        width, height = self.size_px
        sun = np.asarray(light.sun) / np.linalg.norm(light.sun)
        boxes = []
        for thing in things:
            points = thing.mesh.vertices
            shadow = points - sun * (points[:, 2:] / max(sun[2], 0.2))
            seen = self.camera.project(np.concatenate([points, shadow]), self.size_px)
            left, top = np.floor(seen.min(0)).astype(int) - 24  # the sky's shade reaches a little further
            right, bottom = np.ceil(seen.max(0)).astype(int) + 24
            box = (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
            if box[0] < box[2] and box[1] < box[3]:
                boxes.append(box)
        return _merged(boxes)

    def _pass(
        self, things: Sequence[Thing], light: Light, parts: list[tuple[int, int, int, int]]
    ) -> list[tuple[Floats, NDArray[np.uint8]]]:
        gl, buffers = self._gl, [self._street]
        if things:
            buffers.append(gl.buffer(np.concatenate([_triangles(thing) for thing in things]).tobytes()))
        shaded = [gl.vertex_array(self._shade, [(b, _FORMAT, *_NAMES)]) for b in buffers]
        plain = [gl.vertex_array(self._depth, [(b, "3f 44x", "position")]) for b in buffers]
        self._set_light(light, plain)
        found = []
        height = self.size_px[1]
        for left, top, right, bottom in parts:
            self._target.use()
            self._target.scissor = (left, height - bottom, right - left, bottom - top)
            self._target.clear(*light.sky, 0.0)
            for array in shaded:
                array.render()
            found.append(self._read(left, top, right, bottom))
        self._target.scissor = None
        for array in shaded + plain:
            array.release()
        if things:
            buffers[1].release()
        return found

    def _set_light(self, light: Light, plain: Sequence[moderngl.VertexArray]) -> None:
        sun = np.asarray(light.sun, float) / np.linalg.norm(light.sun)
        sun_view = orthographic(16, 1, 120) @ look_at(_CENTRE + sun * 60, _CENTRE)
        sky_view = orthographic(16, 1, 120) @ look_at(_CENTRE + np.array([0, 0, 60.0]), _CENTRE, (0, 1, 0))
        for view, target in ((sun_view, self._sun_target), (sky_view, self._sky_target)):
            self._depth["view"].write(view.T.astype("f4").tobytes())
            target.use()
            target.clear(depth=1.0)
            for array in plain:
                array.render()
        shade = self._shade
        camera_view = self.camera.view(self.size_px[0] / self.size_px[1])
        for name, matrix in (("view", camera_view), ("sun_view", sun_view), ("sky_view", sky_view)):
            shade[name].write(matrix.T.astype("f4").tobytes())
        for name, value in (
            ("sun", tuple(sun)),
            ("sunlight", light.sunlight),
            ("sky", light.sky),
            ("ground", light.ground),
        ):
            shade[name] = value
        shade["eye"], shade["wet"], shade["haze"] = self.camera.eye, light.wet, light.haze
        dark = [(0.0, 0.0, 0.0)] * (6 - len(light.lamps))
        shade["lamps"] = len(light.lamps)
        shade["lamp_at"] = [lamp.at for lamp in light.lamps] + dark
        shade["lamp_light"] = [lamp.light for lamp in light.lamps] + dark
        self._sun.use(0)
        self._sky.use(1)
        shade["sun_depth"], shade["sky_depth"] = 0, 1

    def _read(self, left: int, top: int, right: int, bottom: int) -> tuple[Floats, NDArray[np.uint8]]:
        size, at = (right - left, bottom - top), (left, self.size_px[1] - bottom)
        view = (*at, *size)
        lit = np.frombuffer(self._target.read(view, 3, attachment=0, dtype="f2"), "f2")
        marked = np.frombuffer(self._target.read(view, 1, attachment=1, alignment=1), "u1")
        return lit.reshape(size[1], size[0], 3)[::-1], marked.reshape(size[1], size[0])[::-1]


def _merged(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Boxes that overlap become one, until none do."""
    done: list[tuple[int, int, int, int]] = []
    for new in boxes:
        box = new
        while True:
            hit = next((b for b in done if b[0] < box[2] and box[0] < b[2] and b[1] < box[3] and box[1] < b[3]), None)
            if hit is None:
                break
            done.remove(hit)
            box = (min(box[0], hit[0]), min(box[1], hit[1]), max(box[2], hit[2]), max(box[3], hit[3]))
        done.append(box)
    return done


def developed(radiance: NDArray[np.float32], light: Light, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposed, tone-mapped (ACES fit of Narkowicz, 2015), slightly soft and noisy: uint8 BGR [H, W, 3]."""
    x = radiance * np.float32(light.exposure)
    x = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** (1 / 2.2)
    grey = x.mean(-1, keepdims=True)
    x = cv2.GaussianBlur(np.clip(grey + (x - grey) * 1.15, 0, 1).astype(np.float32), (0, 0), 0.7) * 255
    grain = rng.normal(0, light.noise * 1.6, x.shape[:2]).astype(np.float32)
    x += cv2.GaussianBlur(grain, (0, 0), 0.7)[..., None]
    return np.asarray(np.clip(x, 0, 255), np.uint8)[..., ::-1].copy()

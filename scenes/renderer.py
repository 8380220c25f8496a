"""Draws meshes with moderngl on EGL (llvmpipe is enough): shading, shadows, and a picture of labels.

The camera stands still, so the street is drawn once a light; a frame draws again only the rectangles in
which something moves or throws its shadow. Colour has four samples a pixel, labels have one: they cannot be mixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import moderngl
import numpy as np
from numpy.typing import NDArray

from scenes.camera import Camera, look_at, orthographic
from scenes.lighting import Lamp, Light
from scenes.meshes import Floats, Mesh

_SHADERS = Path(__file__).parent / "shaders"
_CENTRE = np.array([-1.0, 14.0, 0.0])  # of the shadow maps
_SHADOW_PX, _SKY_PX = 2048, 1024
_SAMPLES, _LAMPS = 4, 6
_FORMAT, _NAMES = "3f 3f 3f 2f 3f", ("position", "normal", "colour", "tag", "rest")

Part = tuple[int, int, int, int]  #: a rectangle of the picture: left, top, right, bottom, pixels


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


def _source(name: str) -> str:
    return (_SHADERS / name).read_text()


class Renderer:
    """One camera in one street."""

    def __init__(self, size_px: tuple[int, int], camera: Camera, street: Sequence[Thing]) -> None:
        self.size_px, self.camera = size_px, camera
        gl = self._gl = moderngl.create_context(standalone=True, backend="egl")
        self._shade = gl.program(_source("shade.vert"), _source("shade.frag"))
        self._mark = gl.program(_source("label.vert"), _source("label.frag"))
        self._depth = gl.program(_source("depth.vert"), "#version 330\nvoid main() {}")
        self._sampled = gl.framebuffer(
            [gl.renderbuffer(size_px, 4, samples=_SAMPLES, dtype="f2")],
            gl.depth_renderbuffer(size_px, samples=_SAMPLES),
        )
        self._lit = gl.framebuffer([gl.texture(size_px, 4, dtype="f2")])
        self._marked = gl.framebuffer([gl.texture(size_px, 4)], gl.depth_renderbuffer(size_px))
        self._sun, self._sky = (gl.depth_texture((side, side)) for side in (_SHADOW_PX, _SKY_PX))
        for texture in (self._sun, self._sky):
            texture.compare_func = "<="
        self._sun_target, self._sky_target = (gl.framebuffer(depth_attachment=t) for t in (self._sun, self._sky))
        gl.enable(moderngl.DEPTH_TEST)
        self._street = gl.buffer(np.concatenate([_triangles(thing) for thing in street]).tobytes())
        self._still: tuple[Light, NDArray[np.float16], NDArray[np.uint8]] | None = None

    def draw(self, things: Sequence[Thing], light: Light) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """(radiance float32 [H, W, 3] linear RGB, labels uint8 [H, W]) of the street with the things in it."""
        if self._still is None or self._still[0] != light:
            self._still = (light, *self._pass([], light, [(0, 0, *self.size_px)])[0])
        picture, labels = self._still[1].copy(), self._still[2].copy()
        parts = self._dirty(things, light)
        for (left, top, right, bottom), (lit, marked) in zip(parts, self._pass(things, light, parts), strict=True):
            picture[top:bottom, left:right], labels[top:bottom, left:right] = lit, marked
        return picture.astype(np.float32), labels

    def _dirty(self, things: Sequence[Thing], light: Light) -> list[Part]:
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
        self, things: Sequence[Thing], light: Light, parts: list[Part]
    ) -> list[tuple[NDArray[np.float16], NDArray[np.uint8]]]:
        gl, buffers = self._gl, [self._street]
        if things:
            buffers.append(gl.buffer(np.concatenate([_triangles(thing) for thing in things]).tobytes()))
        plain = [gl.vertex_array(self._depth, [(b, "3f 44x", "position")]) for b in buffers]
        shaded = [gl.vertex_array(self._shade, [(b, _FORMAT, *_NAMES)]) for b in buffers]
        marked = [gl.vertex_array(self._mark, [(b, "3f 24x 2f 12x", "position", "tag")]) for b in buffers]
        self._set_light(light, plain)
        self._render(self._sampled, shaded, (*light.sky, 0.0), parts)
        self._render(self._marked, marked, (0.0, 0.0, 0.0, 0.0), parts)
        gl.copy_framebuffer(self._lit, self._sampled)
        for unused in (*plain, *shaded, *marked, *buffers[1:]):
            unused.release()
        return [self._read(part) for part in parts]

    def _render(
        self,
        target: moderngl.Framebuffer,
        arrays: Sequence[moderngl.VertexArray],
        clear: tuple[float, float, float, float],
        parts: list[Part],
    ) -> None:
        target.use()
        for left, top, right, bottom in parts:
            target.scissor = (left, self.size_px[1] - bottom, right - left, bottom - top)
            target.clear(*clear)
            for array in arrays:
                array.render()
        target.scissor = None

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
        self._mark["view"].write(camera_view.T.astype("f4").tobytes())
        for name, matrix in (("view", camera_view), ("sun_view", sun_view), ("sky_view", sky_view)):
            shade[name].write(matrix.T.astype("f4").tobytes())
        shade["sun"] = tuple(sun)
        for name in ("sunlight", "sky", "ground", "wet", "haze", "glow"):
            shade[name] = getattr(light, name)
        shade["eye"] = self.camera.eye
        lamps = [*light.lamps, *[Lamp((0, 0, 0), (0, 0, 0))] * (_LAMPS - len(light.lamps))]
        shade["lamps"] = len(light.lamps)
        shade["lamp_at"] = [lamp.at for lamp in lamps]
        shade["lamp_light"] = [lamp.light for lamp in lamps]
        shade["lamp_aim"] = [lamp.aim for lamp in lamps]
        self._sun.use(0)
        self._sky.use(1)
        shade["sun_depth"], shade["sky_depth"] = 0, 1

    def _read(self, part: Part) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        left, top, right, bottom = part
        wide, high = right - left, bottom - top
        viewport = (left, self.size_px[1] - bottom, wide, high)
        lit = np.frombuffer(self._lit.read(viewport, 3, dtype="f2", alignment=1), np.float16)
        marked = np.frombuffer(self._marked.read(viewport, 1, alignment=1), np.uint8)
        return lit.reshape(high, wide, 3)[::-1], marked.reshape(high, wide)[::-1]


def _merged(boxes: list[Part]) -> list[Part]:
    """Boxes that overlap become one, until none do."""
    done: list[Part] = []
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

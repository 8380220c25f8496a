"""Draws meshes with moderngl on EGL (llvmpipe is enough): shading, shadows, and a picture of labels.

The camera stands still, so a frame draws again only the tiles in which something came, went or moved, or threw its
shadow: everywhere else depth says that nothing can be nearer. Colour is drawn half as large again and made smaller;
several samples a pixel would be shaded even where they are hidden. Labels cannot be mixed: they have one.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from scenes.camera import Camera, look_at, orthographic
from scenes.lighting import Lamp, Light
from scenes.things import Thing, triangles

_SHADERS = Path(__file__).parent / "shaders"
_CENTRE, _HALF_M = np.array([-1.0, 13.0, 0.0]), 18.0  # of the shadow maps
_SHADOW_PX, _SKY_PX = 1536, 512
_LAMPS, _TILE_PX, _MARGIN_PX = 8, 20, 12
_BRIGHTEST = np.float32(200)  # half floats overflow in a beam, and one bright corner would light a whole pixel
_FORMAT, _NAMES = "3f 3f 3f 2f 3f", ("position", "normal", "colour", "tag", "rest")

Tiles = NDArray[np.bool_]


def _source(name: str) -> str:
    return (_SHADERS / name).read_text()


class Renderer:
    """One camera in one street."""

    def __init__(self, size_px: tuple[int, int], camera: Camera, street: Sequence[Thing]) -> None:
        self.size_px, self.camera = size_px, camera
        gl = self._gl = moderngl.create_context(standalone=True, backend="egl")
        self._shade = gl.program(_source("shade.vert"), _source("shade.frag"))
        self._ahead = gl.program(_source("depth.vert"), "#version 330\nvoid main() {}")
        self._mark = gl.program(_source("label.vert"), _source("label.frag"))
        self._veiling = gl.program(_source("veil.vert"), _source("veil.frag"))
        self._depth = gl.program(_source("depth.vert"), "#version 330\nvoid main() {}")
        fine = self._fine_px = (size_px[0] * 3 // 2, size_px[1] * 3 // 2)
        self._lit = gl.framebuffer([gl.texture(fine, 4, dtype="f2")], gl.depth_renderbuffer(fine))
        self._marked = gl.framebuffer([gl.texture(size_px, 4)], gl.depth_renderbuffer(size_px))
        self._alone = gl.framebuffer([gl.texture(size_px, 4)], gl.depth_renderbuffer(size_px))
        self._sun, self._sky = (gl.depth_texture((side, side)) for side in (_SHADOW_PX, _SKY_PX))
        for texture in (self._sun, self._sky):
            texture.compare_func = "<="
        self._sun_target, self._sky_target = (gl.framebuffer(depth_attachment=t) for t in (self._sun, self._sky))
        gl.enable(moderngl.DEPTH_TEST)
        corners = np.concatenate([triangles(thing) for thing in street])
        self._street_corners = len(corners)
        self._buffer = gl.buffer(corners.tobytes())
        self._light: Light | None = None
        self._before: dict[int, tuple[Thing, Tiles, NDArray[np.float32]]] = {}
        self._spans: dict[int, list[tuple[int, int]]] = {}

    def draw(self, things: Sequence[Thing], light: Light) -> NDArray[np.float32]:
        """Radiance float32 [H, W, 3], linear RGB, of the street with the things in it."""
        now = {id(thing): self._before.get(id(thing)) or self._taken_in(thing, light) for thing in things}
        dirty = np.zeros(self._grid, bool)
        if light != self._light:
            dirty[:] = True
            now = {key: (thing, self._tiles(thing, light), corners) for key, (thing, _, corners) in now.items()}
        for key in now.keys() ^ self._before.keys():
            dirty |= (now.get(key) or self._before[key])[1]
        self._light, self._before = light, now
        self._upload()
        if dirty.any():
            self._redraw(light, list(_rectangles(dirty)))
        return self._read()

    def labels(self) -> NDArray[np.uint8]:
        """The label that is seen in each pixel of the last frame, uint8 [H, W]; 0 where there is none."""
        self._marked.use()
        self._marked.clear()
        self._marking.render(vertices=self._corners)
        marked = np.frombuffer(self._marked.read(components=1, alignment=1), np.uint8)
        return marked.reshape(self.size_px[1], self.size_px[0])[::-1]

    def whole(self) -> dict[int, int]:
        """Pixels that each label of the last frame would cover if nothing stood before it."""
        found = {}
        for label, spans in self._spans.items():
            self._alone.use()
            self._alone.clear()
            for first, count in spans:
                self._marking.render(vertices=count, first=first)
            found[label] = int(np.count_nonzero(np.frombuffer(self._alone.read(components=1, alignment=1), np.uint8)))
        return found

    def close(self) -> None:
        """Free what the graphics library holds."""
        self._gl.release()

    @property
    def _grid(self) -> tuple[int, int]:
        return -(-self.size_px[1] // _TILE_PX), -(-self.size_px[0] // _TILE_PX)

    def _taken_in(self, thing: Thing, light: Light) -> tuple[Thing, Tiles, NDArray[np.float32]]:
        return thing, self._tiles(thing, light), triangles(thing)

    def _tiles(self, thing: Thing, light: Light) -> Tiles:
        """The tiles in which a thing or its shadow can be seen."""
        sun = np.asarray(light.sun) / np.linalg.norm(light.sun)
        points = thing.mesh.vertices
        tiles = np.zeros(self._grid, bool)
        shadow = points - sun * (points[:, 2:] / max(sun[2], 0.2))
        for part in (points, shadow):
            seen = self.camera.project(part, self.size_px)
            left, top = (np.floor(seen.min(0)).astype(int) - _MARGIN_PX).clip(0) // _TILE_PX
            right, bottom = (np.ceil(seen.max(0)).astype(int) + _MARGIN_PX).clip(0) // _TILE_PX + 1
            tiles[top:bottom, left:right] = True
        return tiles

    def _upload(self) -> None:
        """The moving things behind the street in one buffer, and where each label's triangles lie in it."""
        parts = [corners for _, _, corners in self._before.values()]
        first, self._spans = self._street_corners, {}
        for thing, _, corners in self._before.values():
            if thing.label:
                self._spans.setdefault(thing.label, []).append((first, len(corners)))
            first += len(corners)
        self._corners = first
        street_bytes, gl = self._street_corners * 56, self._gl
        if self._buffer.size < first * 56:
            grown = gl.buffer(reserve=first * 56 * 3 // 2)
            gl.copy_buffer(grown, self._buffer, street_bytes)
            self._buffer.release()
            self._buffer = grown
        if parts:
            self._buffer.write(np.concatenate(parts).tobytes(), offset=street_bytes)
        for name in ("_plain", "_sounding", "_shaded", "_marking"):
            if hasattr(self, name):
                getattr(self, name).release()
        self._plain = gl.vertex_array(self._depth, [(self._buffer, "3f 44x", "position")])
        self._sounding = gl.vertex_array(self._ahead, [(self._buffer, "3f 44x", "position")])
        self._shaded = gl.vertex_array(self._shade, [(self._buffer, _FORMAT, *_NAMES)])
        self._marking = gl.vertex_array(self._mark, [(self._buffer, "3f 24x 2f 12x", "position", "tag")])

    def _redraw(self, light: Light, parts: Sequence[tuple[int, int, int, int]]) -> None:
        self._set_light(light)
        veil = self._veil(parts)
        self._lit.use()
        self._veiling["colour"] = light.sky
        self._gl.depth_func = "1"
        with self._colour_kept():
            veil.render(vertices=6)
        veil.render(first=6, vertices=6 * len(parts))
        self._gl.depth_func = "<"
        with self._colour_kept():  # depth first: shading is dear, and what is hidden need not be shaded
            self._sounding.render(vertices=self._corners)
        self._gl.depth_func = "<="
        self._shaded.render(vertices=self._corners)
        self._gl.depth_func = "<"
        veil.release()

    @contextmanager
    def _colour_kept(self) -> Iterator[None]:
        """Depth is written, colour is not."""
        self._gl.enable(moderngl.BLEND)
        self._gl.blend_func = (moderngl.ZERO, moderngl.ONE)
        yield
        self._gl.disable(moderngl.BLEND)

    def _veil(self, parts: Sequence[tuple[int, int, int, int]]) -> moderngl.VertexArray:
        """Two triangles before everything, then two behind everything for each part: many clears are dear."""
        boxes = np.array([(0, 0, *self.size_px), *parts], float) / np.tile(self.size_px, 2)
        left, top, right, bottom = boxes.T * 2 - 1
        depth = np.ones(len(boxes))
        depth[0] = -1.0
        corners = [(left, top), (right, top), (right, bottom), (left, top), (right, bottom), (left, bottom)]
        points = np.stack([np.stack([x, -y, depth], 1) for x, y in corners], 1).reshape(-1, 3)
        return self._gl.vertex_array(
            self._veiling, [(self._gl.buffer(points.astype("f4").tobytes()), "3f", "position")]
        )

    def _set_light(self, light: Light) -> None:
        sun = np.asarray(light.sun, float) / np.linalg.norm(light.sun)
        sun_view = orthographic(_HALF_M, 1, 120) @ look_at(_CENTRE + sun * 60, _CENTRE)
        sky_view = orthographic(_HALF_M, 1, 120) @ look_at(_CENTRE + np.array([0, 0, 60.0]), _CENTRE, (0, 1, 0))
        for view, target in ((sun_view, self._sun_target), (sky_view, self._sky_target)):
            self._depth["view"].write(view.T.astype("f4").tobytes())
            target.use()
            target.clear(depth=1.0)
            self._plain.render(vertices=self._corners)
        shade = self._shade
        camera_view = self.camera.view(self.size_px[0] / self.size_px[1])
        for program in (self._mark, self._ahead):
            program["view"].write(camera_view.T.astype("f4").tobytes())
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

    def _read(self) -> NDArray[np.float32]:
        width, height = self._fine_px
        lit = np.frombuffer(self._lit.read(components=3, dtype="f2", alignment=1), np.float16)
        radiance = lit.reshape(height, width, 3)[::-1].astype(np.float32).clip(0, _BRIGHTEST)
        return np.asarray(cv2.resize(radiance, self.size_px, interpolation=cv2.INTER_AREA), np.float32)


def _rectangles(tiles: Tiles) -> Iterable[tuple[int, int, int, int]]:
    """Runs of tiles, row by row: left, top, right, bottom, pixels."""
    for row, line in enumerate(tiles):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
        for start, end in edges.reshape(-1, 2):
            yield int(start) * _TILE_PX, row * _TILE_PX, int(end) * _TILE_PX, (row + 1) * _TILE_PX

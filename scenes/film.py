"""Renders a script to a clip with its truth."""

import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from scenes import truth, weather
from scenes.drawing import Dresser
from scenes.renderer import Renderer
from scenes.scripts import KINDS
from scenes.video import KEY_S, Writer
from scenes.weather import Picture

SIZE_PX, FPS = (640, 360), 5
_BOX_COLOUR = (0, 200, 255)
cv2.setNumThreads(1)


class Film:
    """One kind with its seed, ready to be drawn."""

    def __init__(self, kind: str, seed: int, size_px: tuple[int, int] = SIZE_PX) -> None:
        self.script = script = KINDS[kind].script(seed)
        setting = script.setting
        self._size, self._rng = size_px, np.random.default_rng(setting.noise_seed)
        self._dresser = Dresser(script)
        self._renderer = Renderer(size_px, setting.camera, self._dresser.street())
        rng = np.random.default_rng(setting.noise_seed + 1)
        self._dirt = weather.Dirt(size_px, rng) if setting.fault == "dirt" else None
        self._insects = weather.Insects(size_px, rng, script.duration_s) if setting.fault == "insects" else None
        self._shake = weather.Shake(size_px, rng) if setting.fault == "shake" else None

    def frame(self, time_s: float) -> Picture:
        """BGR [H, W, 3] of a moment; noise and rain go on from the frame before."""
        setting, light = self.script.setting, self.script.light(time_s)
        picture = weather.developed(self._renderer.draw(self._dresser.things(time_s), light), light, self._rng)
        if setting.rain:
            picture = weather.rained(picture, setting.rain, self._rng)
        if setting.mirrored:
            picture = np.ascontiguousarray(picture[:, ::-1])
        if self._shake:
            picture = self._shake.on(picture, time_s)
        if self._dirt:
            picture = self._dirt.on(picture)
        if self._insects:
            picture = self._insects.on(picture, time_s, bright=setting.sky[0] in {"lamps", "infrared"})
        if setting.clock:
            picture = weather.stamped(picture, setting.starts_at, time_s, f"CAM {self.script.seed % 1677:04d}")
        return picture

    def boxes(self, time_s: float) -> list[truth.Box]:
        """The boxes of the frame that was drawn last, at its time."""
        labels = self._renderer.labels()
        if self.script.setting.mirrored:
            labels = np.ascontiguousarray(labels[:, ::-1])
        if self._shake:
            labels = self._shake.on_labels(labels, time_s)
        return truth.boxes(labels, self.script.names, self._renderer.whole())

    def close(self) -> None:
        """Free what the graphics library holds."""
        self._renderer.close()


def render(kind: str, seed: int, folder: Path, fps: int = FPS, size_px: tuple[int, int] = SIZE_PX) -> None:
    """Write KIND-SEED.mp4 and, once that is whole, KIND-SEED.json."""
    folder.mkdir(parents=True, exist_ok=True)
    film, name, step = Film(kind, seed, size_px), truth.name_of(kind, seed), round(fps * KEY_S)
    setting = film.script.setting
    writer = Writer(folder / f"{name}.mp4", size_px, setting.codec, setting.crf, fps)
    frames: list[list[truth.Box]] = []
    for index in range(round(film.script.duration_s * fps)):
        writer.add(film.frame(index / fps))
        frames.append([] if index % step else film.boxes(index / fps))
    writer.close()
    film.close()
    truth.write(folder / f"{name}.json", truth.finished(truth.of_script(film.script, size_px, fps), frames, step))
    print(f"{name}: written", file=sys.stderr, flush=True)


def stills(kind: str, seed: int, folder: Path, times_s: Iterable[float], size_px: tuple[int, int] = SIZE_PX) -> None:
    """Write only KIND-SEED-SECONDS.png of some moments, with zones and boxes drawn in."""
    folder.mkdir(parents=True, exist_ok=True)
    film = Film(kind, seed, size_px)
    for time_s in times_s:
        picture = film.frame(time_s)
        for zone in truth.zones(film.script, size_px):
            corners = (np.array(zone["polygon"]) * size_px).astype(np.int32)
            cv2.polylines(picture, [corners], True, (80, 220, 80) if zone["kind"][0] == "p" else (60, 60, 220), 1)
        for box in film.boxes(time_s):
            left, top, right, bottom = box["box_px"]
            cv2.rectangle(picture, (left, top), (right, bottom), _BOX_COLOUR, 1)
            words = f"{box['id']} {box['class']} {box['visible_share']:.2f}"
            cv2.putText(picture, words, (left, max(10, top - 3)), cv2.FONT_HERSHEY_SIMPLEX, 0.33, _BOX_COLOUR, 1)
        cv2.imwrite(str(folder / f"{truth.name_of(kind, seed)}-{time_s:04.1f}.png"), picture)
    film.close()

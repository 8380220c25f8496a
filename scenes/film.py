"""Renders a script to clips: a sub-stream for every kind, a main stream where evidence is wanted."""

import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scenes import truth
from scenes.bodies import people
from scenes.lighting import Light
from scenes.renderer import Renderer, Thing
from scenes.scripts import DURATION_S, SCRIPTS
from scenes.scripts.cast import Cast
from scenes.street import build
from scenes.video import FPS, Writer

Picture = NDArray[np.uint8]

MAIN_PX, SUB_PX = (1280, 720), (640, 360)
_HEVC = {"stall_tricycle", "dump_truck", "rain", "night"}
_SUB_CRF = {"libx264": 29, "libx265": 30}
_MAIN_CRF = 31


class Film:
    """One kind with its seed, ready to be drawn."""

    def __init__(self, kind: str, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.script = SCRIPTS[kind](Cast(people(), np.random.default_rng(seed)))
        street = [Thing(build(self.script.street)), *self.script.still]
        self._renderer = Renderer(MAIN_PX, self.script.camera, street)

    def frame(self, time_s: float) -> tuple[Picture, Picture]:
        """(BGR [720, 1280, 3], labels [720, 1280]) of a moment; noise and rain go on from the frame before."""
        light = self.script.light(time_s)
        radiance, labels = self._renderer.draw(self.script.things(time_s), light)
        picture = _developed(radiance, light, self._rng)
        return (_rained(picture, self.script.rain, self._rng) if self.script.rain else picture), labels


def render(kind: str, seed: int, folder: Path) -> None:
    """Write KIND.sub.mp4, KIND.json and, for a kind with events, KIND.main.mp4."""
    folder.mkdir(parents=True, exist_ok=True)
    film = Film(kind, seed)
    codec = "libx265" if kind in _HEVC else "libx264"
    sub = Writer(folder / f"{kind}.sub.mp4", SUB_PX, codec, _SUB_CRF[codec])
    main = Writer(folder / f"{kind}.main.mp4", MAIN_PX, "libx264", _MAIN_CRF) if film.script.events else None
    frames = []
    for index in range(int(DURATION_S * FPS)):
        picture, labels = film.frame(index / FPS)
        sub.add(np.asarray(cv2.resize(picture, SUB_PX, interpolation=cv2.INTER_AREA), np.uint8))
        if main:
            main.add(picture)
        frames.append(truth.boxes(labels, film.script.names))
        if index % (FPS * 5) == 0:
            print(f"{kind}: {index / FPS:.0f} of {DURATION_S:.0f} s", file=sys.stderr, flush=True)
    for writer in (sub, main):
        if writer:
            writer.close()
    truth.write(folder / f"{kind}.json", kind, seed, film.script, SUB_PX, frames)


def stills(kind: str, seed: int, folder: Path, times_s: Iterable[float]) -> None:
    """Write only KIND-SECONDS.png of some moments, with the boxes drawn in."""
    folder.mkdir(parents=True, exist_ok=True)
    film = Film(kind, seed)
    for time_s in times_s:
        picture, labels = film.frame(time_s)
        for box in truth.boxes(labels, film.script.names):
            left, top, right, bottom = (2 * v for v in box["box_px"])
            cv2.rectangle(picture, (left, top), (right, bottom), (0, 200, 255), 1)
            at = (left, max(12, top - 4))
            cv2.putText(picture, box["class"], at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 200, 255), 1)
        cv2.imwrite(str(folder / f"{kind}-{time_s:04.1f}.png"), picture)


def _developed(radiance: NDArray[np.float32], light: Light, rng: np.random.Generator) -> Picture:
    """Exposed, tone-mapped (ACES fit of Narkowicz, 2015), slightly soft and noisy."""
    x = radiance * np.float32(light.exposure)
    x = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** (1 / 2.2)
    grey = x.mean(-1, keepdims=True)
    x = cv2.GaussianBlur(np.clip(grey + (x - grey) * 1.1, 0, 1).astype(np.float32), (0, 0), 0.6) * 255
    grain = rng.normal(0, light.noise * 1.6, x.shape[:2]).astype(np.float32)
    x += cv2.GaussianBlur(grain, (0, 0), 0.7)[..., None]
    return np.asarray(np.clip(x, 0, 255)[..., ::-1], np.uint8)


def _rained(picture: Picture, amount: float, rng: np.random.Generator) -> Picture:
    """Streaks of falling drops, brighter than what is behind them."""
    height, width = picture.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    for _ in range(int(260 * amount)):
        x, y, length = int(rng.integers(width)), int(rng.integers(-40, height)), int(rng.integers(16, 50))
        cv2.line(streaks, (x, y), (x - length // 6, y + length), int(rng.integers(40, 110)), 1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(streaks, (0, 0), 0.9)[..., None].astype(np.float32)
    return np.asarray(np.clip(picture * 0.97 + soft * 0.5 + 2, 0, 255), np.uint8)

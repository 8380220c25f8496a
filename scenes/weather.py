"""What lies between the street and the recorder: the sensor, the rain, the lens, the mast, the clock."""

from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from scenes.lighting import Light
from scenes.meshes import Floats

Picture = NDArray[np.uint8]


def developed(radiance: NDArray[np.float32], light: Light, rng: np.random.Generator) -> Picture:
    """Exposed, tone-mapped (ACES fit of Narkowicz, 2015), slightly soft and noisy; BGR."""
    x = np.minimum(radiance * np.float32(light.exposure), np.float32(50))  # half floats overflow in a beam
    if light.infrared:
        x = np.repeat((x @ np.array([0.5, 0.3, 0.2], np.float32))[..., None] + np.float32(0.015), 3, axis=2)
    x = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** np.float32(1 / 2.2)
    grey = x.mean(-1, keepdims=True)
    x = cv2.GaussianBlur(np.clip(grey + (x - grey) * np.float32(1.1), 0, 1), (0, 0), 0.45) * 255
    grain = rng.standard_normal(x.shape[:2], np.float32) * np.float32(light.noise)
    x += cv2.GaussianBlur(grain, (0, 0), 0.5)[..., None]
    return np.asarray(np.clip(x, 0, 255)[..., ::-1], np.uint8)


def rained(picture: Picture, amount: float, rng: np.random.Generator) -> Picture:
    """Streaks of falling drops, brighter than what is behind them."""
    height, width = picture.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    unit = height / 720
    for _ in range(int(200 * amount)):
        x, y = int(rng.integers(width)), int(rng.integers(-20, height))
        length = int(rng.integers(16, 50) * unit)
        cv2.line(streaks, (x, y), (x - length // 6, y + length), int(rng.integers(40, 110)), 1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(streaks, (0, 0), 0.7)[..., None].astype(np.float32)
    return np.asarray(np.clip(picture * 0.97 + soft * 0.42 + 2, 0, 255), np.uint8)


class Dirt:
    """Blots and dried drops on the lens: they never move."""

    def __init__(self, size_px: tuple[int, int], rng: np.random.Generator) -> None:
        width, height = size_px
        veil = np.zeros((height, width), np.float32)
        for _ in range(int(rng.integers(5, 12))):
            centre = (int(rng.integers(width)), int(rng.integers(height)))
            axes = (int(rng.integers(8, width // 12)), int(rng.integers(6, height // 10)))
            cv2.ellipse(veil, centre, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0.25, 0.7)), -1)
        drops = np.zeros_like(veil)
        for _ in range(int(rng.integers(20, 50))):
            at = (int(rng.integers(width)), int(rng.integers(height)))
            cv2.circle(drops, at, int(rng.integers(1, 4)), float(rng.uniform(0.15, 0.45)), -1)
        self._veil = (cv2.GaussianBlur(veil, (0, 0), width / 60) + cv2.GaussianBlur(drops, (0, 0), 1.2)).clip(0, 0.75)[
            ..., None
        ]
        self._tone = float(rng.uniform(70, 120))

    def on(self, picture: Picture) -> Picture:
        """The picture through the dirty lens."""
        tone = min(self._tone, float(picture.mean()) + 15)
        return np.asarray(picture * (1 - self._veil) + tone * self._veil, np.uint8)


class Insects:
    """Insects that cross close to the lens, and one that crawls on it: dark by day, glowing by night."""

    def __init__(self, size_px: tuple[int, int], rng: np.random.Generator, duration_s: float) -> None:
        self._size, self._crawls_s = size_px, (float(rng.uniform(5, duration_s - 25)), float(rng.uniform(6, 14)))
        self._flights = [
            (
                float(rng.uniform(0, duration_s)),
                rng.uniform(0, 1, 2),
                rng.uniform(-1.2, 1.2, 2),
                int(rng.integers(2, 9)),
            )
            for _ in range(int(duration_s * 0.8))
        ]
        self._path = rng.uniform(0.15, 0.85, (2, 2))

    def on(self, picture: Picture, time_s: float, *, bright: bool) -> Picture:
        """The picture with those of a moment."""
        layer = np.zeros(picture.shape[:2], np.float32)
        scale = np.array(self._size)
        for at_s, start, speed, radius in self._flights:
            gone_s = time_s - at_s
            if 0 <= gone_s < 0.8:
                a, b = ((start + speed * t) * scale for t in (gone_s, gone_s + 0.06))
                cv2.line(layer, _point(a), _point(b), 0.8, radius, cv2.LINE_AA)
        share = (time_s - self._crawls_s[0]) / self._crawls_s[1]
        if 0 <= share < 1:
            centre = (self._path[0] * (1 - share) + self._path[1] * share) * scale
            cv2.ellipse(layer, _point(centre), (9, 6), 40 * share, 0, 360, 1.0, -1)
        layer = cv2.GaussianBlur(layer, (0, 0), 2.2)[..., None].clip(0, 1)
        tone = 235.0 if bright else 22.0
        return np.asarray(picture * (1 - layer) + tone * layer, np.uint8)


class Shake:
    """A mast in the wind: gusts come and go."""

    def __init__(self, size_px: tuple[int, int], rng: np.random.Generator) -> None:
        self._phases = rng.uniform(0, 2 * np.pi, 6)
        self._reach_px = float(rng.uniform(1.2, 3.2)) * size_px[0] / 640
        self._centre = (size_px[0] / 2, size_px[1] / 2)

    def matrix(self, time_s: float) -> Floats:
        """2x3: from the picture of a camera at rest to that of the shaken one."""
        a, b, c, d, e, f = self._phases
        gust = 0.35 + 0.65 * max(0.0, float(np.sin(0.35 * time_s + a))) ** 2
        x = self._reach_px * gust * (np.sin(7.9 * time_s + b) + 0.5 * np.sin(17.3 * time_s + c))
        y = self._reach_px * gust * 0.7 * (np.sin(6.1 * time_s + d) + 0.5 * np.sin(13.7 * time_s + e))
        turn = 0.18 * gust * float(np.sin(5.2 * time_s + f))
        matrix = cv2.getRotationMatrix2D(self._centre, turn, 1.0)
        matrix[:, 2] += (x, y)
        return np.asarray(matrix, float)

    def on(self, picture: Picture, time_s: float) -> Picture:
        """The picture, shaken."""
        size = (picture.shape[1], picture.shape[0])
        turned = cv2.warpAffine(
            picture, self.matrix(time_s), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(turned, np.uint8)

    def on_labels(self, labels: Picture, time_s: float) -> Picture:
        """Labels, shaken with their picture."""
        size = (labels.shape[1], labels.shape[0])
        return np.asarray(cv2.warpAffine(labels, self.matrix(time_s), size, flags=cv2.INTER_NEAREST), np.uint8)


def stamped(picture: Picture, moment: datetime, time_s: float, camera: str) -> Picture:
    """The time and the camera's name, burnt in as recorders do it."""
    height, width = picture.shape[:2]
    scale = height / 360
    text = (moment + timedelta(seconds=time_s)).strftime("%Y-%m-%d %H:%M:%S")
    places = ((text, (int(10 * scale), int(20 * scale))), (camera, (width - int(92 * scale), height - int(12 * scale))))
    out = picture.copy()
    for words, at in places:
        for colour, thick in (((0, 0, 0), 2), ((245, 245, 245), 1)):
            cv2.putText(out, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * scale, colour, thick, cv2.LINE_AA)
    return out


def _point(xy: Floats) -> tuple[int, int]:
    return int(xy[0]), int(xy[1])

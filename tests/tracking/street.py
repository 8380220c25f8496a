"""A drawn street: textured ground, people and things as textured boxes, so that truth is known to the pixel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.tracking.follower import Follower
from fusion.types.detections import Detections
from fusion.types.picture import Picture
from fusion.types.sighting import Sighting

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
NAMES = ("person", "car", "truck")
Rect = tuple[int, int, int, int]


@dataclass
class Street:
    """640 x 360; everything random is seeded."""

    seed: int = 1
    noise: float = 1.5
    ground: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        coarse = rng.normal(0, 9, (45, 80)).astype(np.float32)
        fine = rng.normal(0, 5, (180, 320)).astype(np.float32)
        self.ground = 118 + cv2.resize(coarse, (640, 360)) + cv2.resize(fine, (640, 360))
        self.rng = rng

    def picture(
        self,
        at_s: float,
        *,
        things: Sequence[tuple[Rect, int]] = (),
        gain: float = 1.0,
        shift: tuple[int, int] = (0, 0),
        shades: Sequence[tuple[Rect, float]] = (),
    ) -> Picture:
        """Things are (rectangle, base grey level), each with a pattern of its own; shades darken the ground."""
        luma = self.ground.copy()
        for (left, top, right, bottom), factor in shades:
            luma[top:bottom, left:right] *= factor
        for (left, top, right, bottom), level in things:
            pattern = np.random.default_rng(level).normal(0, 14, (bottom - top, right - left))
            luma[top:bottom, left:right] = level + cv2.blur(pattern.astype(np.float32), (5, 5)) * 3
        moved = np.roll(luma, shift, (1, 0)) * gain + self.rng.normal(0, self.noise, luma.shape)
        grey = np.full((180, 320), 128, np.uint8)
        return Picture("T", START + timedelta(seconds=at_s), np.clip(moved, 0, 255).astype(np.uint8), grey, grey.copy())


def seen(*boxes: Rect, name: str = "person", score: float = 0.9) -> Detections:
    """What a detector says, in pixels of the street's picture."""
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(count, 4),
        np.full(count, score, np.float32),
        np.full(count, NAMES.index(name), np.int64),
        NAMES,
    )


Scene = Callable[[float], tuple[Picture, Detections]]


def play(follower: Follower, scene: Scene, times_s: Sequence[float]) -> list[Sighting]:
    """Each look in order; the detector is asked wherever the follower wants it."""
    sightings = []
    for at_s in times_s:
        picture, found = scene(at_s)
        asked = follower.interest(picture)
        sightings.append(follower.follow(picture, found if asked else None))
    return sightings

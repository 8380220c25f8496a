"""A street camera made of a clip's own pictures, and what may happen to its view: harmless things and real troubles.

Everything works on luma, uint8 [h, w]. `t` is seconds since the thing began.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from fusion.ingest.files import read_file
from fusion.ingest.troubles.picture import PictureTroubles
from fusion.ingest.troubles.policy import TroublePolicy
from fusion.types.picture import Plane
from fusion.types.terminal import Trouble, TroubleKind

CLIPS = Path(__file__).parents[3] / "configs" / "demo" / "clips"
START = datetime(2026, 11, 24, tzinfo=UTC)
Happening = Callable[[Plane, float], Plane]
_NOISES = 16


def clip_names() -> list[str]:
    return sorted(path.name.removesuffix(".sub.mp4") for path in CLIPS.glob("*.sub.mp4"))


@lru_cache(maxsize=32)
def lumas_of(path: Path, every_s: float = 2.0) -> tuple[Plane, ...]:
    """Luma of a file's pictures."""
    pictures = read_file(path, every=timedelta(seconds=every_s), clock_start=START)
    return tuple(np.array(picture.y) for picture in pictures)


def clip(name: str) -> tuple[Plane, ...]:
    return lumas_of(CLIPS / f"{name}.sub.mp4")


def small_of(luma: Plane) -> Plane:
    """As the change gate makes it."""
    height, width = luma.shape
    factor = min(1.0, 320 / width, 180 / height)
    size = (round(width * factor), round(height * factor))
    return _u8(cv2.blur(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), (3, 3)))


class Camera:
    """Plays pictures in a loop, a look each `every_s`, with a sensor's noise, and has its troubles judged."""

    def __init__(
        self,
        pictures: Sequence[Plane],
        *,
        every_s: float = 2.0,
        noise: float = 1.5,
        policy: TroublePolicy | None = None,
        jitter_px: float = 0.0,
        seed: int = 3,
    ) -> None:
        self.troubles = PictureTroubles(policy or TroublePolicy())
        self.now = START
        self.every_s = every_s
        self._pictures, self._looks, self._jitter_px = pictures, 0, jitter_px
        self._rng = np.random.default_rng(seed)
        shape = (_NOISES, *pictures[0].shape)
        self._noise = self._rng.normal(0, noise, shape).round().astype(np.int16) if noise else None

    def see(
        self, seconds: float, *happenings: Happening, keyframe: bool = True
    ) -> dict[TroubleKind, tuple[float, float]]:
        """Look on for so long; (first, last) time at which each trouble stood, seconds from the start of this."""
        began, found = self.now, dict[TroubleKind, tuple[float, float]]()
        while (t := (self.now - began).total_seconds()) < seconds:
            luma = self._picture(t, happenings)
            self.troubles.judge(small_of(luma), self.now, luma=luma, keyframe=keyframe)
            for trouble in self.troubles.troubles():
                found[trouble.kind] = (found.get(trouble.kind, (t, t))[0], t)
            self.now += timedelta(seconds=self.every_s)
            self._looks += 1
        return found

    def told(self) -> set[TroubleKind]:
        return {trouble.kind for trouble in self.troubles.troubles()}

    def trouble(self, kind: TroubleKind) -> Trouble:
        return next(trouble for trouble in self.troubles.troubles() if trouble.kind is kind)

    def _picture(self, t: float, happenings: Sequence[Happening]) -> Plane:
        luma = self._pictures[self._looks % len(self._pictures)]
        if self._jitter_px:
            right, down = self._rng.uniform(-self._jitter_px, self._jitter_px, 2)
            luma = shifted(luma, right, down)
        for happening in happenings:
            luma = happening(luma, t)
        if self._noise is None or getattr(happenings[-1] if happenings else None, "after_sensor", False):
            return luma
        noise = self._noise[self._rng.integers(_NOISES)]
        return _u8(np.clip(luma + np.roll(noise, self._rng.integers(1000)), 0, 255))


# What is no trouble


def bus(share: float, *, over_s: float, stops_s: float = 0.0) -> Happening:
    """A textured bus drives through, `share` of the picture wide; it may stop in the middle."""

    def passes(luma: Plane, t: float) -> Plane:
        height, width = luma.shape
        drive = t if t < over_s / 2 else max(over_s / 2, t - stops_s)
        left = round((drive / over_s) * (1 + share) * width - share * width)
        return _pasted(luma, side_of_a_bus(height, round(share * width)), left, 0)

    return passes


def lorry(share: float, *, right: bool = False) -> Happening:
    """Stands at one side of the picture."""

    def stands(luma: Plane, _: float) -> Plane:
        height, width = luma.shape
        wide = round(share * width)
        return _pasted(luma, side_of_a_bus(height, wide), width - wide if right else 0, 0)

    return stands


def crowd(people: int, seed: int = 8) -> Happening:
    """Persons of many sizes walk all over the view."""
    rng = np.random.default_rng(seed)
    paths = rng.uniform(0, 1, (people, 2)), rng.uniform(-0.05, 0.05, people), rng.integers(20, 220, (people, 3))

    def walks(luma: Plane, t: float) -> Plane:
        picture = luma.copy()
        height, width = luma.shape
        for (x, y), speed, (head, body, legs) in zip(*paths, strict=True):
            tall = int(height * (0.12 + 0.35 * y))
            left, top = int((x + speed * t) % 1 * width), int(y * (height - tall))
            picture[top : top + tall // 2, left : left + tall // 3] = body
            picture[top + tall // 2 : top + tall, left + tall // 12 : left + tall // 4] = legs
            cv2.circle(picture, (left + tall // 6, top), tall // 10, int(head), -1)
        return picture

    return walks


def dusk(over_s: float, to: float = 0.25) -> Happening:
    def falls(luma: Plane, t: float) -> Plane:
        return dimmed(luma, 1 - (1 - to) * min(1.0, t / over_s))

    return falls


def light_switched(to: float) -> Happening:
    """The street lamps go out but for one at the side."""

    def goes(luma: Plane, _: float) -> Plane:
        lit = np.linspace(1.3 * to, 0.6 * to, luma.shape[1])[None]
        return _u8(np.clip(16 + (luma.astype(np.float32) - 16) * lit, 0, 255))

    return goes


def fog(over_s: float, thick: float = 3.0) -> Happening:
    """Far (upper) places vanish in grey; near ones keep some contrast."""

    def rises(luma: Plane, t: float) -> Plane:
        far = np.linspace(1.0, 0.3, luma.shape[0])[:, None]
        clear = np.exp(-thick * min(1.0, t / over_s) * far)
        return _u8(luma * clear + 170 * (1 - clear))

    return rises


def headlights(luma: Plane, t: float) -> Plane:
    """A car comes along at each 8 s and blinds the camera a little."""
    height, width = luma.shape
    y, x = np.mgrid[0:height, 0:width]
    centre = (t % 8) / 4 * width
    glare = 260 * np.exp(-((x - centre) ** 2 + (y - height * 0.7) ** 2) / (2 * (width / 8) ** 2))
    return _u8(np.clip(luma + glare, 0, 255))


def gusts(px: float, each_s: float = 14.0) -> Happening:
    """Wind throws the camera aside; at the next look it is back."""

    def shakes(luma: Plane, t: float) -> Plane:
        return shifted(luma, px, px / 2) if t % each_s < 1.9 else luma

    return shakes


def infra_red(luma: Plane, _: float) -> Plane:
    """The camera switches to its own lamp: bright in the middle, dark at the rim, another tone for each thing."""
    height, width = luma.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    lamp = np.exp(-(x**2 + y**2))
    toned = 255 * np.sqrt(np.clip(luma.astype(np.float32) - 16, 0, 219) / 219)
    return _u8(np.clip(20 + toned * lamp, 0, 255))


def grain(sigma: float) -> Happening:
    rng = np.random.default_rng(1)

    def adds(luma: Plane, _: float) -> Plane:
        return _u8(np.clip(luma + rng.normal(0, sigma, luma.shape), 0, 255))

    return adds


# Troubles


class Frozen:
    """Shows the first picture that it is given for ever, with a clock burnt in later where wished."""

    after_sensor = True

    def __init__(self, *, clock: bool = False) -> None:
        self._first: Plane | None = None
        self._clock = clock

    def __call__(self, luma: Plane, t: float) -> Plane:
        if self._first is None:
            self._first = luma.copy()
        return with_clock(self._first, t) if self._clock else self._first


def black(luma: Plane, _: float) -> Plane:
    return np.full_like(luma, 16)


def blinded(luma: Plane, _: float) -> Plane:
    return _u8(np.clip((luma.astype(np.float32) - 16) * 5 + 60, 0, 235))


def blurred(sigma_px: float) -> Happening:
    return lambda luma, _: _u8(cv2.GaussianBlur(luma, (0, 0), sigma_px))


def cover(share: float = 1.0, tone: int = 70) -> Happening:
    """A bag or hand before the lens: out of focus, with some shading."""

    def covers(luma: Plane, _: float) -> Plane:
        height, width = luma.shape
        picture = luma.copy()
        shade = tone + 25 * np.linspace(-1, 1, width)[None] * np.linspace(0, 1, height)[:, None]
        wide = round(share * width)
        picture[:, :wide] = shade[:, :wide]
        return picture

    return covers


def moved(right: float = 0.0, down: float = 0.0, turn_deg: float = 0.0, zoom: float = 1.0) -> Happening:
    """Shares of the width; what comes into view is the mirrored rim."""

    def moves(luma: Plane, _: float) -> Plane:
        height, width = luma.shape
        motion = cv2.getRotationMatrix2D((width / 2, height / 2), -turn_deg, zoom)
        motion[:, 2] += (right * width, down * width)
        return _u8(cv2.warpAffine(luma, motion, (width, height), borderMode=cv2.BORDER_REFLECT_101))

    return moves


def turned_away(other: Sequence[Plane]) -> Happening:
    """It looks at quite another place."""

    def looks(luma: Plane, t: float) -> Plane:
        height, width = luma.shape
        place = cv2.flip(other[int(t / 2) % len(other)], -1)
        return _u8(cv2.resize(place, (width, height), interpolation=cv2.INTER_AREA))

    return looks


# Parts


def dimmed(luma: Plane, gain: float) -> Plane:
    return _u8(np.clip(16 + (luma.astype(np.float32) - 16) * gain, 0, 255))


def shifted(luma: Plane, right_px: float, down_px: float) -> Plane:
    motion = np.array([[1, 0, right_px], [0, 1, down_px]], np.float32)
    return _u8(cv2.warpAffine(luma, motion, luma.shape[::-1], borderMode=cv2.BORDER_REFLECT_101))


def with_clock(luma: Plane, t: float) -> Plane:
    picture = luma.copy()
    picture[4:20, 6:110] = 16
    cv2.putText(picture, f"08:{int(t) // 60:02}:{int(t) % 60:02}", (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 235, 1)
    return picture


@lru_cache(maxsize=8)
def side_of_a_bus(height: int, width: int) -> Plane:
    """Windows, panels and lettering."""
    rng = np.random.default_rng(11)
    rows, columns = max(1, height // 30), max(1, width // 24)
    panels = rng.integers(30, 220, (rows, columns)).astype(np.uint8)
    return _u8(cv2.resize(panels, (width, height), interpolation=cv2.INTER_NEAREST))


def _pasted(luma: Plane, thing: Plane, left: int, top: int) -> Plane:
    picture = luma.copy()
    height, width = luma.shape
    right = min(width, left + thing.shape[1])
    if right > max(0, left):
        picture[top:height, max(0, left) : right] = thing[: height - top, max(0, -left) : right - left]
    return picture


def _u8(array: object) -> Plane:
    return np.asarray(array, np.uint8)

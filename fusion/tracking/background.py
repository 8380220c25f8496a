"""What the place looks like when nothing is there, and what is new in it.

Two layers per pixel instead of two rates: the long background B, and a candidate C with the time since
when the pixel has shown it. Times are read, not tuned to a frame rate, so that one look in 10 s and
ten looks a second tell the same. B follows slowly only where the picture agrees with it; what differs
stays out of it until somebody decides (`absorb`): so a thing that stays is never learnt by accident,
and a person who stood there for long leaves no ghost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.tracking.light import Light, fit, relit, shift
from fusion.tracking.reduced import Mask, Reduced
from fusion.types.middle import middle

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
F32 = NDArray[np.float32]

_LEAST_DIFFERENCE = 7.0  #: grey levels at the least; compression alone gives 3-5
_CHROMA_DIFFERENCE = 9.0
_NOISE_TIMES = 3.5
_EDGE_SHARE = 0.35  #: of a pixel: how well a picture can be registered on another
_FOLLOW_S = 25.0  #: time constant with which B follows what agrees with it
_DRIFT_S = 20.0  #: time constant with which the hidden part of B follows the light
_TURNED_SHARE = 0.6  #: of the picture that differs: the camera was turned or the light switched
_TURNED_S = 3.0
_FIXED = 256  #: parts of a grey level in layers of fixed point
_EDGE_FIXED = 4
_NOISE_FIXED = 16  #: the same in what is kept of the noise
_QUARTERS = 4  #: a second
_QUARTERS_MOST = 65_000  #: four and a half hours
_EDGE_EACH_S = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One look against the background; all arrays [height, width] of the working size."""

    at_s: float
    normal: U8  #: the picture in the background's light
    u: U8  #: chroma, [height / 2, width / 2]
    v: U8
    new: Mask  #: differs from the long background
    steady: Mask  #: shows what it showed at the look before
    matches: Mask  #: agrees with the long background
    since_s: NDArray[np.float32]  #: since when the pixel shows what it shows (where `new`)
    light: Light | None

    @property
    def moving(self) -> Mask:
        """New and not the same as before."""
        return self.new & ~self.steady


class Background:
    """The two layers of one terminal; about 9 bytes a pixel of the working size.

    There are thousands of them, and each is looked at for a moment: averages and times are kept in fixed point of
    16 bits and widened to float32 for the look.
    """

    def __init__(self) -> None:
        self._long: U16 | None = None
        self._u: U16 = np.empty((0, 0), np.uint16)
        self._v: U16 = np.empty((0, 0), np.uint16)
        self._candidate: U8 = np.empty((0, 0), np.uint8)
        self._since: U16 = np.empty((0, 0), np.uint16)  #: quarters of a second after `_zero_s`
        self._zero_s = 0.0
        self._noise: U16 = np.empty((0, 0), np.uint16)
        self._last_s = 0.0
        self._gap_s = 0.0  #: between the last two looks
        self._overall_noise = 1.5
        self._edge: U8 = np.empty((0, 0), np.uint8)
        self._edge_s = float("-inf")
        self._turned_since_s: float | None = None
        self._wide: tuple[F32, tuple[F32, F32]] | None = None  #: the layers as float32, while a look is judged
        self.shade: tuple[F32, Mask] | None = None  #: what `blobs` found of shadows in this look
        self.restarts = 0  #: how often the scene changed as a whole

    @property
    def long(self) -> NDArray[np.float32]:
        """The long background, float32 [height, width]."""
        return self._widened()[0]

    @property
    def chroma(self) -> tuple[F32, F32]:
        """Cb and Cr of the long background."""
        return self._widened()[1]

    @property
    def learnt(self) -> bool:
        """Whether there was a look."""
        return self._long is not None

    def rest(self) -> None:
        """Let go of what is needed only while a look is judged, and of what will be too old at the next one."""
        self._wide = self.shade = None
        if self._gap_s >= _EDGE_EACH_S:
            self._edge = np.empty((0, 0), np.uint8)
            self._edge_s = float("-inf")

    def _widened(self) -> tuple[F32, tuple[F32, F32]]:
        if self._long is None:
            raise ValueError("Background: no look yet")
        if self._wide is None:
            self._wide = _wide(self._long), (_wide(self._u), _wide(self._v))
        return self._wide

    def layers(self) -> dict[str, U8]:
        """What is worth keeping of it: the long background and its noise, in whole and sixteenth grey levels."""
        if self._long is None:
            raise ValueError("Background: no look yet")
        planes = {"long": self._long, "u": self._u, "v": self._v}
        kept = {name: np.asarray(cv2.convertScaleAbs(_wide(plane)), np.uint8) for name, plane in planes.items()}
        return kept | {"noise": np.asarray(cv2.convertScaleAbs(_wide(self._noise), alpha=_NOISE_FIXED), np.uint8)}

    def scalars(self) -> dict[str, float]:
        """The rest of it."""
        return {"last_s": self._last_s, "overall_noise": self._overall_noise, "restarts": self.restarts}

    @classmethod
    def of(cls, layers: Mapping[str, NDArray[Any]], scalars: Mapping[str, float], size_px: tuple[int, int]) -> Self:
        """From what `layers` and `scalars` gave; ValueError where the layers are not of that size."""
        width, height = size_px
        half = height // 2, width // 2
        made = cls()
        for name, shape in (("long", (height, width)), ("noise", (height, width)), ("u", half), ("v", half)):
            if layers[name].dtype != np.uint8 or layers[name].shape != shape:
                raise ValueError(f"layer {name} of another size")
        made._long, made._u, made._v = (_narrow(layers[name]) for name in ("long", "u", "v"))
        made._noise = layers["noise"].astype(np.uint16) * np.uint16(_FIXED // _NOISE_FIXED)
        made._candidate = layers["long"].copy()
        made._last_s, made._overall_noise = float(scalars["last_s"]), float(scalars["overall_noise"])
        made.restarts = int(scalars["restarts"])
        made._zero_s = made._last_s
        made._since = np.zeros((height, width), np.uint16)
        return made

    def look(self, picture: Reduced, at_s: float) -> Difference:
        """Compare and learn; `at_s` grows from look to look (seconds, any zero)."""
        self.rest()
        if self._long is None or self._long.shape != picture.y.shape:
            return self._start(picture, at_s)
        gap_s = self._gap_s = max(at_s - self._last_s, 0.0)
        self._last_s = at_s
        long = _wide(self._long)
        light = fit(picture.y, long)
        normal = relit(picture.y, light)
        u, v = (self._moved(plane, light) for plane in (picture.u, picture.v))
        threshold = self._threshold(light, at_s, long)
        apart = np.asarray(cv2.absdiff(normal, cv2.convertScaleAbs(long)), np.uint8)
        new = (apart > threshold) | self._chroma_differs(u, v, light)
        before = cv2.absdiff(normal, self._candidate)
        steady = np.asarray(before <= threshold)
        np.copyto(self._since, self._quarters(at_s), where=~(new & steady))
        self._learn(long, normal, u, v, new=new, steady=steady, apart=apart, light=light, gap_s=gap_s)
        difference = Difference(at_s, normal, u, v, new, steady, ~new, self._since_s, light)
        return self._restart_if_turned(picture, difference)

    def absorb(self, mask: Mask, difference: Difference) -> None:
        """Make what the pixels of the mask show now part of the background."""
        self.rest()
        half = _halved(mask, self._u.shape)
        layers = ((self._long, difference.normal, mask), (self._u, difference.u, half), (self._v, difference.v, half))
        for layer, now, where in layers:
            if layer is not None:
                layer[where] = now[where].astype(np.uint16) * np.uint16(_FIXED)
        self._since[mask] = self._quarters(difference.at_s)
        self._edge_s = float("-inf")

    @property
    def _since_s(self) -> F32:
        """Since when each pixel shows what it shows, on the scale of `look`."""
        return self._since.astype(np.float32) * np.float32(1 / _QUARTERS) + np.float32(self._zero_s)

    def _quarters(self, at_s: float) -> np.uint16:
        """A time as it is kept, rounded down; the scale moves on before it ends, and what is older becomes its zero."""
        quarters = int((at_s - self._zero_s) * _QUARTERS)
        if quarters > _QUARTERS_MOST:
            half = np.uint16(_QUARTERS_MOST // 2)
            self._since = np.maximum(self._since, half) - half
            self._zero_s += float(half) / _QUARTERS
            return self._quarters(at_s)
        return np.uint16(max(0, quarters))

    def _start(self, picture: Reduced, at_s: float) -> Difference:
        self._long, self._u, self._v = (_narrow(plane) for plane in (picture.y, picture.u, picture.v))
        self._candidate = picture.y.copy()
        self.rest()
        self._zero_s = at_s
        self._since = np.zeros(picture.y.shape, np.uint16)
        if self._noise.shape != picture.y.shape:
            self._noise = np.full(picture.y.shape, round(1.5 * _FIXED), np.uint16)
        self._last_s = at_s
        self._edge_s = float("-inf")
        self._turned_since_s = None
        none = np.zeros(picture.y.shape, bool)
        return Difference(at_s, picture.y, picture.u, picture.v, none, ~none, ~none, self._since_s, None)

    def _threshold(self, light: Light, at_s: float, long: F32) -> U8:
        # Relighting a dark picture stretches its noise too.
        stretch = 1.0 / min(1.0, light.gain)
        noise = np.maximum(_wide(self._noise), np.float32(self._overall_noise))
        base = _LEAST_DIFFERENCE * stretch
        steep = self._edges(at_s, long).astype(np.float32)
        level = cv2.addWeighted(noise, _NOISE_TIMES * stretch, steep, _EDGE_SHARE / _EDGE_FIXED, base, dtype=cv2.CV_8U)
        return np.asarray(level, np.uint8)

    def _edges(self, at_s: float, long: F32) -> U8:
        """How steep the background is around each pixel, in parts of a grey level a pixel; it changes slowly."""
        if at_s - self._edge_s >= _EDGE_EACH_S:
            self._edge_s = at_s
            across = cv2.Sobel(long, cv2.CV_32F, 1, 0, scale=1 / 8)
            down = cv2.Sobel(long, cv2.CV_32F, 0, 1, scale=1 / 8)
            steep = cv2.convertScaleAbs(np.abs(across) + np.abs(down), alpha=_EDGE_FIXED)
            self._edge = np.asarray(cv2.dilate(steep, np.ones((3, 3), np.uint8)), np.uint8)
        return self._edge

    def _moved(self, plane: U8, light: Light) -> U8:
        if max(abs(light.dx_px), abs(light.dy_px)) <= 0.3:
            return plane
        return np.asarray(shift(plane, -light.dx_px / 2, -light.dy_px / 2), np.uint8)

    def _chroma_differs(self, u: U8, v: U8, light: Light) -> Mask:
        apart = np.zeros(u.shape, np.float32)
        for now, then in ((u, _wide(self._u)), (v, _wide(self._v))):
            # Colour is as strong as the light: grey (128) stays grey.
            expected = (then - 128.0) * np.float32(light.gain) + 128.0
            difference = now.astype(np.float32) - expected
            difference -= np.float32(middle(difference[::4, ::4]))  # white balance
            apart += np.abs(difference)
        limit = (_CHROMA_DIFFERENCE + _NOISE_TIMES * self._overall_noise) * max(0.6, min(1.0, light.gain))
        small = (apart > limit).astype(np.uint8)
        height, width = self._candidate.shape
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8).astype(bool)

    def _learn(
        self, long: F32, normal: U8, u: U8, v: U8, *, new: Mask, steady: Mask, apart: U8, light: Light, gap_s: float
    ) -> None:
        quiet = apart[::5, ::5][~new[::5, ::5]]
        if quiet.size > 50:
            found = 1.4826 * middle(quiet)
            self._overall_noise += 0.3 * (min(found, 8.0) - self._overall_noise)
        follow = np.float32(1 - np.exp(-gap_s / _FOLLOW_S))
        drift = np.float32(1 - np.exp(-gap_s / _DRIFT_S))
        agree = (~new).astype(np.uint8)
        # All layers live in B's light, so B's light may only change for all of them together.
        gain, offset = 1 + drift * np.float32(light.gain - 1), drift * np.float32(light.offset)
        cv2.accumulateWeighted(normal, long, float(follow), mask=agree)
        noise = _wide(self._noise)
        cv2.accumulateWeighted(cv2.absdiff(normal, cv2.convertScaleAbs(long)), noise, 0.05, mask=agree)
        self._noise = _narrow(noise)
        half = _halved(~new, u.shape, every=True).astype(np.uint8)
        self._u, self._v = (_followed(layer, now, float(follow), half) for layer, now in ((self._u, u), (self._v, v)))
        self._candidate = np.where(steady, cv2.addWeighted(self._candidate, 0.7, normal, 0.3, 0), normal)
        if abs(light.gain - 1) > 0.01 or abs(light.offset) > 0.5:
            long = long * gain + offset
            relit_candidate = cv2.convertScaleAbs(self._candidate, alpha=float(gain), beta=float(offset))
            self._candidate = np.asarray(relit_candidate, np.uint8)
        self._long = _narrow(long)

    def _restart_if_turned(self, picture: Reduced, difference: Difference) -> Difference:
        strange = difference.light is not None and difference.light.other_scene
        if not strange and share(difference.new) < _TURNED_SHARE:
            self._turned_since_s = None
            return difference
        if share(difference.steady) <= 0.5:
            return difference
        if self._turned_since_s is None:
            self._turned_since_s = difference.at_s
        if difference.at_s - self._turned_since_s < _TURNED_S:
            return difference
        self.restarts += 1
        return self._start(picture, difference.at_s)


def _wide(layer: U16) -> F32:
    """A layer in fixed point as float32."""
    return np.asarray(cv2.addWeighted(layer, 1 / _FIXED, layer, 0, 0, dtype=cv2.CV_32F), np.float32)


def _narrow(layer: F32 | U8) -> U16:
    """A layer in fixed point, rounded; what is below zero or above what 8 bits hold is cut off."""
    return np.asarray(cv2.addWeighted(layer, _FIXED, layer, 0, 0, dtype=cv2.CV_16U), np.uint16)


def _followed(layer: U16, now: U8, rate: float, mask: U8) -> U16:
    wide = _wide(layer)
    cv2.accumulateWeighted(now, wide, rate, mask=mask)
    return _narrow(wide)


def share(mask: Mask) -> float:
    """The share of a mask that is set; faster than its mean."""
    return cv2.countNonZero(mask.view(np.uint8)) / mask.size


def _halved(mask: Mask, shape: tuple[int, ...], *, every: bool = False) -> Mask:
    """The mask at half size: where any (or every) of the four pixels is set."""
    height, width = shape
    whole = mask[: height * 2, : width * 2].astype(np.uint8) * np.uint8(255)
    small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small == 255 if every else small > 0)

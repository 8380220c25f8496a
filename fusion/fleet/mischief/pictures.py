"""What goes wrong with a terminal's pictures: its clip encoded again with the fault in it."""

import functools
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fusion.fleet.alter import Change, Planes, altered
from fusion.fleet.clip import Clip
from fusion.fleet.sps import oversized
from fusion.plugins import Config, Duration

_Plane = NDArray[np.uint8]
_BLACK, _GREY = 16, 128  # of luma, of colour: ITU-R BT.601 in studio range
_CLOTH = 6.0  # standard deviation of a weave in the light that comes through


class Pictures(Config):
    """Takes the place of the terminal's clip, from a keyframe on and to a keyframe; numbers and times go on."""

    kind: str

    def clip(self, path: Path, clip: Clip, stopped: threading.Event) -> Clip:
        """What is played in place of `clip`, which was read from `path`; the same for all its terminals."""
        return altered(path, clip, self.change(), stopped)

    def change(self) -> Change:
        """What is done to it."""
        raise NotImplementedError


class Freeze(Pictures):
    """One picture comes again and again, in tiny P pictures."""

    kind: Literal["freeze"] = "freeze"

    def change(self) -> Change:
        """The first."""
        return Change(still=True)


class Black(Pictures):
    """Nothing but black."""

    kind: Literal["black"] = "black"

    def change(self) -> Change:
        """No light, no colour."""
        return Change(
            lambda planes, _: _each(planes, lambda p: np.full_like(p, _BLACK), lambda p: np.full_like(p, _GREY))
        )


class OverExposed(Pictures):
    """Far too bright: most of it is white."""

    kind: Literal["over_exposed"] = "over_exposed"
    gain: Annotated[float, Field(ge=1, le=20)] = 2.0
    lift: Annotated[int, Field(ge=0, le=255)] = 90

    def change(self) -> Change:
        """Luma times gain plus lift, clipped; colour fades."""
        luma = np.clip(np.arange(256) * self.gain + self.lift, 0, 255).astype(np.uint8)
        colour = np.round(_GREY + (np.arange(256) - _GREY) * 0.3).astype(np.uint8)
        return Change(lambda planes, _: _each(planes, lambda p: luma[p], lambda p: colour[p]))


class Blur(Pictures):
    """Out of focus, or a dirty lens."""

    kind: Literal["blur"] = "blur"
    #: The Gaussian's standard deviation as a share of the picture's width.
    radius: Annotated[float, Field(gt=0, le=0.2)] = 0.015

    def change(self) -> Change:
        """A Gaussian over luma and colour."""
        return Change(lambda planes, _: _each(planes, self._blurred, self._blurred))

    def _blurred(self, plane: _Plane) -> _Plane:
        height, width = plane.shape
        small = cv2.resize(plane, (width // 4, height // 4), interpolation=cv2.INTER_AREA)  # a wide Gaussian costs much
        soft = cv2.GaussianBlur(small, (0, 0), max(0.3, self.radius * width / 4))
        return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


class Cover(Pictures):
    """A cloth hangs over most of the view; only a strip at the top stays free."""

    kind: Literal["cover"] = "cover"
    share: Annotated[float, Field(gt=0, le=1)] = 0.9
    luma: Annotated[int, Field(ge=16, le=235)] = 90

    def change(self) -> Change:
        """Even luma with noise, no colour."""
        return Change(self._covered, kbit_s=0)

    def _covered(self, planes: Planes, random: np.random.Generator) -> Planes:
        y, u, v = (plane.copy() for plane in planes)
        free = round(y.shape[0] * (1 - self.share) / 2) * 2
        weave = _weave(y.shape)[free:]
        y[free:] = (self.luma + weave + random.integers(-3, 4, weave.shape, np.int8)).clip(0, 255)
        u[free // 2 :], v[free // 2 :] = _GREY, _GREY
        return y, u, v


class Shift(Pictures):
    """The camera was turned: the view is moved by shares of its size; what comes in mirrors the edge."""

    kind: Literal["shift"] = "shift"
    x: Annotated[float, Field(ge=-1, le=1)] = 0.15
    y: Annotated[float, Field(ge=-1, le=1)] = 0.1

    def change(self) -> Change:
        """Everything moved right by x and down by y."""
        return Change(lambda planes, _: _each(planes, self._moved, self._moved), kbit_s=0)

    def _moved(self, plane: _Plane) -> _Plane:
        height, width = plane.shape
        by = np.array([[1, 0, round(self.x * width)], [0, 1, round(self.y * height)]], np.float32)
        return np.asarray(cv2.warpAffine(plane, by, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


class SparseGop(Pictures):
    """Keyframes come seldom."""

    kind: Literal["sparse_gop"] = "sparse_gop"
    period: Duration = timedelta(seconds=10)

    def change(self) -> Change:
        """Keyframes elsewhere."""
        return Change(gop=self.period, kbit_s=0)


class LowFps(Pictures):
    """Only each so-many-th picture comes."""

    kind: Literal["low_fps"] = "low_fps"
    keep_every: Annotated[int, Field(ge=2, le=100)] = 5

    def change(self) -> Change:
        """Fewer pictures."""
        return Change(every=self.keep_every, kbit_s=0)


class LowBitrate(Pictures):
    """Far fewer bits than before, so that hardly anything can be made out."""

    kind: Literal["low_bitrate"] = "low_bitrate"
    kbit_s: Annotated[int, Field(ge=16, le=200_000)] = 48

    def change(self) -> Change:
        """Fewer bits."""
        return Change(kbit_s=self.kbit_s)


class HugeSps(Pictures):
    """The parameter sets claim 16,384 x 16,384 pixels; the pictures stay as they are."""

    kind: Literal["huge_sps"] = "huge_sps"

    def clip(self, path: Path, clip: Clip, stopped: threading.Event) -> Clip:  # noqa: ARG002 - nothing is decoded
        """The clip with other sets."""
        return oversized(clip)


@functools.lru_cache(2)
def _weave(shape: tuple[int, ...]) -> NDArray[np.int16]:
    rough = np.random.default_rng(7).normal(0, 3 * _CLOTH, shape)  # the mean of 3 x 3 has a third of it
    return np.asarray(cv2.blur(rough, (3, 3)).round(), np.int16)


def _each(planes: Planes, luma: Callable[[_Plane], _Plane], colour: Callable[[_Plane], _Plane]) -> Planes:
    return luma(planes[0]), colour(planes[1]), colour(planes[2])

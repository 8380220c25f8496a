"""Whether a thing is gone, by three views of one place: the ground before it, with it, and now.

Where the view with the thing differs from the ground before, the pixels are the thing's. Each of them votes now: it
shows the ground again, it shows the thing still, or something else. All views are put into the light of the ground
before first, and several looks of now are taken together, so that walkers do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.tracking.light import fit, relit
from fusion.tracking.reduced import pixels_of
from fusion.types.sighting import Box

View = NDArray[np.uint8]  #: luma, Cr, Cb (OpenCV's order), uint8 [height, width, 3]; any size, one aspect
_F32 = NDArray[np.float32]

_LEAST_DIFFERENCE = 14.0  #: grey levels; recompressed pictures of one scene differ by 4-8
_CHROMA_WEIGHS = 1.5  #: chroma is smoother than luma, so the same difference says more
_EDGE_SHARE = 0.6  #: of a pixel: how well two pictures can be laid over each other
_GROW = 0.08  #: the box, on each side
_LEAST_PIXELS = 24
_LEAST_SHARE = 0.04  #: of the box that must stand out from the ground
_STILL_SHARE = 0.5  #: of the thing's pixels that show it still


class Shows(StrEnum):
    """What the views show now."""

    GROUND = "ground"  #: the thing is gone
    THING = "thing"
    DARK = "dark"  #: too dark to tell
    ELSEWHERE = "elsewhere"  #: the camera looks elsewhere than it did
    HIDDEN = "hidden"  #: something else is at the place
    FAINT = "faint"  #: the thing never stood out from the ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The outcome with its figures."""

    shows: Shows
    ground_share: float = 0.0  #: of the thing's pixels that show the ground again
    thing_share: float = 0.0  #: that show the thing still
    pixels: int = 0  #: of the thing, at the size of the view before
    luma: float = 0.0  #: mean of the place now


def compare(
    before: View, with_it: View, now: Sequence[View], box: Box, *, darkest: float = 28.0, clear_share: float = 0.7
) -> Compared:
    """Compare the place.

    Args:
        before: the ground without the thing; its size is the one that all are compared at.
        with_it: the picture at which the thing was told of.
        now: one look or more, of a few seconds.
        box: around the thing, shares of the picture.
        darkest: mean luma below which nothing can be said.
        clear_share: of the thing's pixels that must show the ground again.
    """
    size = before.shape[1], before.shape[0]
    looks = np.stack([_sized(view, size) for view in now])
    present = np.asarray(np.median(looks, axis=0), np.uint8)
    part = _part(box, size)
    luma = float(present[part][..., 0].mean())
    if luma < darkest:
        return Compared(shows=Shows.DARK, luma=luma)
    ground = before.astype(np.float32)
    then, _ = _in_light_of(_sized(with_it, size), ground)
    here, strange = _in_light_of(present, ground)
    if strange:
        return Compared(shows=Shows.ELSEWHERE, luma=luma)
    thing = _cleaned((_apart(then, ground) > _LEAST_DIFFERENCE + _EDGE_SHARE * _steep(ground))[part])
    pixels = int(thing.sum())
    if pixels < max(_LEAST_PIXELS, _LEAST_SHARE * thing.size):
        return Compared(shows=Shows.FAINT, pixels=pixels, luma=luma)
    to_ground, to_thing = _apart(here, ground)[part][thing], _apart(here, then)[part][thing]
    ground_share = float(np.mean((to_ground < to_thing) & (to_ground <= 1.5 * _LEAST_DIFFERENCE)))
    thing_share = float(np.mean((to_thing <= to_ground) & (to_thing <= 1.5 * _LEAST_DIFFERENCE)))
    shows = Shows.HIDDEN
    if ground_share >= clear_share:
        shows = Shows.GROUND
    elif thing_share >= _STILL_SHARE:
        shows = Shows.THING
    return Compared(shows=shows, ground_share=ground_share, thing_share=thing_share, pixels=pixels, luma=luma)


def _sized(view: View, size: tuple[int, int]) -> View:
    sized = cv2.resize(view, size, interpolation=cv2.INTER_AREA) if view.shape[1::-1] != size else view
    return np.asarray(cv2.blur(sized, (3, 3)), np.uint8)


def _in_light_of(view: View, ground: _F32) -> tuple[_F32, bool]:
    """The view in the ground's light and place, and whether it shows another scene."""
    light = fit(np.ascontiguousarray(view[..., 0]), np.ascontiguousarray(ground[..., 0]))
    moved = view.astype(np.float32)
    moved[..., 0] = relit(np.ascontiguousarray(view[..., 0]), light)
    # Colour is as strong as the light: grey (128) stays grey.
    moved[..., 1:] = (moved[..., 1:] - 128.0) / np.float32(light.gain) + 128.0
    return moved, light.other_scene


def _apart(a: _F32, b: _F32) -> _F32:
    """How far two views are apart at each pixel, grey levels."""
    apart = np.abs(a - b)
    return np.asarray(np.maximum(apart[..., 0], _CHROMA_WEIGHS * apart[..., 1:].max(axis=-1)), np.float32)


def _steep(ground: _F32) -> _F32:
    """How steep the ground's luma is around each pixel, grey levels a pixel."""
    luma = np.ascontiguousarray(ground[..., 0])
    across, down = (cv2.Sobel(luma, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return np.asarray(cv2.dilate(np.abs(across) + np.abs(down), np.ones((3, 3), np.uint8)), np.float32)


def _part(box: Box, size: tuple[int, int]) -> tuple[slice, slice]:
    left, top, right, bottom = pixels_of(box, size, grow=_GROW)
    return slice(top, bottom), slice(left, right)


def _cleaned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without single pixels, which are noise and edges."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray(opened, np.uint8).astype(bool)

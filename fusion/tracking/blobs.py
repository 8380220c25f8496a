"""New things that no longer move, as blobs, and what tells a thing from its ghost and from light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.tracking.background import Background, Difference
from fusion.tracking.config import ResidueConfig
from fusion.tracking.reduced import Mask
from fusion.types.middle import middle

PixelRect = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom exclusive
Float = NDArray[np.float32]

_PAD = 8
_OPEN = np.ones((3, 3), np.uint8)
_CLOSE = np.ones((7, 7), np.uint8)
_DARKEST = 0.3  #: the sky still lights what the sun does not
_EVEN = 0.08  #: standard deviation of the darkening within a shadow
_TINT = 9.0  #: grey levels of both chroma planes together
_SAME_TEXTURE = 0.6  #: correlation of fine structure: the ground is still seen, only lit otherwise


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """One connected still difference."""

    rect: PixelRect
    mask: Mask  #: [bottom - top, right - left]
    since_s: float  #: since when most of it shows what it shows

    @property
    def area(self) -> int:
        """Pixels."""
        return int(self.mask.sum())


def still_blobs(difference: Difference, background: Background, free: Mask, config: ResidueConfig) -> list[Blob]:
    """Blobs that differ from the background and have not changed for `still_after`, largest first.

    `free` tells where a new residue may be: not where persons are seen now, nor where one lies already.
    Cast shadows are left out: they would make one thing of a man, his shadow and what stands beside it.
    """
    lasted = (difference.at_s - difference.since_s) >= config.still_after.total_seconds()
    still = (difference.new & difference.steady & lasted & free).astype(np.uint8)
    if int(still.sum()) < config.least_share * still.size:
        return []
    still[_shadows(still, difference, background)] = 0
    opened = cv2.morphologyEx(still, cv2.MORPH_OPEN, _OPEN)
    still = np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _CLOSE), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(still, connectivity=8)
    height, width = still.shape
    least_side, least_area = config.least_side * width, config.least_share * height * width
    blobs = []
    for label in range(1, count):
        left, top, wide, high, area = (int(value) for value in stats[label])
        if area < least_area or min(wide, high) < least_side or area < 0.2 * wide * high:
            continue
        part = slice(top, top + high), slice(left, left + wide)
        mask = labels[part] == label
        since_s = float(np.percentile(difference.since_s[part][mask & difference.new[part]], 30))
        blobs.append(Blob((left, top, left + wide, top + high), mask, since_s))
    return sorted(blobs, key=lambda blob: -blob.area)


def _shadows(still: NDArray[np.uint8], difference: Difference, background: Background) -> Mask:
    """Where the ground is seen through an even, grey darkening: [height, width].

    A shadow scales the ground under it by one factor and leaves its colour; a dark thing has shading,
    seams and a colour of its own. A part is judged as a whole, so that a flat side of a thing with
    other sides is no shadow.
    """
    ratio, darker = _darkened(difference, background)
    mean = cv2.blur(ratio, (5, 5))
    spread = np.sqrt(np.maximum(cv2.blur(ratio * ratio, (5, 5)) - mean * mean, 0.0))
    core = (still > 0) & darker & (spread < _EVEN) & (mean < 0.92)
    if not core.any():
        return np.zeros(core.shape, bool)
    grown = cv2.dilate(core.astype(np.uint8), _CLOSE) & darker.astype(np.uint8)
    count, labels = cv2.connectedComponents(grown, connectivity=4)
    weights = np.bincount(labels[core], minlength=count)
    sums = np.bincount(labels[core], ratio[core], minlength=count)
    squares = np.bincount(labels[core], ratio[core] ** 2, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        uneven = np.sqrt(np.maximum(squares / weights - (sums / weights) ** 2, 0.0))
    shadow = (weights > 0) & (uneven < _EVEN)
    shadow[0] = False
    return np.asarray(shadow[labels])


def shadow_share(blob: Blob, difference: Difference, background: Background) -> float:
    """The share of a blob (0-1) whose pixels a shadow could explain: darker, not black, and grey."""
    left, top, right, bottom = blob.rect
    _, darker = _darkened(difference, background)
    return float(darker[top:bottom, left:right][blob.mask].mean())


def _darkened(difference: Difference, background: Background) -> tuple[Float, Mask]:
    """(picture over background, where that could be a shadow's doing)."""
    if background.shade is not None:
        return background.shade
    # Video black is 16; 12 keeps the ratio finite in the dark.
    ratio = (difference.normal.astype(np.float32) - 12.0) / np.maximum(background.long - 12.0, 8.0)
    darker = (ratio > _DARKEST) & (ratio < 0.97) & (background.long > 36.0) & _grey(difference, background)
    background.shade = ratio, darker
    return background.shade


def _grey(difference: Difference, background: Background) -> Mask:
    """Where the colour is that of the ground, or of the ground under the sky alone: bluer, less red."""
    (blue, red) = (
        now.astype(np.float32) - then for now, then in zip((difference.u, difference.v), background.chroma, strict=True)
    )
    same = np.abs(blue) + np.abs(red) < _TINT
    skylit = (blue > -3) & (blue < 2.5 * _TINT) & (red < 3) & (red > -2.5 * _TINT)
    height, width = difference.new.shape
    grey = (same | skylit).astype(np.uint8)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_NEAREST)).astype(bool)


def evidence(blob: Blob, difference: Difference, background: Background) -> float | None:
    """How much more the picture holds a thing there than the background did; None: only the light differs.

    A thing has an outline in the picture that holds it: inside and outside differ there, while in the
    other picture the ground runs on across the same line. The result is the logarithm of the ratio of
    both contrasts: above 0 something was put there, below 0 something was taken away.
    """
    mask, part = _padded(blob, difference.new.shape)
    now, then = difference.normal[part].astype(np.float32), background.long[part]
    planes = zip((difference.u, difference.v), background.chroma, strict=True)
    colour = [(_half(now_c, part), _half(then_c, part)) for now_c, then_c in planes]
    if _is_light(now, then, mask, colour):
        return None
    contrast_now, contrast_then = _contrast(now, mask), _contrast(then, mask)
    for now_c, then_c in colour:
        contrast_now += _contrast(now_c, mask)
        contrast_then += _contrast(then_c, mask)
    return float(np.log((contrast_now + 1.0) / (contrast_then + 1.0)))


def _padded(blob: Blob, shape: tuple[int, ...]) -> tuple[Mask, tuple[slice, slice]]:
    left, top, right, bottom = blob.rect
    height, width = shape[:2]
    part = (
        slice(max(top - _PAD, 0), min(bottom + _PAD, height)),
        slice(max(left - _PAD, 0), min(right + _PAD, width)),
    )
    mask = np.zeros((part[0].stop - part[0].start, part[1].stop - part[1].start), bool)
    y, x = top - part[0].start, left - part[1].start
    mask[y : y + bottom - top, x : x + right - left] = blob.mask
    return mask, part


def _half(plane: NDArray[np.uint8] | Float, part: tuple[slice, slice]) -> Float:
    rows, columns = part
    patch = plane[rows.start // 2 : (rows.stop + 1) // 2, columns.start // 2 : (columns.stop + 1) // 2]
    size = columns.stop - columns.start, rows.stop - rows.start
    return np.asarray(cv2.resize(patch.astype(np.float32), size, interpolation=cv2.INTER_LINEAR), np.float32)


def _contrast(plane: Float, mask: Mask) -> float:
    """Mean difference across the outline, between bands two pixels off it on both sides."""
    solid = mask.astype(np.uint8)
    core = cv2.erode(solid, _OPEN)
    inner = core - cv2.erode(core, _CLOSE)
    grown = cv2.dilate(solid, _OPEN, iterations=2)
    outer = cv2.dilate(grown, _CLOSE) - grown
    line = (solid - cv2.erode(solid, _OPEN)).astype(bool)
    sums = []
    for band in (inner, outer):
        weight = cv2.blur(band.astype(np.float32), (11, 11))
        value = cv2.blur(plane * band.astype(np.float32), (11, 11))
        sums.append((value, weight))
    (inside, weight_in), (outside, weight_out) = sums
    usable = line & (weight_in > 0.02) & (weight_out > 0.02)
    if not usable.any():
        return 0.0
    return float(np.abs(inside[usable] / weight_in[usable] - outside[usable] / weight_out[usable]).mean())


def _is_light(now: Float, then: Float, mask: Mask, colour: list[tuple[Float, Float]]) -> bool:
    """Whether the same ground is seen under other light.

    Light scales what is there: fine structure stays, and so does the colour. Where the ground is too
    smooth to tell, a difference that is as smooth, evenly scaled and grey is taken for a shadow.
    """
    inside = cv2.erode(mask.astype(np.uint8), _OPEN).astype(bool)
    if inside.sum() < 20:
        return False
    fine_now, fine_then = (plane - cv2.GaussianBlur(plane, (0, 0), 3.0) for plane in (now, then))
    a, b = fine_now[inside], fine_then[inside]
    energy_now, energy_then = float(a.std()), float(b.std())
    tinted = max(abs(middle(n[inside]) - middle(t[inside])) for n, t in colour)
    if energy_then > 2.0:
        correlation = float(np.corrcoef(a, b)[0, 1]) if energy_now > 0.3 else 0.0
        return correlation > _SAME_TEXTURE and tinted < 12
    ratio = (now[inside] - 12.0) / np.maximum(then[inside] - 12.0, 4.0)
    usual = middle(ratio)
    even = float(np.percentile(ratio, 85) - np.percentile(ratio, 15)) < 0.15
    return even and 0.4 < usual < 2.0 and energy_now < 1.3 * energy_then * max(usual, 1.0) + 0.4 and tinted < 4

"""How the light and the camera moved since the background was learnt.

One robust least-squares fit tells both: I(p) = gain · B(p) + offset + dx · ∂B/∂x + dy · ∂B/∂y, the first
order of a shifted and relit background (Lucas and Kanade, 1981, with an affine light model), solved by
iteratively reweighted least squares so that whoever stands in the picture does not pull it. What is
left over large areas (a cloud's edge, a lamp) is a smooth field.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.types.middle import middle

Float = NDArray[np.float32]

_SMALL_WIDTH_PX = 120
_ROUNDS = 4
_STEPS = 4  #: a shift is found step by step; a camera that stands still needs one
_SAMPLE = 7  #: one pixel in so many is enough for a median
_FIELD_SHARE = 0.09  #: standard deviation of the field's smoothing, share of the width
_FIELD_MOST = 30.0  #: grey levels; more is a thing, not light
_STRANGE = 6.0  #: grey levels
_SHIFT_MOST = 0.02  #: share of the width; a camera that moved further has turned


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """From the background to the present picture."""

    gain: float
    offset: float  #: grey levels
    dx_px: float  #: how far the scene moved to the right, pixels of the working picture
    dy_px: float  #: downwards
    field: Float  #: what remains, grey levels, [h, w] of the small picture
    spread: float  #: robust standard deviation of what nothing explains, grey levels
    contrast: float  #: robust standard deviation of the picture itself, grey levels

    @property
    def other_scene(self) -> bool:
        """The background explains hardly anything of the picture: it shows another scene."""
        return self.spread > _STRANGE and self.spread > 0.6 * self.contrast


def fit(picture: NDArray[np.uint8], background: Float) -> Light:
    """Fit the light and the shift; both arrays [height, width] of the working size."""
    height, width = picture.shape
    scale = min(1.0, _SMALL_WIDTH_PX / width)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    now = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    then = np.asarray(cv2.resize(background, size, interpolation=cv2.INTER_AREA), np.float32)
    total = np.zeros(2)
    gain, offset, spread = 1.0, 0.0, 1.0
    shifted = then
    for _ in range(_STEPS):
        gain, offset, step, spread = _solve(now, shifted)
        if float(np.abs(step).max()) < 0.02:
            break
        total += step
        if float(np.abs(total).max()) > _SHIFT_MOST * size[0]:
            total[:] = 0.0
            shifted = then
            gain, offset, _, spread = _solve(now, then, shift=False)
            break
        shifted = shift(then, float(total[0]), float(total[1]))
    rest = now - (gain * shifted + offset)
    weight = _weight(rest, max(spread, 1.0) * 3.0)
    sigma = _FIELD_SHARE * size[0]
    around = cv2.GaussianBlur(weight, (0, 0), sigma)
    field = cv2.GaussianBlur(weight * rest, (0, 0), sigma) / (around + 0.05)
    np.clip(field, -_FIELD_MOST, _FIELD_MOST, out=field)
    sample = now.ravel()[::_SAMPLE]
    contrast = 1.4826 * middle(np.abs(sample - middle(sample)))
    dx_px, dy_px = (float(step) * width / size[0] for step in total)
    return Light(gain, offset, dx_px, dy_px, field, spread, contrast)


def _solve(now: Float, then: Float, *, shift: bool = True) -> tuple[float, float, NDArray[np.float64], float]:
    """(gain, offset, (dx, dy), robust spread of the rest)."""
    across = cv2.Sobel(then, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(then, cv2.CV_32F, 0, 1, scale=1 / 8)
    # A scene that moves by +d shows then(p - d): the gradients enter with a minus.
    columns = [then.ravel(), np.ones(then.size, np.float32)] + ([-across.ravel(), -down.ravel()] if shift else [])
    matrix = np.stack(columns, axis=1)
    target = now.ravel()
    solution: NDArray[np.float64] = np.zeros(matrix.shape[1])
    solution[0] = 1.0
    # Textureless pictures say nothing about a shift: a weak prior holds it at zero.
    prior = np.diag([1e-3 * then.size, 1e-3 * then.size, *([0.5 * then.size] * (2 if shift else 0))])
    solution[1] = middle((target - then.ravel())[::_SAMPLE])
    spread = 1.0
    for _ in range(_ROUNDS):
        rest = target - matrix @ solution.astype(np.float32)
        spread = 1.4826 * middle(np.abs(rest[::_SAMPLE])) + 0.3
        weighted = matrix * _weight(rest, 3.0 * spread)[:, None]
        start = np.zeros(len(solution))
        start[0] = prior[0, 0]  # the prior of the gain is one
        solution = np.asarray(np.linalg.solve(weighted.T @ matrix + prior, weighted.T @ target + start), np.float64)
    gain = float(np.clip(solution[0], 0.3, 3.0))
    step = solution[2:] if shift else np.zeros(2)
    return gain, float(solution[1]), step, spread


def _weight(rest: Float, cut: float) -> Float:
    """Tukey's biweight."""
    inside = np.clip(1.0 - (rest / np.float32(cut)) ** 2, 0.0, None)
    return np.asarray(inside * inside, np.float32)


def shift(plane: NDArray[np.float32] | NDArray[np.uint8], dx_px: float, dy_px: float) -> NDArray:  # type: ignore[type-arg] # dtype in = dtype out
    """The plane moved right by `dx_px` and down by `dy_px`, edges repeated."""
    matrix = np.array([[1.0, 0.0, dx_px], [0.0, 1.0, dy_px]], np.float32)
    size = plane.shape[1], plane.shape[0]
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def relit(picture: NDArray[np.uint8], light: Light) -> NDArray[np.uint8]:
    """The picture as the background's light would show it, shifted back to where the background is."""
    height, width = picture.shape
    moved = picture
    if max(abs(light.dx_px), abs(light.dy_px)) > 0.15:
        moved = shift(picture, -light.dx_px, -light.dy_px)
    field = cv2.resize(light.field, (width, height), interpolation=cv2.INTER_LINEAR)
    scaled = cv2.addWeighted(moved, 1 / light.gain, field, -1 / light.gain, -light.offset / light.gain, dtype=cv2.CV_8U)
    return np.asarray(scaled, np.uint8)

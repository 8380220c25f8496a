"""How sharp a picture is, in a figure that light, contrast and noise leave as it is."""

import cv2
import numpy as np

from fusion.types.picture import Plane

_ROWS = 90  #: looked at, evenly spread
_REACH_SHARE = 1 / 160  #: of the width: half the distance over which an edge's whole step is taken
_LEAST_STEP = 10.0  #: luma steps of an edge that counts, over noise
_NOISE_STEPS = 3.0
_LEAST_EDGES = 0.003  #: share of the places; with fewer there is nothing to tell by


def sharpness(luma: Plane) -> float | None:
    """Of a luma plane (uint8 [h, w]), 0-1; None where there are too few clear edges.

    The steepest step of one pixel as a share of the whole step, over all clear vertical edges: about 0.4-0.75 for
    street cameras, 0.25 with a blur of 2 px at 640x360, 0.15 at the least. Noise is the lower quartile of the steps,
    and its square is taken out.
    """
    height, width = luma.shape
    step, reach = max(1, height // _ROWS), max(2, round(width * _REACH_SHARE))
    if width <= 4 * reach:
        return None
    rows = np.ascontiguousarray(luma[step // 2 :: step])
    fine = cv2.dilate(cv2.absdiff(rows[:, 1:], rows[:, :-1]), np.ones((1, 2 * reach - 1), np.uint8))
    whole = cv2.absdiff(rows[:, 2 * reach :], rows[:, : -2 * reach])
    steepest = np.asarray(fine, np.uint8)[:, reach : reach + whole.shape[1]]
    sample = steepest[::5, ::9].ravel()
    noise = float(np.partition(sample, sample.size // 4)[sample.size // 4])
    _, edges = cv2.threshold(whole, min(254.0, _LEAST_STEP + _NOISE_STEPS * noise), 255, cv2.THRESH_BINARY)
    if cv2.countNonZero(edges) < _LEAST_EDGES * whole.size:
        return None
    steep, step_whole = cv2.mean(steepest, edges)[0], cv2.mean(whole, edges)[0]
    return float(np.sqrt(max(0.0, steep * steep - noise * noise)) / step_whole)

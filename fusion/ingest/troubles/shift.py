"""Where the usual view lies in a picture that does not agree with it: shift, turn and zoom."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.ingest.troubles.view import AGREES, BLOCK_PX, View
from fusion.types.picture import Plane

_PATCHES = 16
_HALF_PX = 6  #: of a patch, in the sketch at half its size; 24 px of the sketch, as much as a turn of 10 degrees bears
_APART_PX = 15  #: middles of patches, in the sketch
_ALIKE = 0.6  #: normalised correlation of a patch with the place where it is found
_WITHIN_PX = 1.2  #: of the common motion, in the sketch at half its size
_LEAST = 4  #: patches that move together
_CONFIRMED = 0.4  #: of the blocks that are still in the picture agree when it is moved back
_BETTER = 0.2  #: than without moving it back
_ZOOM = 1.5
_TURN_DEG = 25.0


@dataclass(frozen=True, slots=True)
class Shift:
    """How the view moved: turned and zoomed about the picture's middle, then shifted."""

    right: float  #: of the picture's middle, share of the picture's width
    down: float  #: of the picture's middle, share of the picture's height
    turn_deg: float  #: clockwise
    zoom: float
    farthest: float  #: how far that corner went which went farthest, share of the picture's width

    def near(self, other: "Shift") -> bool:
        """Whether it is the same motion, as far as it can be measured."""
        apart = math.hypot(self.right - other.right, self.down - other.down)
        return apart < 0.035 and abs(self.turn_deg - other.turn_deg) < 3.5 and abs(self.zoom - other.zoom) < 0.08


def find_shift(view: View, sketch: Plane) -> Shift | None:
    """Look for the usual view elsewhere in the picture; None where it is not found, or found where it always was.

    Patches around the view's best blocks are searched in the whole picture; the motion that most of them share is
    believed if the picture, moved back, agrees block by block. 1-2 ms: not for each look.
    """
    motion = _common_motion(view, sketch)
    if motion is None or not _confirmed(view, sketch, motion):
        return None
    return _as_shift(motion, *sketch.shape)


def _common_motion(view: View, sketch: Plane) -> NDArray[np.float64] | None:
    """[2, 3], from the usual view to the picture, in px of the sketch."""
    half = (sketch.shape[1] // 2, sketch.shape[0] // 2)
    now = cv2.resize(sketch, half, interpolation=cv2.INTER_AREA)
    usual = cv2.resize(view.reference, half, interpolation=cv2.INTER_AREA)
    middles, found = [], []
    for x, y in _patches(view, *half):
        patch = usual[y - _HALF_PX : y + _HALF_PX, x - _HALF_PX : x + _HALF_PX]
        _, likeness, _, place = cv2.minMaxLoc(cv2.matchTemplate(now, patch, cv2.TM_CCOEFF_NORMED))
        if likeness >= _ALIKE:
            middles.append((x, y))
            found.append((place[0] + _HALF_PX, place[1] + _HALF_PX))
    if len(middles) < _LEAST:
        return None
    motion, within = cv2.estimateAffinePartial2D(
        np.asarray(middles, np.float32), np.asarray(found, np.float32), ransacReprojThreshold=_WITHIN_PX, maxIters=200
    )
    if motion is None or np.count_nonzero(within) < _LEAST:
        return None
    moved: NDArray[np.float64] = np.array(motion, np.float64)
    # The middle of a pixel at half the size is not the middle of one of its four.
    moved[:, 2] = 2 * moved[:, 2] + 0.5 * (1 - moved[:, :2].sum(axis=1))
    return moved


def _patches(view: View, width: int, height: int) -> list[tuple[int, int]]:
    """Middles, in px of the sketch at half its size; whole patches, apart from each other."""
    chosen: list[tuple[int, int]] = []
    for x, y in view.centres:
        if all(max(abs(x - other[0]), abs(y - other[1])) >= _APART_PX for other in chosen):
            chosen.append((x, y))
        if len(chosen) == _PATCHES:
            break
    return [
        (min(max(x // 2, _HALF_PX), width - _HALF_PX), min(max(y // 2, _HALF_PX), height - _HALF_PX)) for x, y in chosen
    ]


def _confirmed(view: View, sketch: Plane, motion: NDArray[np.float64]) -> bool:
    size = (sketch.shape[1], sketch.shape[0])
    back = cv2.warpAffine(sketch, motion, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    white = np.full_like(sketch, 255)
    inside = cv2.warpAffine(white, motion, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    blocks = cv2.resize(inside, (size[0] // BLOCK_PX, size[1] // BLOCK_PX), interpolation=cv2.INTER_AREA)
    seen = view.anchors & (np.asarray(blocks) == 255)
    if np.count_nonzero(seen) < _LEAST:
        return False
    agree = float(np.mean(view.compare(np.asarray(back, np.uint8)).correlation[seen] > AGREES))
    before = float(np.mean(view.compare(sketch).correlation[seen] > AGREES))
    return agree >= _CONFIRMED and agree >= before + _BETTER


def _as_shift(motion: NDArray[np.float64], height: int, width: int) -> Shift | None:
    turn_deg = math.degrees(math.atan2(motion[1, 0], motion[0, 0]))
    zoom = math.hypot(motion[0, 0], motion[1, 0])
    if abs(turn_deg) > _TURN_DEG or not 1 / _ZOOM < zoom < _ZOOM:
        return None
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height), (width / 2, height / 2)], np.float64)
    went = corners @ motion[:, :2].T + motion[:, 2] - corners
    farthest = float(np.hypot(went[:4, 0], went[:4, 1]).max())
    return Shift(float(went[4, 0] / width), float(went[4, 1] / height), turn_deg, zoom, farthest / width)

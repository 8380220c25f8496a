"""Picture to ground: the plane that a camera sees, from four or more clicked pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.geo.plane import LocalPlane
from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box

Pair = tuple[float, float, float, float]
Matrix = NDArray[np.float64]

#: Share of the picture by which the lower edge of a box misses the foot (95 %): a tenth of a person's height.
FOOT_ERROR_SHARE = 0.03
#: Nobody clicks a map better than this.
MAP_ERROR_M = 1.0
#: A camera on a pole says nothing about the ground farther away than this.
FARTHEST_M = 400.0
#: The smallest of the eight singular values that a sound set has, as a share of the largest.
_DEGENERATE = 2e-3


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The ground as one terminal sees it."""

    plane: LocalPlane  #: around the terminal
    matrix: Matrix  #: float64 [3, 3]: (x, y, 1) in shares of the picture → (east_m, north_m, 1), positive scale
    residual_m: float  #: root mean square distance of the pairs from where the matrix puts them; 0 for four pairs

    @classmethod
    def fit(cls, pairs: Sequence[Pair], terminal: GeoPoint) -> Self:
        """Least squares over all pairs (x, y, lon, lat), x and y in shares of the picture.

        Raises:
            SiteError: fewer than four pairs, or pairs that fix no plane.
        """
        plane = LocalPlane(terminal)
        rows = np.asarray(pairs, np.float64).reshape(-1, 4)
        if len(rows) < 4:
            raise SiteError(f"ground points: {len(rows)}; wanted: four or more")
        if not np.isfinite(rows).all():
            raise SiteError("ground points: not all are numbers; wanted: [x, y, lon, lat]")
        picture, ground_m = rows[:, :2], np.column_stack(plane.to_metres(rows[:, 2], rows[:, 3]))
        _refuse_degenerate(picture, ground_m)
        found, _ = cv2.findHomography(picture, ground_m, 0)
        if found is None:
            raise SiteError("ground points: no plane fits them; wanted: four or more pairs of one flat ground")
        matrix = np.asarray(found, np.float64)
        scale = _scale(matrix, picture)
        if scale.min() <= 0 <= scale.max():
            raise SiteError("ground points: they change order between picture and map; wanted: pairs that belong")
        matrix = matrix * np.sign(scale[0])
        misses_m = np.linalg.norm(_apply(matrix, picture) - ground_m, axis=1)
        return cls(plane, matrix, float(np.sqrt(np.mean(misses_m**2))))

    def place_of(self, foot: tuple[float, float]) -> Place | None:
        """Where a thing stands whose lowest point is at `foot`, (x, y) in shares of the picture.

        The uncertainty adds up what a foot's error in the picture means on the ground there (it grows with
        the square of the distance), the calibration's residual, and the error of any map.
        None: the foot is at or above the horizon, or farther than `FARTHEST_M`, where a picture tells nothing.
        """
        at = np.asarray([foot], np.float64)
        if _scale(self.matrix, at)[0] <= 0:
            return None
        east_m, north_m = _apply(self.matrix, at)[0]
        if not np.hypot(east_m, north_m) <= FARTHEST_M:
            return None
        foot_m = FOOT_ERROR_SHARE * float(np.linalg.norm(self._metres_a_share(at), 2))
        # 2 x RMS covers 95 % of a Gauss-shaped error.
        uncertainty_m = float(np.sqrt(foot_m**2 + (2 * self.residual_m) ** 2 + MAP_ERROR_M**2))
        return Place(self.plane.point(float(east_m), float(north_m)), uncertainty_m)

    def width_m(self, box: Box) -> float | None:
        """How wide a box is on the ground along its lower edge, metres; None where `place_of` knows no place."""
        if self.place_of(box.foot) is None:
            return None
        ends = np.asarray([(box.left, box.bottom), (box.right, box.bottom)], np.float64)
        if _scale(self.matrix, ends).min() <= 0:
            return None
        first, last = _apply(self.matrix, ends)
        return float(np.linalg.norm(last - first))

    def _metres_a_share(self, at: Matrix) -> Matrix:
        """Jacobian [2, 2] at a picture point, metres on the ground a share of the picture."""
        scale = _scale(self.matrix, at)[0]
        spread = self.matrix[:2, :2] - np.outer(_apply(self.matrix, at)[0], self.matrix[2, :2])
        return np.asarray(spread / scale, np.float64)


def _scale(matrix: Matrix, points: Matrix) -> Matrix:
    return np.asarray(points @ matrix[2, :2] + matrix[2, 2])


def _apply(matrix: Matrix, points: Matrix) -> Matrix:
    """[N, 2] to [N, 2]."""
    return np.asarray((points @ matrix[:2, :2].T + matrix[:2, 2]) / _scale(matrix, points)[:, None])


def _refuse_degenerate(picture: Matrix, ground_m: Matrix) -> None:
    """Refuse sets that fix no homography: by what is wrong with either side, else by the rank of the equations."""
    for points, where in ((picture, "in the picture"), (ground_m, "on the map")):
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if spread[1] <= 1e-2 * spread[0]:
            raise SiteError(f"ground points: all on one line {where}; wanted: points spread over the ground")
    # The direct linear transform of normalised points (Hartley 1997) has rank 8 if and only if the set is sound.
    (x, y), (u, v) = _normalised(picture).T, _normalised(ground_m).T
    one, none = np.ones_like(x), np.zeros_like(x)
    equations = np.vstack(
        [
            np.column_stack([x, y, one, none, none, none, -u * x, -u * y, -u]),
            np.column_stack([none, none, none, x, y, one, -v * x, -v * y, -v]),
        ]
    )
    strength = np.linalg.svd(equations, compute_uv=False)
    if strength[7] < _DEGENERATE * strength[0]:
        raise SiteError("ground points: three of four on one line, or two the same; wanted: four corners of an area")


def _normalised(points: Matrix) -> Matrix:
    centred = points - points.mean(axis=0)
    return np.asarray(centred * np.sqrt(2) / np.linalg.norm(centred, axis=1).mean())

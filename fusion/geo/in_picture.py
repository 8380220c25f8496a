"""Where a piece of ground stands in a terminal's picture: the way back from the map."""

import math
from typing import Final

import numpy as np
import shapely

from fusion.geo.homography import FARTHEST_M, Ground
from fusion.types.place import GeoPoint

_CORNERS: Final = 16
_PICTURE: Final = shapely.box(0.0, 0.0, 1.0, 1.0)
_SMALLEST_SHARE: Final = 2e-4  # of the picture: 12 × 12 pixels of 640 × 360; nothing smaller is told apart

Polygon = tuple[tuple[float, float], ...]


def disc_in_picture(ground: Ground, point: GeoPoint, radius_m: float) -> Polygon | None:
    """A disc on the ground as a polygon in shares of the picture; None where the terminal does not see it.

    The polygon has 3 to some 20 corners and is clipped to the picture. What stands between the camera and the ground
    is not known.
    """
    east_m, north_m = (float(value) for value in ground.plane.to_metres(point.lon, point.lat))
    if math.hypot(east_m, north_m) > FARTHEST_M:
        return None
    angles = np.linspace(0, 2 * math.pi, _CORNERS, endpoint=False)
    rim = np.column_stack([east_m + radius_m * np.cos(angles), north_m + radius_m * np.sin(angles), np.ones(_CORNERS)])
    seen = rim @ np.linalg.inv(ground.matrix).T
    if (seen[:, 2] <= 0).any():  # the inverse scale: positive in front of the camera, as `matrix` has it
        return None
    shares = seen[:, :2] / seen[:, 2:]
    clipped = shapely.Polygon(shares).intersection(_PICTURE)
    if not isinstance(clipped, shapely.Polygon) or clipped.area < _SMALLEST_SHARE:
        return None
    return tuple((float(x), float(y)) for x, y in clipped.exterior.coords[:-1])

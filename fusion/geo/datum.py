"""Positions of any datum to the one inside, WGS84/CGCS2000; the two agree well under a metre.

GCJ-02 has no published definition. The formula here is the one that public reverse engineering found and that
map tools agree on (Wikipedia, "Restrictions on geographic data in China", section GCJ-02, and section BD-09).
Both are given forwards only, so they are inverted by iteration.
"""

import math
from collections.abc import Callable

from fusion.types.errors import SiteError
from fusion.types.place import Datum, GeoPoint

_SEMI_MAJOR_M = 6378245.0  # Krasovsky 1940, which GCJ-02 shifts by
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_TURN = math.pi * 3000 / 180
#: (west, east, south, north) of the rectangle in which GCJ-02 and BD-09 are defined, degrees
_CHINA_DEG = (72.004, 137.8347, 0.8293, 55.8271)
_CONVERGED_DEG = 1e-10  # 0.01 mm
_MOST_STEPS = 30


def to_wgs84(x: float, y: float, datum: Datum | str) -> GeoPoint:
    """Longitude `x` and latitude `y` in degrees of the named datum as a point in WGS84.

    The inverse of GCJ-02 and BD-09 is exact to the iteration's end (0.01 mm); what the formula itself
    is worth is about a metre.

    Raises:
        SiteError: the datum has no such name, the figures are not degrees, or the point lies outside the
            rectangle in which GCJ-02 and BD-09 are defined.
    """
    if datum not in tuple(Datum):
        raise SiteError(f"datum: {str(datum)[:32]!r}; wanted: one of {', '.join(Datum)}")
    if not (-180 <= x <= 180 and -90 <= y <= 90):  # NaN fails here too
        raise SiteError(f"position {x!r}, {y!r}: out of range; wanted: degrees of longitude, latitude")
    if datum in (Datum.WGS84, Datum.CGCS2000):
        return GeoPoint(x, y)
    west, east, south, north = _CHINA_DEG
    if not (west <= x <= east and south <= y <= north):
        raise SiteError(f"position {x!r}, {y!r}: outside China, where {Datum(datum)} is not defined; wanted: its datum")
    if datum == Datum.BD09:
        x, y = _inverted(_gcj02_to_bd09, x, y)
    return GeoPoint(*_inverted(_wgs84_to_gcj02, x, y))


def from_wgs84(point: GeoPoint, datum: Datum) -> tuple[float, float]:
    """A point inside as (longitude, latitude) of a datum, for maps and phones that want theirs."""
    if datum in (Datum.WGS84, Datum.CGCS2000):
        return point.lon, point.lat
    shifted = _wgs84_to_gcj02(*point)
    return _gcj02_to_bd09(*shifted) if datum == Datum.BD09 else shifted


def _inverted(forward: Callable[[float, float], tuple[float, float]], x: float, y: float) -> tuple[float, float]:
    """Where `forward` gives (x, y). Both shifts are small and smooth, so the fixed point converges in a few steps."""
    lon, lat = x, y
    for _ in range(_MOST_STEPS):
        found_x, found_y = forward(lon, lat)
        step_x, step_y = x - found_x, y - found_y
        lon, lat = lon + step_x, lat + step_y
        if max(abs(step_x), abs(step_y)) < _CONVERGED_DEG:
            break
    return lon, lat


def _wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    x, y = lon - 105, lat - 35
    common = (20 * math.sin(6 * math.pi * x) + 20 * math.sin(2 * math.pi * x)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + common
    north_m += _waves(y, (20, 1), (40, 3), (160, 12), (320, 30))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
    east_m += _waves(x, (20, 1), (40, 3), (150, 12), (300, 30))
    phi = math.radians(lat)
    w_squared = 1 - _ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / w_squared**1.5
    parallel_m = _SEMI_MAJOR_M / math.sqrt(w_squared) * math.cos(phi)
    return lon + math.degrees(east_m / parallel_m), lat + math.degrees(north_m / meridian_m)


def _waves(value: float, *waves: tuple[float, float]) -> float:
    return sum(height * math.sin(value * math.pi / length) for height, length in waves) * 2 / 3


def _gcj02_to_bd09(lon: float, lat: float) -> tuple[float, float]:
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD_TURN)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD_TURN)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006

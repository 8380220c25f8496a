"""Metres east and north around a point. A zone is a few kilometres wide: there the plane is true to millimetres."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod, Transformer

from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint

Metres = NDArray[np.float64]

_ELLIPSOID = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """Azimuthal equidistant projection (Snyder 1987, p. 191) on the WGS84 ellipsoid around `centre`.

    Distances from the centre are exact; 10 km from it, others are stretched by less than one part in a million.
    May be used by several threads.
    """

    centre: GeoPoint
    _transformer: Transformer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lon, lat = self.centre
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise SiteError(f"centre {lon!r}, {lat!r}: out of range; wanted: degrees of longitude, latitude")
        plane = f"+proj=aeqd +lon_0={lon!r} +lat_0={lat!r} +ellps=WGS84 +units=m +no_defs"
        transformer = Transformer.from_crs("+proj=longlat +ellps=WGS84 +no_defs", plane, always_xy=True)
        object.__setattr__(self, "_transformer", transformer)

    @classmethod
    def around(cls, points: Iterable[GeoPoint]) -> Self:
        """The plane around the middle of the points' bounding rectangle."""
        lon_lat = np.asarray(list(points), np.float64).reshape(-1, 2)
        if not len(lon_lat):
            raise SiteError("plane: no points; wanted: at least one")
        lon, lat = (lon_lat.min(axis=0) + lon_lat.max(axis=0)) / 2
        return cls(GeoPoint(float(lon), float(lat)))

    def to_metres(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Metres, Metres]:
        """(east_m, north_m) of degrees; arrays of any one shape, float64."""
        east_m, north_m = self._transformer.transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return np.asarray(east_m), np.asarray(north_m)

    def to_lon_lat(self, east_m: ArrayLike, north_m: ArrayLike) -> tuple[Metres, Metres]:
        """(lon, lat) in degrees of metres; arrays of any one shape, float64."""
        lon, lat = self._transformer.transform(
            np.asarray(east_m, np.float64), np.asarray(north_m, np.float64), direction="INVERSE"
        )
        return np.asarray(lon), np.asarray(lat)

    def point(self, east_m: float, north_m: float) -> GeoPoint:
        """One point of the plane in degrees."""
        lon, lat = self.to_lon_lat(east_m, north_m)
        return GeoPoint(float(lon), float(lat))


def distances_m(start: GeoPoint, lon: ArrayLike, lat: ArrayLike) -> Metres:
    """Geodesic distance (Karney 2013) from one point to N others, float64 [N]."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    _, _, found = _ELLIPSOID.inv(np.full_like(lon, start.lon), np.full_like(lat, start.lat), lon, lat)
    return np.asarray(found, np.float64)

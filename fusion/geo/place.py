"""Where on the ground a box of a terminal's picture stands."""

from functools import lru_cache

from fusion.geo.homography import Ground, Pair
from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.terminal import Terminal

#: A terminal without calibration tells no more than that the thing is in its sight.
OWN_POINT_UNCERTAINTY_M = 50.0


def ground_of(terminal: Terminal) -> Ground | None:
    """The terminal's calibration, fitted once; None with fewer than four ground points.

    Raises:
        SiteError: its ground points fix no plane; the terminal is named.
    """
    if len(terminal.ground_points) < 4:
        return None
    try:
        return _fitted(terminal.point, terminal.ground_points)
    except SiteError as error:
        raise SiteError(f"terminal {terminal.id}: {error}") from error


def place_of(terminal: Terminal, box: Box, own_point_uncertainty_m: float = OWN_POINT_UNCERTAINTY_M) -> Place:
    """The foot of the box on the ground, else (no calibration, above the horizon) the terminal's own point."""
    ground = ground_of(terminal)
    place = ground.place_of(box.foot) if ground else None
    return place or Place(terminal.point, own_point_uncertainty_m)


@lru_cache(maxsize=8192)
def _fitted(point: GeoPoint, pairs: tuple[Pair, ...]) -> Ground:
    return Ground.fit(pairs, point)

"""The metric plane around the zone."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.geo.plane import LocalPlane, distances_m
from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint

_CENTRE = GeoPoint(120.03, 29.33)
_PLANE = LocalPlane(_CENTRE)
_metres = st.floats(-5000, 5000)


@given(_metres, _metres)
def test_metres_and_degrees_lead_back_to_each_other(east_m: float, north_m: float) -> None:
    back = _PLANE.to_metres(*_PLANE.to_lon_lat(east_m, north_m))
    assert np.allclose(back, (east_m, north_m), atol=1e-3)


@given(_metres, _metres, _metres, _metres)
def test_lengths_in_the_plane_are_lengths_on_the_ground(a: float, b: float, c: float, d: float) -> None:
    start, end = _PLANE.point(a, b), _PLANE.point(c, d)
    assert distances_m(start, [end.lon], [end.lat])[0] == pytest.approx(np.hypot(c - a, d - b), rel=1e-6, abs=1e-3)


def test_north_is_up_and_east_is_right() -> None:
    east_m, north_m = _PLANE.to_metres([120.04, 120.03], [29.33, 29.34])
    assert east_m[0] > 900
    assert north_m[1] > 1100
    assert abs(north_m[0]) < 1
    assert abs(east_m[1]) < 1


def test_the_plane_lies_around_the_middle_of_its_points() -> None:
    plane = LocalPlane.around([GeoPoint(120.0, 29.3), GeoPoint(120.1, 29.4), GeoPoint(120.0, 29.4)])
    assert plane.centre == pytest.approx((120.05, 29.35))


def test_a_plane_around_nothing_is_refused() -> None:
    with pytest.raises(SiteError, match="no points"):
        LocalPlane.around([])
    with pytest.raises(SiteError, match="out of range"):
        LocalPlane(GeoPoint(float("nan"), 29))


def test_several_threads_may_share_one_plane() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: _PLANE.point(1200, -300), range(200)))
    assert set(found) == {_PLANE.point(1200, -300)}


def test_distances_to_nobody_are_an_empty_array() -> None:
    assert distances_m(_CENTRE, [], []).shape == (0,)

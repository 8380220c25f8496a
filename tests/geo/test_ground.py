"""Picture to ground, told by a pinhole camera on a pole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fusion.geo.homography import MAP_ERROR_M, Ground
from fusion.geo.place import OWN_POINT_UNCERTAINTY_M, ground_of, place_of
from fusion.geo.plane import LocalPlane, distances_m
from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.terminal import Terminal

_AT = GeoPoint(120.03, 29.33)
_PLANE = LocalPlane(_AT)


def _shares_of(
    east_m: float, north_m: float, *, height_m: float = 5.0, bearing_deg: float = 30.0, pitch_deg: float = 15.0
) -> tuple[float, float]:
    """Where a ground point shows in the 16:9 picture of a camera with 50 degrees across; shares, may be outside 0-1."""
    bearing, pitch = np.radians(bearing_deg), np.radians(pitch_deg)
    ahead: NDArray[np.float64] = np.array([np.sin(bearing), np.cos(bearing), 0])
    forward = ahead * np.cos(pitch) + np.array([0, 0, -np.sin(pitch)])
    right = np.array([np.cos(bearing), -np.sin(bearing), 0])
    down = np.cross(forward, right)
    ray = np.array([east_m, north_m, -height_m])
    focal = 0.5 / np.tan(np.radians(25))
    x = 0.5 + focal * (ray @ right) / (ray @ forward)
    y = 0.5 + focal * 16 / 9 * (ray @ down) / (ray @ forward)
    return float(x), float(y)


def _ahead(distance_m: float, aside_m: float = 0.0, bearing_deg: float = 30.0) -> tuple[float, float]:
    """East and north of a point so far ahead of the camera and to its right."""
    bearing = np.radians(bearing_deg)
    east = distance_m * np.sin(bearing) + aside_m * np.cos(bearing)
    return float(east), float(distance_m * np.cos(bearing) - aside_m * np.sin(bearing))


def _pair(east_m: float, north_m: float) -> tuple[float, float, float, float]:
    """A perfect ground point."""
    point = _PLANE.point(east_m, north_m)
    return *_shares_of(east_m, north_m), point.lon, point.lat


_CORNERS = [_ahead(12, -4), _ahead(12, 4), _ahead(40, -10), _ahead(40, 10)]

_GROUND = Ground.fit([_pair(*corner) for corner in _CORNERS], _AT)


def _miss_m(ground: Ground, east_m: float, north_m: float) -> float:
    place = ground.place_of(_shares_of(east_m, north_m))
    assert place is not None
    return float(distances_m(_PLANE.point(east_m, north_m), [place.point.lon], [place.point.lat])[0])


@given(st.floats(8, 100), st.floats(-6, 6))
def test_four_perfect_pairs_put_every_foot_where_it_stands(distance_m: float, aside_m: float) -> None:
    assert _miss_m(_GROUND, *_ahead(distance_m, aside_m)) < 0.05


def test_four_perfect_pairs_leave_no_residual() -> None:
    assert _GROUND.residual_m < 0.01


@given(st.integers(0, 10_000))
def test_sloppy_pairs_show_their_error_and_the_place_stays_within_its_uncertainty(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spots = [_ahead(d, a) for d in (10, 20, 35) for a in (-5, 0, 5)]
    pairs = [
        (x + dx, y + dy, lon, lat)
        for (x, y, lon, lat), (dx, dy) in zip((_pair(*s) for s in spots), rng.normal(0, 0.004, (9, 2)), strict=True)
    ]
    ground = Ground.fit(pairs, _AT)
    assert 0.02 < ground.residual_m < 5
    place = ground.place_of(_shares_of(*_ahead(20)))
    assert place is not None
    assert _miss_m(ground, *_ahead(20)) < place.uncertainty_m


@given(st.floats(8, 150), st.floats(1, 50))
def test_the_uncertainty_grows_with_the_distance(distance_m: float, more_m: float) -> None:
    near = _GROUND.place_of(_shares_of(*_ahead(distance_m)))
    far = _GROUND.place_of(_shares_of(*_ahead(distance_m + more_m)))
    assert near is not None
    assert far is not None
    assert MAP_ERROR_M < near.uncertainty_m < far.uncertainty_m


def test_the_uncertainty_grows_with_the_residual() -> None:
    moved = [
        (x, y, lon, lat + (2e-5 if index == 4 else 0))
        for index, (x, y, lon, lat) in enumerate([*(_pair(*corner) for corner in _CORNERS), _pair(*_ahead(20))])
    ]
    sloppy = Ground.fit(moved, _AT)
    foot = _shares_of(*_ahead(20, 2))
    sound, loose = _GROUND.place_of(foot), sloppy.place_of(foot)
    assert sound is not None
    assert loose is not None
    assert loose.uncertainty_m > sound.uncertainty_m


@pytest.mark.parametrize("foot", [(0.5, -0.02), (0.1, -0.5)])
def test_a_foot_above_the_horizon_stands_nowhere(foot: tuple[float, float]) -> None:
    assert _GROUND.place_of(foot) is None


def test_a_foot_just_under_the_horizon_is_too_far_to_tell() -> None:
    assert _GROUND.place_of(_shares_of(*_ahead(900))) is None


def _pairs(*spots: tuple[float, float]) -> list[tuple[float, float, float, float]]:
    return [_pair(*spot) for spot in spots]


@pytest.mark.parametrize(
    ("pairs", "wrong"),
    [
        (_pairs(*_CORNERS[:3]), "3; wanted: four or more"),
        (_pairs(_ahead(10), _ahead(20), _ahead(30), _ahead(40)), "all on one line in the picture"),
        (_pairs(_ahead(10), _ahead(20), _ahead(30), _ahead(30, 8)), "three of four on one line"),
        (_pairs(_CORNERS[0], _CORNERS[0], *_CORNERS[2:]), "two the same"),
        ([(x, y, *_AT) for x, y, _, _ in _pairs(*_CORNERS)], "all on one line on the map"),
        ([(float("nan"), y, lon, lat) for _, y, lon, lat in _pairs(*_CORNERS)], "not all are numbers"),
    ],
)
def test_a_set_that_fixes_no_plane_is_refused_in_words(
    pairs: list[tuple[float, float, float, float]], wrong: str
) -> None:
    with pytest.raises(SiteError, match=wrong):
        Ground.fit(pairs, _AT)


def test_pairs_in_the_wrong_order_are_refused() -> None:
    left, right, far_left, far_right = _pairs(*_CORNERS)
    swapped = [left, right, (*far_left[:2], *far_right[2:]), (*far_right[:2], *far_left[2:])]
    with pytest.raises(SiteError, match="change order"):
        Ground.fit(swapped, _AT)


def test_the_map_error_is_the_least_that_is_claimed() -> None:
    place = _GROUND.place_of(_shares_of(*_ahead(8)))
    assert place is not None
    assert place.uncertainty_m >= MAP_ERROR_M
    assert isinstance(place.point, GeoPoint)


def _terminal(points: tuple[tuple[float, float, float, float], ...] = ()) -> Terminal:
    return Terminal(
        id="T-0001",
        name="",
        point=_AT,
        height_m=5,
        bearing_deg=30,
        grid_id="R-01",
        sub_url="rtsp://u:secret@h/x",
        ground_points=points,
    )


_CALIBRATED = _terminal(tuple(_pair(*corner) for corner in _CORNERS))


def test_a_calibrated_terminal_places_the_foot_of_the_box() -> None:
    x, y = _shares_of(*_ahead(25, 3))
    place = place_of(_CALIBRATED, Box(x - 0.03, y - 0.2, x + 0.03, y))
    away = distances_m(_PLANE.point(*_ahead(25, 3)), [place.point.lon], [place.point.lat])[0]
    assert away < 0.05
    assert place.uncertainty_m < 5


def test_a_terminal_without_calibration_gives_its_own_point_and_says_how_little_that_is() -> None:
    assert place_of(_terminal(), Box(0.4, 0.4, 0.6, 0.9)) == Place(_AT, OWN_POINT_UNCERTAINTY_M)
    assert place_of(_terminal(_CALIBRATED.ground_points[:3]), Box(0, 0, 1, 1)) == Place(_AT, OWN_POINT_UNCERTAINTY_M)


def test_a_thing_above_the_horizon_is_placed_at_the_terminal() -> None:
    assert place_of(_CALIBRATED, Box(0.4, 0.0, 0.6, 0.01)) == Place(_AT, OWN_POINT_UNCERTAINTY_M)


def test_the_calibration_is_fitted_once() -> None:
    assert ground_of(_CALIBRATED) is ground_of(_terminal(_CALIBRATED.ground_points))


def test_a_bad_calibration_names_its_terminal_and_no_password() -> None:
    with pytest.raises(SiteError, match=r"terminal T-0001: ground points") as caught:
        place_of(_terminal((_CALIBRATED.ground_points[0],) * 4), Box(0, 0, 1, 1))
    assert "secret" not in str(caught.value)

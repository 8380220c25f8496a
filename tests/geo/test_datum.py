"""Datums: what comes in as GCJ-02 or BD-09 lands where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.geo.datum import from_wgs84, to_wgs84
from fusion.geo.plane import distances_m
from fusion.types.errors import SiteError
from fusion.types.place import Datum, GeoPoint

_in_china = st.builds(GeoPoint, st.floats(80, 130), st.floats(18, 50))


def _apart_m(a: GeoPoint, b: GeoPoint) -> float:
    return float(distances_m(a, [b.lon], [b.lat])[0])


@given(_in_china, st.sampled_from(list(Datum)))
def test_there_and_back_again_misses_by_less_than_a_millimetre(point: GeoPoint, datum: Datum) -> None:
    assert _apart_m(point, to_wgs84(*from_wgs84(point, datum), datum)) < 1e-3


@given(_in_china)
def test_gcj02_moves_a_point_by_some_hundred_metres_and_bd09_moves_it_again(point: GeoPoint) -> None:
    gcj02, bd09 = (GeoPoint(*from_wgs84(point, datum)) for datum in (Datum.GCJ02, Datum.BD09))
    assert 20 < _apart_m(point, gcj02) < 1000
    assert 400 < _apart_m(gcj02, bd09) < 2000


@pytest.mark.parametrize(
    ("datum", "lon", "lat"),
    # Taken from another program (eviltransform 0.1.1) for 120.03, 29.33.
    [(Datum.GCJ02, 120.0346786947, 29.3274401277), (Datum.BD09, 120.0412119089, 29.3333556921)],
)
def test_it_agrees_with_what_another_program_says(datum: Datum, lon: float, lat: float) -> None:
    assert _apart_m(GeoPoint(120.03, 29.33), to_wgs84(lon, lat, datum)) < 0.1


def test_cgcs2000_is_taken_as_it_is() -> None:
    assert to_wgs84(120.03, 29.33, Datum.CGCS2000) == GeoPoint(120.03, 29.33)


@pytest.mark.parametrize(("x", "y"), [(181, 0), (0, -91), (float("nan"), 29), (29.3, 120.03), (float("inf"), 0)])
def test_figures_that_are_no_degrees_are_refused_by_name(x: float, y: float) -> None:
    with pytest.raises(SiteError, match=r"position .*: out of range"):
        to_wgs84(x, y, Datum.WGS84)


def test_gcj02_outside_china_is_refused_since_it_is_not_defined_there() -> None:
    with pytest.raises(SiteError, match="outside China, where gcj02"):
        to_wgs84(2.35, 48.85, Datum.GCJ02)


def test_an_unknown_datum_is_refused_with_the_list_of_known_ones() -> None:
    with pytest.raises(SiteError, match=r"datum: 'gps84'; wanted: one of wgs84, cgcs2000, gcj02, bd09"):
        to_wgs84(120.03, 29.33, "gps84")

"""Which grid a point lies in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.geo.grids import GridHit, GridIndex
from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint, Grid


def _square(grid_id: str, west: float, south: float, kind: str = "rural", parent: str | None = None) -> Grid:
    east, north = west + (0.01 if kind != "small" else 0.005), south + 0.01
    ring = tuple(GeoPoint(*p) for p in ((west, south), (east, south), (east, north), (west, north), (west, south)))
    return Grid(id=grid_id, name=grid_id, kind=kind, parent_id=parent, ring=ring)


_GRIDS = [
    _square("R-01", 120.0, 29.0),
    _square("E-01", 120.01, 29.0, "enterprise"),
    _square("E-01-2", 120.015, 29.0, "small", "E-01"),
    _square("E-01-1", 120.01, 29.0, "small", "E-01"),
    _square("R-02", 120.0, 29.01),
]
_INDEX = GridIndex(_GRIDS)


def test_a_point_inside_is_found_with_its_small_grid_where_there_is_one() -> None:
    assert _INDEX.find(GeoPoint(120.005, 29.005)) == GridHit("R-01", None)
    assert _INDEX.find(GeoPoint(120.012, 29.005)) == GridHit("E-01", "E-01-1")
    assert _INDEX.find(GeoPoint(120.018, 29.005)) == GridHit("E-01", "E-01-2")


def test_a_point_outside_the_zone_is_in_no_grid() -> None:
    assert _INDEX.find(GeoPoint(120.015, 29.015)) is None
    assert _INDEX.find(GeoPoint(0, 0)) is None
    assert _INDEX.find(GeoPoint(float("nan"), 29)) is None


@given(st.permutations(_GRIDS), st.floats(29.0, 29.01))
def test_a_point_on_a_shared_edge_is_in_exactly_one_whatever_the_order_of_the_file(
    order: list[Grid], lat: float
) -> None:
    assert GridIndex(order).find(GeoPoint(120.01, lat)) == GridHit("E-01", "E-01-1")
    assert GridIndex(order).find(GeoPoint(120.015, lat)) == GridHit("E-01", "E-01-1")


def test_the_corner_where_grids_meet_is_in_exactly_one() -> None:
    assert _INDEX.find(GeoPoint(120.01, 29.01)) == GridHit("E-01", "E-01-1")
    assert _INDEX.find(GeoPoint(120.0, 29.01)) == GridHit("R-01", None)


@given(st.floats(120.0, 120.01), st.floats(29.0, 29.02))
def test_no_point_of_the_zone_falls_between_its_grids(lon: float, lat: float) -> None:
    assert _INDEX.find(GeoPoint(lon, lat)) is not None


def test_a_small_grid_counts_only_inside_its_own_parent() -> None:
    stray = _square("E-09-1", 120.0, 29.0, "small", "E-09")
    assert GridIndex([*_GRIDS, stray]).find(GeoPoint(120.002, 29.005)) == GridHit("R-01", None)


def test_a_ring_that_crosses_itself_is_refused_with_its_grid() -> None:
    a, b, c, d, _ = _GRIDS[0].ring
    bow = Grid(id="R-07", name="", kind="rural", parent_id=None, ring=(a, c, b, d, a))
    with pytest.raises(SiteError, match=r"grid R-07: ring: Self-intersection"):
        GridIndex([bow])
    with pytest.raises(SiteError, match="grid R-08: ring"):
        GridIndex([Grid(id="R-08", name="", kind="rural", parent_id=None, ring=(a, b))])


def test_a_zone_without_grids_finds_none() -> None:
    assert GridIndex([]).find(GeoPoint(120, 29)) is None

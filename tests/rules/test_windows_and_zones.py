from datetime import UTC, datetime, time

import pytest

from fusion.rules.windows import is_open, opened_at
from fusion.rules.zones import inside, stands_in, within
from fusion.types.sighting import Box
from fusion.types.zone import TimeWindow, Zone

TUESDAY = datetime(2026, 11, 24, tzinfo=UTC)


def clock(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_without_windows_a_zone_always_holds() -> None:
    assert is_open((), clock(3))


def test_the_start_of_a_window_belongs_to_it_and_its_end_does_not() -> None:
    window = (TimeWindow(time(17), time(19, 30)),)
    assert [is_open(window, now) for now in (clock(16, 59), clock(17), clock(19, 29), clock(19, 30))] == [
        False,
        True,
        True,
        False,
    ]


def test_a_window_over_midnight_belongs_to_the_weekday_of_its_start() -> None:
    window = (TimeWindow(time(22), time(2), weekdays=frozenset({1})),)  # Tuesday night
    assert is_open(window, clock(23))
    assert is_open(window, clock(1, day=25))
    assert not is_open(window, clock(1, day=24))
    assert opened_at(window, clock(1, day=25)) == clock(22)


def test_a_window_that_ends_when_it_starts_lasts_the_whole_day() -> None:
    assert is_open((TimeWindow(time(0), time(0)),), clock(12))


L_SHAPE = ((0.0, 0.0), (0.6, 0.0), (0.6, 0.4), (0.3, 0.4), (0.3, 1.0), (0.0, 1.0))


@pytest.mark.parametrize(
    ("point", "expected"),
    [((0.5, 0.2), True), ((0.5, 0.6), False), ((0.1, 0.9), True), ((0.6, 0.2), True), ((0.7, 0.2), False)],
)
def test_a_point_is_in_a_polygon_that_is_not_convex(point: tuple[float, float], *, expected: bool) -> None:
    assert inside(point, L_SHAPE) is expected


def test_who_stands_at_the_lower_edge_of_the_picture_is_in_a_zone_of_the_whole_picture() -> None:
    whole = Zone(id="Z", name="Z", kind="no_stall", polygon=((0, 0), (1, 0), (1, 1), (0, 1)))
    assert stands_in(Box(0.4, 0.5, 0.5, 1.0), whole)


def test_a_thing_is_where_it_touches_the_ground() -> None:
    lower = Zone(id="Z", name="Z", kind="no_stall", polygon=((0, 0.5), (1, 0.5), (1, 1), (0, 1)))
    assert stands_in(Box(0.4, 0.1, 0.5, 0.7), lower)
    assert not stands_in(Box(0.4, 0.6, 0.5, 0.65), Zone(id="Z", name="Z", kind="x", polygon=L_SHAPE))


def test_the_share_of_a_box_in_another() -> None:
    assert within(Box(0, 0, 0.2, 0.2), Box(0.1, 0, 1, 1)) == pytest.approx(0.5)

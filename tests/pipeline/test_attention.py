from datetime import UTC, datetime, time

import pytest

from fusion.pipeline.attention import Attention
from fusion.types.sighting import Box
from fusion.types.zone import TimeWindow, Zone

PAVEMENT = ((0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.5, 0.9))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WALKER = Box(0.6, 0.5, 0.65, 0.8)
CAR = Box(0.0, 0.5, 0.3, 0.8)


def zone(*windows: TimeWindow) -> Zone:
    return Zone(id="Z", name="Z", kind="no_stall", polygon=PAVEMENT, windows=windows)


def test_what_moves_outside_every_zone_is_nobodys_business() -> None:
    assert Attention([zone()]).on([WALKER, CAR], NOON) == (WALKER,)
    assert Attention([]).on([WALKER], NOON) == ()


def test_what_reaches_into_a_zone_is_cut_to_it_and_a_step_beside_it() -> None:
    (kept,) = Attention([zone()]).on([Box(0.0, 0.4, 0.6, 0.8)], NOON)
    assert kept == pytest.approx(Box(0.42, 0.4, 0.6, 0.8))


@pytest.mark.parametrize(("minutes", "seen"), [(-6, False), (-4, True), (0, True), (59, True), (61, False)])
def test_a_zone_is_watched_from_shortly_before_its_window_to_its_end(minutes: int, seen: bool) -> None:
    hours = TimeWindow(time(17), time(18))
    now = NOON.replace(hour=16 + (60 + minutes) // 60, minute=(60 + minutes) % 60)
    assert bool(Attention([zone(hours)]).on([WALKER], now)) is seen


def test_two_zones_at_one_place_ask_once() -> None:
    assert Attention([zone(), zone()]).on([WALKER], NOON) == (WALKER,)

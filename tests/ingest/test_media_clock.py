import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from fusion.ingest.media_clock import PtsClock

START = datetime(2025, 5, 1, tzinfo=UTC)


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_jitter_of_arrival_is_smoothed_by_the_streams_own_stamps() -> None:
    clock, rng = PtsClock(), random.Random(3)  # noqa: S311 - jitter is no secret
    ats = [clock.at(1000 + n / 15, START + _s(n / 15 + rng.random() * 0.3)) for n in range(600)]
    gaps_s = [(later - sooner).total_seconds() for sooner, later in pairwise(ats[100:])]
    assert max(abs(gap - 1 / 15) for gap in gaps_s) < 0.02


def test_no_picture_is_of_the_future_when_a_server_sends_the_last_group_at_once() -> None:
    clock = PtsClock()
    ats = [clock.at(n / 15, START) for n in range(15)]
    assert max(ats) <= START
    live = [clock.at((15 + n) / 15, START + _s(n / 15)) for n in range(15)]
    assert all(at <= START + _s(n / 15) for n, at in enumerate(live))
    assert live == sorted(live)


def test_a_camera_whose_clock_runs_slow_is_followed() -> None:
    clock = PtsClock()
    for n in range(3600):
        arrival = START + _s(n)
        at = clock.at(n * 0.999, arrival)
    assert arrival - at < _s(0.1)


def test_stamps_that_jump_are_anchored_anew() -> None:
    clock = PtsClock()
    clock.at(100.0, START)
    assert clock.at(5.0, START + _s(1)) == START + _s(1)
    assert clock.at(5000.0, START + _s(2)) == START + _s(2)


def test_a_packet_without_a_stamp_counts_from_its_arrival() -> None:
    assert PtsClock().at(None, START) == START

import random
from itertools import pairwise

from fusion.ingest.media_clock import PtsClock

START_S = 1_746_057_600.0


def test_jitter_of_arrival_is_smoothed_by_the_streams_own_stamps() -> None:
    clock, rng = PtsClock(), random.Random(3)  # noqa: S311 - jitter is no secret
    ats = [clock.at_s(1000 + n / 15, START_S + n / 15 + rng.random() * 0.3) for n in range(600)]
    gaps_s = [later - sooner for sooner, later in pairwise(ats[100:])]
    assert max(abs(gap - 1 / 15) for gap in gaps_s) < 0.02


def test_no_picture_is_of_the_future_when_a_server_sends_the_last_group_at_once() -> None:
    clock = PtsClock()
    ats = [clock.at_s(n / 15, START_S) for n in range(15)]
    assert max(ats) <= START_S + 1e-6
    live = [clock.at_s((15 + n) / 15, START_S + n / 15) for n in range(15)]
    assert all(at <= START_S + n / 15 + 1e-6 for n, at in enumerate(live))
    assert live == sorted(live)


def test_a_camera_whose_clock_runs_slow_is_followed() -> None:
    clock = PtsClock()
    for n in range(3600):
        arrival = START_S + n
        at = clock.at_s(n * 0.999, arrival)
    assert arrival - at < 0.1


def test_stamps_that_jump_are_anchored_anew() -> None:
    clock = PtsClock()
    clock.at_s(100.0, START_S)
    assert clock.at_s(5.0, START_S + 1) == START_S + 1
    assert clock.at_s(5000.0, START_S + 2) == START_S + 2


def test_a_packet_without_a_stamp_counts_from_its_arrival() -> None:
    assert PtsClock().at_s(None, START_S) == START_S

import random
from datetime import timedelta

from fusion.ingest.backoff import Backoff

FIRST, CAP, STABLE = timedelta(seconds=1), timedelta(seconds=60), timedelta(minutes=1)


def _waits(backoff: Backoff, count: int) -> list[float]:
    return [backoff.failed().total_seconds() for _ in range(count)]


def test_the_longest_wait_doubles_with_each_failure_up_to_the_cap() -> None:
    longest = [max(column) for column in zip(*(_waits(_backoff(seed), 12) for seed in range(300)), strict=True)]
    for failures, wait_s in enumerate(longest):
        limit_s = min(60, 2**failures)
        assert 0.9 * limit_s < wait_s <= limit_s


def test_two_streams_that_were_lost_together_do_not_come_back_together() -> None:
    assert len({tuple(_waits(_backoff(seed), 6)) for seed in range(50)}) == 50


def test_a_connection_that_held_a_minute_ends_the_doubling() -> None:
    backoff = _backoff(1)
    _waits(backoff, 10)
    assert backoff.failed(timedelta(seconds=59)) > timedelta(0)
    assert backoff.failures == 11
    assert backoff.failed(timedelta(seconds=61)) <= FIRST


def test_a_refused_login_waits_the_cap_at_least_so_that_no_account_is_locked() -> None:
    assert all(_backoff(seed).failed(refused=True) >= CAP for seed in range(100))


def _backoff(seed: int) -> Backoff:
    return Backoff(FIRST, CAP, STABLE, random.Random(seed))  # noqa: S311 - waits are no secret

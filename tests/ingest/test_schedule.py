from fractions import Fraction

import pytest

from fusion.ingest.budget import Budget
from fusion.ingest.reader import Encoded, StreamHead
from fusion.ingest.schedule import Call, Schedule

HEAD = StreamHead("h264", None, b"", Fraction(1, 90_000))


def _key(pts: int = 0) -> Encoded:
    return Encoded(HEAD, b"", True, 1.7e9, pts, None)


def _taken(schedule: Schedule, level: float = 1.0) -> str | None:
    taken = schedule.take(level)
    return taken[0] if taken else None


def test_a_newer_keyframe_takes_the_place_of_an_older_one_and_nothing_queues() -> None:
    schedule = Schedule()
    assert not schedule.offer("a", _key(1), Call.WANT, 0.0)
    assert schedule.offer("a", _key(2), Call.WANT, 0.0)
    assert len(schedule) == 1
    taken = schedule.take(1.0)
    assert taken is not None
    assert taken[1].pts == 2
    assert schedule.take(1.0) is None


def test_what_must_be_seen_goes_before_what_is_worth_it_and_that_before_the_rest() -> None:
    schedule = Schedule()
    schedule.offer("spare", _key(), Call.SPARE, 1.0)
    schedule.offer("want", _key(), Call.WANT, 2.0)
    schedule.offer("must", _key(), Call.MUST, 4.0)
    schedule.offer("active", _key(), Call.ACTIVE, 3.0)
    assert [_taken(schedule) for _ in range(5)] == ["must", "active", "want", "spare", None]


def test_within_a_call_the_one_that_was_not_seen_for_longest_goes_first() -> None:
    schedule = Schedule()
    for name, due_s in (("b", 20.0), ("a", 10.0), ("c", 30.0)):
        schedule.offer(name, _key(), Call.MUST, due_s)
    assert [_taken(schedule) for _ in range(3)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("level", "served"),
    [
        (1.0, ["must", "active", "want", "spare"]),
        (0.3, ["must", "active", "want"]),
        (-0.2, ["must", "active"]),
        (-1.0, []),
    ],
)
def test_the_less_budget_the_fewer_calls_are_answered(level: float, served: list[str]) -> None:
    schedule = Schedule()
    for call in Call:
        schedule.offer(call.name.lower(), _key(), call, 0.0)
    assert [name for _ in range(4) if (name := _taken(schedule, level))] == served


def test_a_terminal_in_work_is_not_taken_twice_and_does_not_hold_up_the_others() -> None:
    schedule = Schedule()
    schedule.offer("a", _key(1), Call.MUST, 0.0)
    assert _taken(schedule) == "a"
    schedule.offer("a", _key(2), Call.MUST, 0.0)
    schedule.offer("b", _key(1), Call.MUST, 1.0)
    assert _taken(schedule) == "b"
    assert _taken(schedule) is None
    schedule.done("a")
    assert _taken(schedule) == "a"


def test_a_terminal_whose_call_became_more_urgent_is_served_once() -> None:
    schedule = Schedule()
    schedule.offer("a", _key(1), Call.SPARE, 0.0)
    schedule.offer("a", _key(2), Call.MUST, 0.0)
    assert [_taken(schedule) for _ in range(2)] == ["a", None]
    schedule.done("a")
    schedule.offer("a", _key(3), Call.WANT, 0.0)
    schedule.forget("a")
    assert _taken(schedule) is None


def test_under_too_much_load_the_gaps_of_all_grow_alike() -> None:
    schedule, last = Schedule(), dict.fromkeys(map(str, range(50)), 0.0)
    gaps: dict[str, list[float]] = {name: [] for name in last}
    # Each of fifty wants a look every ten seconds, and there is time for two looks a second: half of that.
    for second in range(1, 400):
        for name in last:
            if second - last[name] >= 10:
                schedule.offer(name, _key(), Call.MUST, last[name])
        for _ in range(2):
            name = _taken(schedule) or ""
            if name:
                gaps[name].append(second - last[name])
                last[name] = float(second)
                schedule.done(name)
    late = [gap for of in gaps.values() for gap in of[3:]]
    assert min(late) >= 24
    assert max(late) <= 26


def test_a_budget_that_is_overdrawn_is_paid_back_and_one_that_is_not_used_is_not_saved_for_ever() -> None:
    budget = Budget(0.5, now_s=0.0, used_s=0.0)
    budget.update(10.0, 0.0)
    assert budget.level == 1.0
    budget.update(10.5, 0.5)
    assert budget.level == pytest.approx(0.5)
    budget.update(12.5, 3.0)
    assert budget.level == -1.0
    budget.update(14.5, 3.0)
    assert budget.level == pytest.approx(1.0)
    assert 0.0 < budget.use_cores < 1.0


def test_without_a_limit_everything_is_allowed() -> None:
    budget = Budget(None, now_s=0.0, used_s=0.0)
    budget.update(1.0, 64.0)
    assert budget.level == 1.0

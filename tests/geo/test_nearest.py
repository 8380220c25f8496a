"""Who goes, and why."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.geo.duty import on_duty
from fusion.geo.nearest import Choice, DispatchPolicy, leader_of, named_worker, nearest_worker
from fusion.geo.plane import LocalPlane
from fusion.types.case import Worker, WorkerStatus
from fusion.types.place import GeoPoint, Place

_NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
_SPOT = GeoPoint(120.03, 29.33)
_PLANE = LocalPlane(_SPOT)
_POLICY = DispatchPolicy()
_STALL = "street_stall"


def _worker(
    worker_id: str,
    away_m: float,
    *grids: str,
    name: str = "张伟",
    age_s: float = 40,
    cases: int = 0,
    duty: bool = True,
    skills: tuple[str, ...] = (_STALL,),
) -> WorkerStatus:
    worker = Worker(id=worker_id, name=name, grid_ids=grids, skills=skills, duty=())
    point = _PLANE.point(away_m * 0.6, away_m * 0.8)
    return WorkerStatus(
        worker=worker, on_duty=duty, point=point, position_at=_NOW - timedelta(seconds=age_s), open_cases=cases
    )


def _choose(
    *statuses: WorkerStatus, grid: str | None = "R-07", small: str | None = None, exclude: tuple[str, ...] = ()
) -> Choice | None:
    return nearest_worker(
        Place(_SPOT, 3.0),
        grid_id=grid,
        small_grid_id=small,
        kind=_STALL,
        statuses=statuses,
        now=_NOW,
        policy=_POLICY,
        exclude=exclude,
    )


def _chosen(*statuses: WorkerStatus, grid: str | None = "R-07", small: str | None = None) -> str:
    choice = _choose(*statuses, grid=grid, small=small)
    assert choice is not None
    return choice.worker_id


def test_the_nearest_of_the_own_grid_goes() -> None:
    assert _chosen(_worker("W-1", 900, "R-07"), _worker("W-2", 400, "R-07"), _worker("W-3", 600, "R-07")) == "W-2"


def test_the_own_grid_goes_before_a_nearer_worker_of_another() -> None:
    assert _chosen(_worker("W-1", 50, "R-08"), _worker("W-2", 2000, "R-07")) == "W-2"


def test_the_small_grid_goes_before_its_enterprise_grid_and_that_before_another() -> None:
    other, grid, small = _worker("W-1", 10, "E-02"), _worker("W-2", 300, "E-01"), _worker("W-3", 800, "E-01-4")
    assert _chosen(other, grid, small, grid="E-01", small="E-01-4") == "W-3"
    assert _chosen(other, grid, grid="E-01", small="E-01-4") == "W-2"
    assert _chosen(other, small, grid="E-01", small="E-01-5") == "W-1"


def test_a_loaded_worker_counts_as_farther_away() -> None:
    assert _chosen(_worker("W-1", 100, "R-07", cases=2), _worker("W-2", 600, "R-07")) == "W-2"
    assert _chosen(_worker("W-1", 100, "R-07", cases=1), _worker("W-2", 600, "R-07")) == "W-1"


def test_a_worker_who_lacks_the_skill_counts_as_farther_away_but_goes_when_alone() -> None:
    untrained = _worker("W-1", 100, "R-07", skills=())
    assert _chosen(untrained, _worker("W-2", 500, "R-07")) == "W-2"
    choice = _choose(untrained)
    assert choice is not None
    assert "未受过此类事件培训" in choice.reason.zh


@pytest.mark.parametrize(
    "status",
    [
        _worker("W-1", 100, "R-07", duty=False),
        _worker("W-1", 100, "R-07", age_s=601),
        _worker("W-1", 100, "R-07", age_s=-61),
        _worker("W-1", 5001, "R-07"),
    ],
    ids=["off duty", "position too old", "position from the future", "too far"],
)
def test_nobody_goes_who(status: WorkerStatus) -> None:
    assert _choose(status) is None


@pytest.mark.parametrize("age_s", [600, 0, -60])
def test_a_position_just_fresh_enough_counts(age_s: float) -> None:
    assert _choose(_worker("W-1", 100, "R-07", age_s=age_s)) is not None


def test_a_worker_whose_position_is_unknown_does_not_go() -> None:
    known = _worker("W-1", 100, "R-07")
    assert _choose(WorkerStatus(worker=known.worker, on_duty=True)) is None


def test_who_was_told_already_is_left_out() -> None:
    near, next_one = _worker("W-1", 100, "R-07"), _worker("W-2", 200, "R-07")
    choice = _choose(near, next_one, exclude=("W-1",))
    assert choice is not None
    assert choice.worker_id == "W-2"
    assert _choose(near, exclude=("W-1",)) is None
    assert _choose() is None


def test_the_reason_says_it_in_both_languages_with_its_numbers() -> None:
    choice = _choose(_worker("W-1", 320, "R-07", cases=1))
    assert choice is not None
    assert choice.distance_m == pytest.approx(320)
    assert choice.reason.zh == "张伟：本网格(R-07)在岗，距现场 320 米，位置 40 秒前更新，手上 1 件案件"
    assert choice.reason.en == ("张伟: on duty in the own grid R-07, 320 m away, position 40 s old, 1 open case")
    assert choice.reason.data == {
        "worker_id": "W-1",
        "nearness": "own_grid",
        "grid_id": "R-07",
        "small_grid_id": "",
        "distance_m": 320.0,
        "position_age_s": 40.0,
        "open_cases": 1.0,
        "skilled": 1.0,
        "may_err_m": 48.0,
        "last_answer": "",
        "available": 1.0,
    }


def test_the_reason_says_when_nobody_of_the_own_grid_was_available() -> None:
    choice = _choose(
        _worker("W-1", 100, "R-07", duty=False), _worker("W-2", 700, "R-08", "R-09", name="李娜", age_s=240)
    )
    assert choice is not None
    assert (
        choice.reason.zh
        == "李娜：本网格(R-07)无人可派，由 R-08、R-09 就近支援，距现场 700 米，位置 4 分钟前更新，手上无案件"
    )
    assert "nobody of the own grid R-07 is available, helped out from R-08, R-09" in choice.reason.en


def test_a_place_outside_every_grid_still_finds_the_nearest() -> None:
    choice = _choose(_worker("W-1", 100, "R-07"), _worker("W-2", 90, "R-08"), grid=None)
    assert choice is not None
    assert choice.worker_id == "W-2"
    assert choice.reason.zh.startswith("张伟：现场不在任何网格内，由 R-08 就近支援")


_statuses = st.lists(
    st.builds(
        lambda number, away, grid, cases, age, duty: _worker(
            f"W-{number:03}", away, grid, cases=cases, age_s=age, duty=duty
        ),
        st.integers(0, 999),
        st.floats(0, 8000),
        st.sampled_from(["R-07", "R-08"]),
        st.integers(0, 5),
        st.floats(-120, 1200),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda status: status.worker.id,
)


@given(_statuses, st.randoms(use_true_random=False))
def test_whoever_goes_is_available_and_no_better_one_stays(statuses: list[WorkerStatus], chance: object) -> None:
    choice = _choose(*statuses)
    free = [s for s in statuses if s.on_duty and s.position_at and -60 <= (_NOW - s.position_at).total_seconds() <= 600]
    chosen = next((s for s in free if choice and s.worker.id == choice.worker_id), None)
    assert (chosen is None) == (choice is None)
    if chosen is None or choice is None:
        return
    own = [s for s in free if "R-07" in s.worker.grid_ids]
    if chosen not in own:
        assert all(_choose(s) is None for s in own)  # only those too far may be passed over
    chance.shuffle(statuses)  # type: ignore[attr-defined] # a random.Random of hypothesis
    assert _choose(*statuses) == choice


def _on(text: str, now: str) -> bool:
    start, end = text.split("-")
    worker = Worker(id="W-1", name="", grid_ids=(), skills=(), duty=((start, end),))
    return on_duty(worker, time.fromisoformat(now))


def test_duty_holds_from_its_start_up_to_its_end() -> None:
    assert _on("06:00-14:00", "06:00")
    assert _on("06:00-14:00", "13:59:59")
    assert not _on("06:00-14:00", "14:00")
    assert not _on("06:00-14:00", "05:59:59")


def test_duty_may_run_over_midnight() -> None:
    assert _on("22:00-06:00", "22:00")
    assert _on("22:00-06:00", "00:00")
    assert _on("22:00-06:00", "05:59")
    assert not _on("22:00-06:00", "06:00")
    assert not _on("22:00-06:00", "21:59")


def test_duty_that_ends_when_it_starts_is_the_whole_day_and_no_hours_are_none() -> None:
    assert _on("08:00-08:00", "07:59")
    assert not on_duty(Worker(id="W-1", name="", grid_ids=(), skills=(), duty=()), time(12))


@given(st.times(), st.times(), st.times())
def test_two_shifts_that_meet_cover_each_moment_exactly_once(start: time, end: time, now: time) -> None:
    if start == end:
        return
    shifts = [(start.isoformat(), end.isoformat()), (end.isoformat(), start.isoformat())]
    workers = [Worker(id="W", name="", grid_ids=(), skills=(), duty=(shift,)) for shift in shifts]
    assert sum(on_duty(worker, now) for worker in workers) == 1


def test_an_old_position_counts_as_distance() -> None:
    assert _chosen(_worker("W-1", 300, "R-07", age_s=500), _worker("W-2", 500, "R-07", age_s=5)) == "W-2"
    assert _chosen(_worker("W-1", 300, "R-07", age_s=100), _worker("W-2", 500, "R-07", age_s=5)) == "W-1"


def test_who_declined_or_was_silent_of_late_counts_as_farther_away() -> None:
    def answered(status: WorkerStatus, answer: str, hours_ago: float = 0.5) -> WorkerStatus:
        return replace(status, last_answer=answer, last_answer_at=_NOW - timedelta(hours=hours_ago))

    near, far = _worker("W-1", 100, "R-07"), _worker("W-2", 400, "R-07")
    assert _chosen(answered(near, "silent"), far) == "W-2"
    assert _chosen(answered(near, "decline"), far) == "W-1"
    assert _chosen(answered(near, "silent", hours_ago=3), far) == "W-1"
    choice = _choose(answered(near, "silent"))
    assert choice is not None
    assert choice.reason.zh.endswith("，上次未应答")
    assert choice.reason.en.endswith(", did not answer the last one")


def test_the_leader_of_the_own_grid_is_asked_wherever_he_is() -> None:
    leader = _worker("W-9", 9000, "R-07", name="组长")
    leader = replace(leader, worker=replace(leader.worker, leader=True), point=None, position_at=None)
    other = replace(leader, worker=replace(leader.worker, id="W-8", grid_ids=("R-08",)))
    statuses = [other, _worker("W-1", 10, "R-07"), leader]
    choice = leader_of(grid_id="R-07", small_grid_id=None, statuses=statuses)
    assert choice is not None
    assert (choice.worker_id, choice.reason.en) == (
        "W-9",
        "组长: leader of grid R-07; no worker near it is free or answered",
    )
    assert leader_of(grid_id="R-07", small_grid_id=None, statuses=statuses, exclude=("W-9",)) is None
    assert leader_of(grid_id=None, small_grid_id=None, statuses=statuses) is None


def test_a_person_may_name_whoever_is_on_duty() -> None:
    on, off = _worker("W-1", 100, "R-07"), _worker("W-2", 100, "R-07", duty=False)
    assert named_worker("W-1", [on, off]) is not None
    assert named_worker("W-2", [on, off]) is None
    assert named_worker("W-3", [on, off]) is None

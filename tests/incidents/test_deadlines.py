"""Deadlines in working hours and working days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from fusion.incidents.deadlines import Counting, Limit, WorkingTimes, works
from fusion.types.deadline import Level, Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
COUNTING = Counting(WorkingTimes(), SHANGHAI)


def at(text: str) -> datetime:
    """Shanghai's time."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def red(limit: str, start: str, counting: Counting = COUNTING) -> str:
    found = counting.begin(Stage.HANDLE, limit, at(start)).red_at
    assert found is not None
    return found.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def test_working_hours_pass_over_the_lunch_break_and_the_night() -> None:
    assert red("4 working hours", "2026-11-24 09:00") == "2026-11-24 14:30"
    assert red("4 working hours", "2026-11-24 16:30") == "2026-11-25 11:30"
    assert red("1 working hour", "2026-11-24 03:00") == "2026-11-24 09:30"
    assert red("1 working hour", "2026-11-24 12:30") == "2026-11-24 14:30"


def test_a_working_day_is_as_much_time_as_a_day_has_working_hours() -> None:
    assert COUNTING.day == timedelta(hours=7, minutes=30)
    assert red("1 working day", "2026-11-20 10:00") == "2026-11-23 10:00"  # over a weekend
    assert red("1 working day", "2026-11-21 10:00") == "2026-11-23 17:30"  # begins on a Saturday


def test_holidays_and_make_up_workdays_are_counted_as_announced() -> None:
    assert red("4 working hours", "2026-09-30 16:30") == "2026-10-08 11:30"  # over National Day
    assert works(date(2026, 10, 10))  # a Saturday on which people make up
    assert not works(date(2026, 10, 1))
    assert red("1 working day", "2026-10-09 17:30") == "2026-10-10 17:30"


def test_a_site_may_count_monday_to_friday() -> None:
    plain = Counting(WorkingTimes(calendar="weekdays"), SHANGHAI)
    assert red("1 working hour", "2026-10-01 09:00", plain) == "2026-10-01 10:00"
    assert plain.begin(Stage.HANDLE, "2 working days", at("2030-01-01 09:00")).note_en == ""


def test_a_year_that_is_not_announced_is_counted_monday_to_friday_and_said() -> None:
    deadline = COUNTING.begin(Stage.CLOSE, "1 working day", at("2028-03-03 17:00"))
    assert deadline.note_en == "calendar for 2028 unknown: counted Mon–Fri"
    assert deadline.note_zh == "2028 年节假日安排尚未公布：按周一至周五计算"
    assert deadline.red_at == at("2028-03-06 17:00")
    assert COUNTING.begin(Stage.CLOSE, "1 working hour", at("2026-11-24 09:00")).note_en == ""


def test_a_time_by_the_clock_takes_no_heed_of_working_hours() -> None:
    assert red("30min", "2026-10-01 23:50") == "2026-10-02 00:20"


def test_amber_comes_at_a_share_of_the_limit() -> None:
    deadline = COUNTING.begin(Stage.HANDLE, "4 working hours", at("2026-11-24 08:30"))
    assert deadline.amber_at == at("2026-11-24 11:30")
    assert [deadline.level(at(f"2026-11-24 {t}")) for t in ("11:29", "11:30", "13:59", "14:00")] == [
        Level.GREEN,
        Level.AMBER,
        Level.AMBER,
        Level.RED,
    ]
    assert deadline.next_at == deadline.amber_at


def test_a_pause_stops_the_clock() -> None:
    deadline = COUNTING.begin(Stage.HANDLE, "4 working hours", at("2026-11-24 09:00"))
    paused = COUNTING.pause(deadline, at("2026-11-24 11:00"))
    assert (paused.used, paused.red_at, paused.next_at) == (timedelta(hours=2), None, None)
    assert COUNTING.pause(paused, at("2026-11-24 12:00")) == paused
    again = COUNTING.go_on(paused, at("2026-12-01 09:00"))
    assert again.red_at == at("2026-12-01 11:00")
    assert COUNTING.go_on(again, at("2026-12-02 09:00")) == again


def test_a_zone_that_changes_its_clocks_counts_real_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = Counting(WorkingTimes(hours=("00:00-06:00",), calendar="weekdays"), berlin, 0.75)
    start = datetime(2026, 10, 25, 12, tzinfo=berlin)  # the Sunday on which clocks are set back
    assert night.begin(Stage.HANDLE, "1 working hour", start).red_at == datetime(2026, 10, 26, 1, tzinfo=berlin)
    all_week = Counting(WorkingTimes(hours=("00:00-12:00",), calendar="weekdays"), berlin)
    friday = datetime(2026, 3, 27, 11, tzinfo=berlin)
    found = all_week.begin(Stage.HANDLE, "2 working hours", friday).red_at
    assert found == datetime(2026, 3, 30, 1, tzinfo=berlin)  # summer time began in between


@settings(max_examples=200, deadline=None)
@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001 - the zone is put on below
    minutes=st.integers(1, 4000),
    later=st.integers(0, 6000),
)
def test_what_is_counted_forward_is_what_is_counted_between(start: datetime, minutes: int, later: int) -> None:
    begin = start.replace(tzinfo=UTC)
    hours = minutes / 60
    deadline = COUNTING.begin(Stage.HANDLE, f"{hours:.6f} working hours", begin)
    assert deadline.red_at is not None
    assert deadline.amber_at is not None
    assert begin <= deadline.amber_at <= deadline.red_at
    assert abs(COUNTING.between(begin, deadline.red_at) - timedelta(minutes=minutes)) < timedelta(seconds=1)
    middle = begin + timedelta(minutes=later)
    paused = COUNTING.pause(deadline, middle)
    again = COUNTING.go_on(paused, middle)
    assert again.red_at is not None
    if middle <= deadline.red_at:
        assert COUNTING.between(middle, again.red_at) - COUNTING.between(middle, deadline.red_at) < timedelta(seconds=1)


@pytest.mark.parametrize("limit", ["", "4", "4 hours", "0 working hours", "4 working weeks", "-1 working days", "0s"])
def test_a_limit_that_says_nothing_is_refused(limit: str) -> None:
    with pytest.raises(ValidationError, match="wanted"):
        TypeAdapter(Limit).validate_python(limit)


@pytest.mark.parametrize(
    "hours", [("08:30",), ("12:00-08:30",), ("13:00-14:00", "08:00-09:00"), ("08:00-12:00", "11:00-13:00")]
)
def test_working_hours_that_make_no_sense_are_refused(hours: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="wanted working hours"):
        WorkingTimes(hours=hours)

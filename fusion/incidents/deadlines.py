"""Deadlines in working hours and working days 工作时/工作日: when they turn amber and red, and how a pause stops them.

A working day is counted as that many of the site's working hours, so a limit of one working day that begins on a
Friday at 10:00 ends on Monday at 10:00. Holidays and make-up workdays 调休 are those that the State Council announced,
as the library `chinese_calendar` holds them; a year that it does not know is counted Monday to Friday, and says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import chinese_calendar
from pydantic import AfterValidator, Field

from fusion.plugins import Config, parse_duration
from fusion.types.deadline import Deadline, Stage

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s+working\s+(hour|day)s?$")
_LONGEST = timedelta(days=3650)
_NONE = timedelta(0)


def _hours(windows: tuple[str, ...]) -> tuple[str, ...]:
    spans = []
    for text in windows:
        if not _HOURS.match(text) or text[:5] >= text[6:]:
            raise ValueError(f'wanted working hours such as "08:30-12:00", found {text!r}')
        spans.append((text[:5], text[6:]))
    if spans != sorted(spans) or any(a[1] > b[0] for a, b in pairwise(spans)):
        raise ValueError(f"wanted working hours in order that do not overlap, found {', '.join(windows)}")
    return windows


def _limit(text: object) -> str:
    said = str(text).strip()
    if _LIMIT.match(said):
        amount = float(said.split()[0])
        if not 0 < amount <= 1000:
            raise ValueError(f"wanted more than 0 and at most 1000, found {said!r}")
        return said
    try:
        lasts = parse_duration(said)
    except ValueError as error:
        wanted = '"4 working hours", "1 working day" or a time by the clock such as "30min"'
        raise ValueError(f"wanted {wanted}, found {said!r}") from error
    if not isinstance(lasts, timedelta) or not _NONE < lasts <= _LONGEST:
        raise ValueError(f"wanted more than nothing and at most ten years, found {said!r}")
    return said


Limit = Annotated[str, AfterValidator(_limit)]


class WorkingTimes(Config):
    """When the zone works."""

    hours: Annotated[tuple[str, ...], Field(min_length=1, max_length=8), AfterValidator(_hours)] = (
        "08:30-12:00",
        "13:30-17:30",
    )
    calendar: Literal["china", "weekdays"] = "china"  #: "weekdays": Monday to Friday, no holidays


@dataclass(frozen=True, slots=True)
class Counting:
    """How a site counts time."""

    times: WorkingTimes
    clock: ZoneInfo
    amber_share: float = 0.75  #: of the limit

    @property
    def day(self) -> timedelta:
        """The working time of one working day."""
        return sum((_span(start, end) for start, end in self._windows()), _NONE)

    def limit(self, text: str) -> tuple[timedelta, bool]:
        """(how much time, whether it is working time) of a limit as the site wrote it."""
        match = _LIMIT.match(text)
        if match is None:
            lasts = parse_duration(text)
            return (lasts, False) if isinstance(lasts, timedelta) else (_NONE, False)
        amount = float(match.group(1))
        return amount * (self.day if match.group(2) == "day" else timedelta(hours=1)), True

    def begin(self, stage: Stage, limit: str, now: datetime, used: timedelta = _NONE) -> Deadline:
        """The deadline of a stage that begins, or goes on, at `now` (aware)."""
        whole, working = self.limit(limit)
        amber_at, early = self._after(now, max(_NONE, whole * self.amber_share - used), working=working)
        red_at, late = self._after(now, max(_NONE, whole - used), working=working)
        zh, en = _unknown(early | late)
        return Deadline(
            stage=stage,
            limit=limit,
            counted_from=now,
            used=used,
            amber_at=amber_at,
            red_at=red_at,
            note_zh=zh,
            note_en=en,
        )

    def pause(self, deadline: Deadline, now: datetime) -> Deadline:
        """Its clock stands from now on; twice changes nothing."""
        if deadline.red_at is None:
            return deadline
        _, working = self.limit(deadline.limit)
        used = deadline.used + self.between(deadline.counted_from, now, working=working)
        return replace(deadline, used=used, amber_at=None, red_at=None)

    def go_on(self, deadline: Deadline, now: datetime) -> Deadline:
        """Its clock goes on."""
        if deadline.red_at is not None:
            return deadline
        return replace(self.begin(deadline.stage, deadline.limit, now, deadline.used), told=deadline.told)

    def between(self, start: datetime, end: datetime, *, working: bool = True) -> timedelta:
        """The time between two moments, nothing when `end` is earlier; only working time where that is wanted."""
        if end <= start:
            return _NONE
        if not working:
            return end - start
        total = _NONE
        for day in _days(start.astimezone(self.clock).date(), end.astimezone(self.clock).date()):
            for opens, closes in self._open(day):
                total += max(_NONE, min(end, closes) - max(start, opens))
        return total

    def _after(self, start: datetime, amount: timedelta, *, working: bool) -> tuple[datetime, frozenset[int]]:
        """When so much time has passed, and the years whose holidays were not known on the way."""
        if not working:
            return start + amount, frozenset()
        left, unknown = amount, set[int]()
        first = start.astimezone(self.clock).date()
        for day in _days(first, first + _LONGEST):
            if self.times.calendar == "china" and not _known(day.year):
                unknown.add(day.year)
            for opens, closes in self._open(day):
                here = max(_NONE, closes - max(start, opens))
                if left <= here and (here or left == _NONE):
                    return max(start, opens) + left, frozenset(unknown)
                left -= here
        return start + _LONGEST, frozenset(unknown)

    def _open(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working hours of a day in UTC; none on a day off."""
        if not works(day, self.times.calendar):
            return []
        return [(self._moment(day, start), self._moment(day, end)) for start, end in self._windows()]

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.clock).astimezone(UTC)

    def _windows(self) -> list[tuple[time, time]]:
        return [(time.fromisoformat(text[:5]), time.fromisoformat(text[6:])) for text in self.times.hours]


@lru_cache(maxsize=8192)  # the library looks through all its years each time
def works(day: date, calendar: str = "china") -> bool:
    """Whether people work on a day; of a year whose holidays are not known, Monday to Friday."""
    if calendar == "china" and _known(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


@lru_cache(maxsize=1)
def _years() -> frozenset[int]:
    return frozenset(day.year for day in chinese_calendar.holidays)


def _known(year: int) -> bool:
    return year in _years()


def _unknown(years: frozenset[int]) -> tuple[str, str]:
    if not years:
        return "", ""
    named = ", ".join(map(str, sorted(years)))
    zh = f"{named.replace(', ', '、')} 年节假日安排尚未公布：按周一至周五计算"
    return zh, f"calendar for {named} unknown: counted Mon–Fri"


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def _span(start: time, end: time) -> timedelta:
    return timedelta(hours=end.hour - start.hour, minutes=end.minute - start.minute)

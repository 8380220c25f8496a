"""Figures of a span of time: per grid, worker, platform and kind. The same rows give the same figures in any order."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fusion.assessment.rows import CaseRow

#: the stretches of a case's way: name, from, to
STRETCHES: Final = (
    ("told", "found_at", "told_at"),
    ("acknowledged", "told_at", "acknowledged_at"),
    ("handled", "acknowledged_at", "handled_at"),
    ("closed", "handled_at", "closed_at"),
    ("whole", "found_at", "closed_at"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took, over many cases."""

    count: int
    median_s: float | None  #: None: there is none
    p90_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of one group of cases."""

    key: str  #: the grid, worker, platform or kind; "" where a case has none
    found: int
    open: int  #: neither closed nor false
    handled: int
    closed: int
    on_time: int  #: closed or handled without a missed deadline
    overdue: int
    false: int
    bounced: int  #: cases that came back at least once
    recurrences: int
    spans: tuple[Span, ...]  #: one for each of `STRETCHES`

    @property
    def on_time_share(self) -> float | None:
        """Of those that have a deadline; None where none has."""
        return self.on_time / (self.on_time + self.overdue) if self.on_time + self.overdue else None

    @property
    def false_share(self) -> float | None:
        """Of all that were found."""
        return self.false / self.found if self.found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Everything of one month for the joint meeting 联席会议."""

    month: str  #: "2026-11"
    total: Figures
    before: Figures  #: of the month before
    by_grid: tuple[Figures, ...]  #: most cases first
    by_worker: tuple[Figures, ...]
    by_platform: tuple[Figures, ...]
    by_kind: tuple[Figures, ...]
    by_source: tuple[Figures, ...]
    by_day: tuple[tuple[date, int], ...]  #: every day of the month
    by_hour: tuple[int, ...]  #: 24 counts, by the hour of the site's day


def figures(key: str, rows: Iterable[CaseRow]) -> Figures:
    """Figures of one group."""
    counted = [row for row in rows if not row.merged]
    real = [row for row in counted if not row.false]
    return Figures(
        key=key,
        found=len(counted),
        open=sum(row.closed_at is None for row in real),
        handled=sum(row.handled_at is not None for row in real),
        closed=sum(row.closed_at is not None for row in real),
        on_time=sum(row.overdue is False and row.handled_at is not None for row in real),
        overdue=sum(row.overdue is True for row in real),
        false=len(counted) - len(real),
        bounced=sum(row.bounced > 0 for row in real),
        recurrences=sum(row.recurrence for row in real),
        spans=tuple(_span([row.took(start, end) for row in real]) for _, start, end in STRETCHES),
    )


def grouped(rows: Iterable[CaseRow], key: Callable[[CaseRow], str | None]) -> tuple[Figures, ...]:
    """Figures of each group, most cases first, then by name."""
    groups: dict[str, list[CaseRow]] = defaultdict(list)
    for row in rows:
        groups[key(row) or ""].append(row)
    found = [figures(name, members) for name, members in groups.items()]
    return tuple(sorted((f for f in found if f.found), key=lambda f: (-f.found, f.key)))


def month_of(month: str, rows: Sequence[CaseRow], before: Sequence[CaseRow], clock: ZoneInfo) -> Month:
    """The month's figures.

    Args:
        month: "2026-11".
        rows: cases that were opened in it.
        before: those of the month before.
        clock: of the site.
    """
    counted = [row for row in rows if not row.merged]
    days = Counter(row.opened_at.astimezone(clock).date() for row in counted)
    hours = Counter(row.found_at.astimezone(clock).hour for row in counted)
    first = date.fromisoformat(f"{month}-01")
    return Month(
        month=month,
        total=figures("", counted),
        before=figures("", before),
        by_grid=grouped(counted, lambda row: row.grid_id),
        by_worker=grouped(counted, lambda row: row.worker_id),
        by_platform=grouped(counted, lambda row: row.platform),
        by_kind=grouped(counted, lambda row: row.kind),
        by_source=grouped(counted, lambda row: row.source),
        by_day=tuple((day, days[day]) for day in _days(first)),
        by_hour=tuple(hours[hour] for hour in range(24)),
    )


def bounds(month: str, clock: ZoneInfo) -> tuple[datetime, datetime]:
    """(start, end) of a month by the site's clock, aware; ValueError for what is no month."""
    first = date.fromisoformat(f"{month}-01")
    if first.year < 2000 or first.year > 9000:
        raise ValueError(month)
    ends = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return tuple(datetime(d.year, d.month, d.day, tzinfo=clock) for d in (first, ends))  # type: ignore[return-value]  # of two


def month_before(month: str) -> str:
    """The month before a month."""
    return f"{date.fromisoformat(f'{month}-01') - timedelta(days=1):%Y-%m}"


def quantile(values: Sequence[float], share: float) -> float:
    """By linear interpolation between order statistics (Hyndman and Fan 1996, type 7); of at least one value."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _span(lengths: Iterable[timedelta | None]) -> Span:
    seconds = [length.total_seconds() for length in lengths if length is not None]
    if not seconds:
        return Span(0, None, None)
    return Span(len(seconds), quantile(seconds, 0.5), quantile(seconds, 0.9))


def _days(first: date) -> Iterable[date]:
    day = first
    while day.month == first.month:
        yield day
        day += timedelta(days=1)

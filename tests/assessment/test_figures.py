"""Figures of a month and hot spots, counted by hand."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.assessment.figures import Span, bounds, figures, month_before, month_of, quantile
from fusion.assessment.hot_spots import hot_spots
from fusion.assessment.rows import CaseRow
from fusion.types.place import GeoPoint

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 5, 7, 30, tzinfo=SHANGHAI)
HERE = GeoPoint(120.03, 29.33)


def a_row(number: int = 0, minutes: tuple[float, ...] = (), **more: Any) -> CaseRow:
    """A case with the minutes after it was found at which it was told, acknowledged, handled and closed."""
    names = ("told_at", "acknowledged_at", "handled_at", "closed_at")
    times = {name: START + timedelta(minutes=m) for name, m in zip(names, minutes, strict=False)}
    known: dict[str, Any] = {
        "case_id": f"C{number}",
        "number": f"{number}",
        "kind": "street_stall",
        "grid_id": "R-01",
        "small_grid_id": None,
        "platform": None,
        "worker_id": "W-1",
        "source": "video",
        "point": HERE,
        "found_at": START,
        "opened_at": START,
    }
    return CaseRow(**known | times | more)


def test_figures_are_what_one_counts_by_hand() -> None:
    rows = [
        a_row(1, (1, 2, 12, 20), overdue=False),
        a_row(2, (1, 4, 34, 50), overdue=True, bounced=2, recurrence=True),
        a_row(3, (1,)),
        a_row(4, (1, 2), false=True),
        a_row(5, (9, 9, 9, 9), merged=True),
    ]
    found = figures("R-01", rows)
    assert (found.found, found.open, found.handled, found.closed, found.false) == (4, 1, 2, 2, 1)
    assert (found.on_time, found.overdue, found.on_time_share) == (1, 1, 0.5)
    assert (found.bounced, found.recurrences, found.false_share) == (1, 1, 0.25)
    told, acknowledged, handled, closed, whole = found.spans
    assert told == Span(3, 60, 60)
    assert (acknowledged.count, acknowledged.median_s) == (2, 120)
    assert acknowledged.p90_s == pytest.approx(60 + 0.9 * 120)
    assert (handled.median_s, closed.median_s, whole.median_s) == (20 * 60, 12 * 60, 35 * 60)


def test_a_stretch_whose_ends_are_out_of_order_is_not_counted() -> None:
    assert figures("", [a_row(1, (5, 3))]).spans[1] == Span(0, None, None)


def test_a_month_has_every_day_and_hour_of_the_sites_clock() -> None:
    rows = [a_row(1), a_row(2, opened_at=datetime(2026, 11, 30, 16, 5, tzinfo=ZoneInfo("UTC")), grid_id=None)]
    month = month_of("2026-11", rows, [], SHANGHAI)
    assert len(month.by_day) == 30
    assert dict(month.by_day)[date(2026, 11, 5)] == 1
    assert month.by_hour[7] == 2
    assert [(f.key, f.found) for f in month.by_grid] == [("", 1), ("R-01", 1)]
    assert month.before.found == 0


def test_a_month_begins_and_ends_by_the_sites_clock() -> None:
    start, end = bounds("2026-12", SHANGHAI)
    assert (start.isoformat(), end.isoformat()) == ("2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00")
    assert month_before("2026-01") == "2025-12"
    for wrong in ("2026-13", "november", "2026-1", "0001-01", "9999-12", ""):
        with pytest.raises(ValueError, match=r"month|day|Invalid|0001|9999"):
            bounds(wrong, SHANGHAI)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_quantile_lies_among_the_values(values: list[float], share: float) -> None:
    assert min(values) <= quantile(values, share) <= max(values) + 1e-6


def test_the_figures_do_not_depend_on_the_order_of_the_rows() -> None:
    rows = [a_row(n, (n, n + 1, n + 5, n + 9), grid_id=f"R-{n % 3}", kind=f"k{n % 2}") for n in range(20)]
    shuffled = [*rows[::2], *reversed(rows[1::2])]
    assert month_of("2026-11", rows, rows, SHANGHAI) == month_of("2026-11", shuffled, shuffled, SHANGHAI)
    assert hot_spots(rows, SHANGHAI) == hot_spots(shuffled, SHANGHAI)


def at(east_m: float, hour: int, number: int, **more: Any) -> CaseRow:
    point = GeoPoint(HERE.lon + east_m / 96_930, HERE.lat)
    when = START.replace(hour=hour)
    return a_row(number, point=point, found_at=when, opened_at=when, **more)


def test_a_hot_spot_is_where_it_happens_again_and_again_with_its_hours() -> None:
    rows = [at(10 * n, 17, n) for n in range(5)] + [at(0, 7, 9)]
    rows += [at(2000, 12, 20), at(2010, 12, 21), at(2020, 12, 22, false=True)]
    (spot,) = hot_spots(rows, SHANGHAI, least=3)
    assert (spot.cases, spot.busiest_hour, spot.by_hour[17], spot.by_hour[7]) == (6, 17, 5, 1)
    assert (spot.grid_id, spot.kinds, spot.last_case_id) == ("R-01", (("street_stall", 6),), "C4")
    assert 15 < spot.radius_m < 45


def test_without_cases_there_is_no_hot_spot() -> None:
    assert hot_spots([], SHANGHAI) == ()

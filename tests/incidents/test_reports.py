"""What people report: checked by name, and a signal of its own time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.geo.datum import to_wgs84
from fusion.incidents.reports import ReportsPolicy, ZoneFacts, checked, signal_of
from fusion.types.place import GeoPoint
from fusion.types.report import RawReport, ReportRefused, ReportSource, WhyRefused

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
POLICY = ReportsPolicy()
ZONE = ZoneFacts(
    kinds=("street_stall", "waste_dumping"),
    workers=("W-1",),
    to_wgs84=to_wgs84,
    inside=lambda point: abs(point.lon - 120.03) < 0.05 and abs(point.lat - 29.33) < 0.05,
)
GOOD = RawReport(
    source="8890",
    key="2026-0001",
    kind="street_stall",
    lon=120.03,
    lat=29.33,
    datum="wgs84",
    at=NOW - timedelta(minutes=20),
    text="路口有人摆摊",
    entered_by="import",
)


def test_a_hotlines_report_is_a_signal_with_place_time_error_belief_and_source() -> None:
    report = checked(GOOD, ZONE, POLICY, NOW)
    signal = signal_of(report)
    assert (signal.source, signal.source_id, signal.id) == ("hotline", "8890", "r:8890:2026-0001")
    assert (signal.at, signal.clock_error) == (GOOD.at, timedelta(minutes=5))
    assert signal.since == GOOD.at - timedelta(minutes=5)
    assert (signal.place.uncertainty_m, signal.belief) == (30.0, 0.7)
    assert signal.reason.zh == "8890 热线诉求：路口有人摆摊"


def test_a_workers_own_report_is_the_workers_word() -> None:
    report = checked(replace(GOOD, source="worker", worker_id="W-1", uncertainty_m=8), ZONE, POLICY, NOW)
    assert (report.id, report.source_id, report.place.uncertainty_m) == ("r:worker:W-1:2026-0001", "W-1", 8)


@pytest.mark.parametrize(
    ("change", "why", "says"),
    [
        ({"source": "radio"}, WhyRefused.SOURCE, "wanted: one of 8890"),
        ({"key": ""}, WhyRefused.KEY, "key ''"),
        ({"key": "a b"}, WhyRefused.KEY, "key 'a b'"),
        ({"kind": "noise"}, WhyRefused.KIND, "wanted: one of street_stall, waste_dumping"),
        ({"datum": None}, WhyRefused.DATUM, "datum: missing; wanted: one of wgs84, cgcs2000, gcj02, bd09"),
        ({"datum": ""}, WhyRefused.DATUM, "datum: missing"),
        ({"datum": "wgs72"}, WhyRefused.DATUM, "'wgs72'"),
        ({"lon": 181.0}, WhyRefused.PLACE, "degrees"),
        ({"lat": float("nan")}, WhyRefused.PLACE, "degrees"),
        ({"lon": 29.33, "lat": 85.0, "datum": "gcj02"}, WhyRefused.PLACE, "outside China"),
        ({"lon": 121.0}, WhyRefused.OUTSIDE, "outside the zone"),
        ({"at": NOW + timedelta(minutes=6)}, WhyRefused.FUTURE, "in the future"),
        ({"at": datetime.max.replace(tzinfo=UTC)}, WhyRefused.FUTURE, "in the future"),
        ({"at": NOW - timedelta(days=8)}, WhyRefused.STALE, "too long ago"),
        ({"at": datetime.min.replace(tzinfo=UTC)}, WhyRefused.STALE, "too long ago"),
        ({"since": NOW - timedelta(days=8)}, WhyRefused.STALE, "since"),
        ({"since": NOW}, WhyRefused.TIME, "not after at"),
        ({"at": datetime(2026, 11, 24, 4, 0)}, WhyRefused.TIME, "without its zone"),  # noqa: DTZ001 - that is the point
        ({"clock_error": timedelta(days=2)}, WhyRefused.TIME, "clock_error"),
        ({"uncertainty_m": -1.0}, WhyRefused.PLACE, "uncertainty_m"),
        ({"text": "\x00\n"}, WhyRefused.TEXT, "0 characters"),
        ({"text": "长" * 2001}, WhyRefused.TEXT, "2001 characters"),
        ({"source": "worker"}, WhyRefused.WORKER, "wanted: a worker of the roster"),
        ({"source": "worker", "worker_id": "W-9"}, WhyRefused.WORKER, "'W-9'"),
        ({"worker_id": "W-1"}, WhyRefused.WORKER, "with source 8890"),
    ],
)
def test_a_wrong_report_is_refused_by_name(change: dict[str, Any], why: WhyRefused, says: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        checked(replace(GOOD, **change), ZONE, POLICY, NOW)
    assert refused.value.why is why
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_each_datum_is_converted_at_the_door(datum: str) -> None:
    report = checked(replace(GOOD, datum=datum), ZONE, POLICY, NOW)
    assert report.place.point == to_wgs84(120.03, 29.33, datum)
    assert report.datum == datum


def test_a_site_may_say_what_a_source_is_worth_and_the_others_stay() -> None:
    policy = ReportsPolicy(belief={ReportSource.TIP_OFF: 0.65})
    assert policy.worth(ReportSource.TIP_OFF).belief == 0.65
    assert policy.worth(ReportSource.WORKER).belief == 0.9


def test_words_of_people_stand_in_the_sentence_as_text_that_turns_nothing_round() -> None:
    report = checked(replace(GOOD, text="\u202e<b>مرحبا</b>"), ZONE, POLICY, NOW)
    assert signal_of(report).reason.en == "8890 hotline: \u2068<b>مرحبا</b>\u2069"


_TIMES = st.datetimes(timezones=st.none() | st.just(UTC))


@given(
    st.builds(
        RawReport,
        source=st.sampled_from(["8890", "worker", "x"]),
        key=st.text(max_size=5),
        kind=st.sampled_from(["street_stall", ""]),
        lon=st.floats(),
        lat=st.floats(),
        datum=st.none() | st.sampled_from(["wgs84", "bd09", "x"]),
        at=_TIMES,
        since=st.none() | _TIMES,
        text=st.text(),
        uncertainty_m=st.none() | st.floats(),
        entered_by=st.just("x"),
    )
)
def test_no_report_whatever_breaks_the_door(raw: RawReport) -> None:
    try:
        report = checked(raw, ZONE, POLICY, NOW)
    except ReportRefused:
        return
    assert ZONE.inside(GeoPoint(*report.place.point))

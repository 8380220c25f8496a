"""What a waste bin's fill level makes of its readings."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.alerts.messages import ReadingMessage, decode
from fusion.sensors.base import State
from fusion.sensors.fill_level import FillLevelConfig
from fusion.sensors.reading import own_form
from fusion.types.errors import SiteError, TerminalFault
from fusion.types.place import GeoPoint, Place
from fusion.types.signal import Phase, Signal

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
HERE = Place(GeoPoint(120.03, 29.33), 5.0)


def a_bin(**more: Any) -> FillLevelConfig:
    known = {"id": "B-1", "name": "东门", "point": (120.03, 29.33), "lasts": timedelta(0)}
    return FillLevelConfig.model_validate(known | more)


def payload(percent: object, at: datetime = NOON, **more: object) -> bytes:
    return json.dumps({"at": at.isoformat(), "value": percent} | more).encode()


def told(sensor: FillLevelConfig, *readings: tuple[float, float]) -> list[Signal]:
    """The signals of readings (minutes after noon, percent)."""
    state = State()
    signals: list[Signal] = []
    for minutes, percent in readings:
        at = NOON + timedelta(minutes=minutes)
        state, more = sensor.hear(payload(percent, at), state, HERE, at)
        signals += more
    return signals


def test_a_full_bin_is_told_once_goes_on_and_ends_when_it_was_emptied() -> None:
    signals = told(a_bin(), (0, 40), (15, 93), (16, 94), (30, 95), (45, 70), (60, 20), (75, 30))
    assert [(s.phase, (s.at - NOON) / timedelta(minutes=1)) for s in signals] == [
        (Phase.STARTED, 15),
        (Phase.CONTINUING, 30),
        (Phase.CONTINUING, 45),
        (Phase.ENDED, 60),
    ]
    assert {s.since for s in signals} == {NOON + timedelta(minutes=15)}
    first = signals[0]
    assert (first.source, first.source_id, first.kind, first.place) == ("sensor", "B-1", "waste_dumping", HERE)
    assert first.reason.zh == "垃圾桶“东门”满溢 93%（≥ 90% 已 0 分钟）"
    assert first.reason.data["fill_percent"] == 93


def test_a_level_that_flaps_around_the_threshold_is_one_thing() -> None:
    signals = told(a_bin(repeat=timedelta(hours=9)), *((minute, 90 + 4 * (-1) ** minute) for minute in range(30)))
    assert [s.phase for s in signals] == [Phase.STARTED]


def test_one_full_reading_alone_is_not_told_where_it_must_last() -> None:
    patient = a_bin(lasts=timedelta(minutes=5))
    assert told(patient, (0, 100), (15, 20)) == []
    (signal,) = told(patient, (0, 100), (15, 98))
    assert (signal.since, signal.met_at) == (NOON, NOON + timedelta(minutes=5))


def test_a_bin_that_is_filled_again_is_another_thing() -> None:
    phases = [s.phase for s in told(a_bin(), (0, 95), (15, 10), (30, 95))]
    assert phases == [Phase.STARTED, Phase.ENDED, Phase.STARTED]


def test_a_reading_that_comes_again_or_out_of_order_changes_nothing() -> None:
    sensor = a_bin()
    state, signals = sensor.hear(payload(95), State(), HERE, NOON)
    assert len(signals) == 1
    for late in (payload(95), payload(10, NOON - timedelta(minutes=1))):
        assert sensor.hear(late, state, HERE, NOON + timedelta(minutes=2)) == (state, ())


def test_after_a_restart_the_retained_reading_says_the_same_signal() -> None:
    sensor = a_bin()
    _, before = sensor.hear(payload(95), State(), HERE, NOON)
    _, after = sensor.hear(payload(95), State(), HERE, NOON + timedelta(minutes=40))
    assert before == after


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (b"", "payload: "),
        (b"93", "payload: "),
        (b"\xff\xfe", "payload: "),
        (b"[" * 60_000, "payload: "),
        (b" " * 65_537, "65537 bytes; wanted: 65536 at most"),
        (payload("93"), "payload: Expected `float`"),
        (payload(None), "payload: Expected `float`"),
        (payload(93, battery=3), "unknown field `battery`"),
        (b'{"value": 93}', "missing required field `at`"),
        (b'{"at": "2026-11-24T04:00:00", "value": 93}', "payload: "),
        (payload(101), "value 101; wanted: 0 to 100 percent"),
        (payload(-0.5), "value -0.5; wanted: 0 to 100 percent"),
        (payload(93, NOON - timedelta(hours=7)), "stale; wanted: a reading of the last 6:00:00"),
        (payload(93, NOON + timedelta(minutes=6)), "in the future"),
        (b'{"at": "0001-01-01T00:00:00+14:00", "value": 93}', "stale"),
        (b'{"at": "9999-12-31T23:59:59-14:00", "value": 93}', "in the future"),
    ],
)
def test_a_bad_payload_is_refused_in_one_short_sentence(message: bytes, says: str) -> None:
    with pytest.raises(TerminalFault) as refused:
        a_bin().hear(message, State(), HERE, NOON)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 300
    assert "\n" not in str(refused.value)


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(
    st.binary() | st.dictionaries(st.sampled_from(["at", "value", "x"]), _VALUES).map(lambda d: json.dumps(d).encode())
)
def test_no_payload_whatever_breaks_a_sensor(message: bytes) -> None:
    try:
        a_bin().hear(message, State(), HERE, NOON)
    except TerminalFault:
        return


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "at": st.sampled_from([NOON.isoformat(), "2026-11-24T12:00:00+08:00", "2026-11-24T04:00:00", "now", 5]),
            "value": st.floats() | st.integers() | st.text(max_size=3),
            "unit": st.just("percent"),
        },
    )
)
def test_fusions_own_form_is_what_its_schema_says(message: dict[str, Any]) -> None:
    raw = json.dumps(message).encode()

    def taken(read: Any, *errors: type[Exception]) -> bool:
        try:
            read()
        except errors:
            return False
        return True

    by_sensor = taken(lambda: own_form(raw), TerminalFault)
    assert by_sensor == taken(lambda: decode(ReadingMessage, raw, NOON), SiteError)


def test_full_and_emptied_must_lie_apart() -> None:
    with pytest.raises(ValueError, match="wanted emptied_percent below full_percent, found 95 and 90"):
        a_bin(emptied_percent=95)

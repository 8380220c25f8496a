"""The other kinds of sensors: what each watches for, its unit and range, and silence."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from fusion.sensors.base import SensorConfig, State
from fusion.sensors.fill_level import FillLevelConfig
from fusion.sensors.noise import NoiseConfig
from fusion.sensors.parking import ParkingConfig
from fusion.sensors.smoke import SmokeConfig
from fusion.sensors.tilt import TiltConfig
from fusion.types.errors import TerminalFault
from fusion.types.place import GeoPoint, Place
from fusion.types.signal import Phase, Signal

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
HERE = Place(GeoPoint(120.03, 29.33), 5.0)
KINDS: tuple[type[SensorConfig], ...] = (FillLevelConfig, SmokeConfig, ParkingConfig, NoiseConfig, TiltConfig)


def a_sensor(kind: type[SensorConfig], **more: Any) -> Any:
    return kind.model_validate({"id": "S-1", "name": "东门", "point": (120.03, 29.33)} | more)


def payload(value: object, at: datetime = NOON, **more: object) -> bytes:
    return json.dumps({"at": at.isoformat(), "value": value} | more).encode()


def told(sensor: SensorConfig, *readings: tuple[float, float], start: datetime = NOON) -> list[Signal]:
    """The signals of readings (minutes after the start, value)."""
    state, signals = State(), list[Signal]()
    for minutes, value in readings:
        at = start + timedelta(minutes=minutes)
        state, more = sensor.hear(payload(value, at), state, HERE, at)
        signals += more
    return signals


def phases(signals: list[Signal]) -> list[tuple[Phase, float]]:
    return [(s.phase, (s.at - NOON) / timedelta(minutes=1)) for s in signals]


def test_smoke_that_lasts_is_told_and_a_puff_is_not() -> None:
    sensor = a_sensor(SmokeConfig)
    assert told(sensor, (0, 0.3), (0.2, 0.05)) == []
    signals = told(sensor, (0, 0.3), (1, 0.4), (2, 0.15), (3, 0.05))
    assert phases(signals) == [(Phase.STARTED, 1), (Phase.ENDED, 3)]
    assert signals[0].reason.zh == "烟感“东门”测得烟雾 0.40 dB/m（≥ 0.2 已 60 秒）"
    assert signals[0].kind == "open_burning"


def test_a_bay_that_is_occupied_beyond_its_limit_is_told_until_it_is_free() -> None:
    signals = told(a_sensor(ParkingConfig, repeat=timedelta(hours=1)), (0, 1), (5, 1), (10, 1), (20, 1), (30, 0))
    assert phases(signals) == [(Phase.STARTED, 10), (Phase.ENDED, 30)]
    assert signals[0].reason.en == "parking detector '东门' occupied for 10 min (limit 10 min)"


def test_the_same_noise_is_too_loud_by_night_only() -> None:
    sensor = a_sensor(NoiseConfig, lasts=timedelta(0))
    night = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)  # 22:30 in Shanghai
    assert told(sensor, (0, 56), start=NOON) == []
    (signal,) = told(sensor, (0, 56), start=night)
    assert signal.reason.zh == "噪声“东门”56 dB(A)，超过夜间限值 50，已 0 分钟"
    (by_offset,) = told(sensor, (0, 56), start=night.astimezone(None))
    assert by_offset.reason == signal.reason


def test_noise_around_the_limit_does_not_flap() -> None:
    signals = told(a_sensor(NoiseConfig, lasts=timedelta(0), repeat=timedelta(hours=9)), (0, 64), (5, 61), (10, 59))
    assert phases(signals) == [(Phase.STARTED, 0), (Phase.ENDED, 10)]


def test_a_bin_tilted_to_be_emptied_is_not_told_and_one_that_lies_is() -> None:
    sensor = a_sensor(TiltConfig)
    assert told(sensor, (0, 90), (1, 2)) == []
    assert phases(told(sensor, (0, 90), (3, 88), (60, 1))) == [(Phase.STARTED, 3), (Phase.ENDED, 60)]


@pytest.mark.parametrize(
    ("kind", "value", "unit", "says"),
    [
        (FillLevelConfig, 50, "cm", "unit 'cm'; wanted: percent"),
        (SmokeConfig, 0.1, "ppm", "unit 'ppm'; wanted: dB/m"),
        (SmokeConfig, 21, None, "value 21; wanted: 0 to 20 dB/m"),
        (ParkingConfig, 0.5, None, "value 0.5; wanted: 0 (free) or 1 (occupied)"),
        (ParkingConfig, 2, None, "value 2; wanted: 0 to 1 occupied"),
        (NoiseConfig, -1, "dB(A)", "value -1; wanted: 0 to 150 dB(A)"),
        (TiltConfig, 181, "deg", "value 181; wanted: 0 to 180 deg"),
        (TiltConfig, 3, "rad", "unit 'rad'; wanted: deg"),
    ],
)
def test_a_value_of_another_unit_or_out_of_range_is_refused_and_changes_nothing(
    kind: type[SensorConfig], value: float, unit: str | None, says: str
) -> None:
    with pytest.raises(TerminalFault) as refused:
        a_sensor(kind).hear(payload(value, unit=unit), State(), HERE, NOON)
    assert says in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_own_unit_and_its_other_names_are_taken(kind: type[SensorConfig]) -> None:
    for unit in kind.units:
        state, _ = a_sensor(kind).hear(payload(1, unit=unit), State(), HERE, NOON)
        assert state.value == 1
    assert len(kind.units) >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_carries_the_error_of_the_sensors_clock(kind: type[SensorConfig]) -> None:
    sensor = a_sensor(kind, lasts=timedelta(0), clock_error=timedelta(seconds=30))
    (signal,) = told(sensor, (0, min(sensor.most, 150.0)))
    assert signal.clock_error == timedelta(seconds=30)
    assert signal.place.uncertainty_m == 5.0


@with_settings(deadline=None)
@given(st.sampled_from(KINDS), st.floats() | st.integers(), st.none() | st.text(max_size=20))
def test_no_reading_whatever_breaks_a_kind(kind: type[SensorConfig], value: float, unit: str | None) -> None:
    with contextlib.suppress(TerminalFault):
        a_sensor(kind).hear(payload(value, unit=unit), State(), HERE, NOON)


def test_a_sensor_unheard_for_three_periods_is_silent_since_it_should_have_spoken() -> None:
    sensor = a_sensor(SmokeConfig, period=timedelta(minutes=5))
    assert sensor.silent_since(NOON, NOON + timedelta(minutes=15)) is None
    late = NOON + timedelta(minutes=16)
    assert sensor.silent_since(NOON, late) == NOON + timedelta(minutes=5)
    assert sensor.silence(NOON, late).zh == "传感器“东门”已 16 分钟没有读数（应每 5 分钟一次）"


def test_the_silence_of_a_sensor_without_a_period_says_nothing() -> None:
    assert a_sensor(FillLevelConfig).silent_since(NOON, NOON + timedelta(days=365)) is None

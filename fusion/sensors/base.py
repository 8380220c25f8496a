"""What every sensor kind promises, and what it may rely on.

A sensor kind is one file: a frozen config with its `kind`, which says how a payload is read, when what the
sensor watches for holds, and why. What follows from that (signals that start, go on and end) stands here.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import Field

from fusion.plugins import Config, Duration
from fusion.sensors.reading import Reading, check_time, own_form
from fusion.types.errors import TerminalFault
from fusion.types.place import Datum, Place
from fusion.types.signal import Phase, Reason, Signal

SOURCE: Final = "sensor"
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is remembered of a sensor from one reading to the next."""

    last_at: datetime | None = None  #: when its newest reading was taken
    value: float | None = None  #: of that reading
    since: datetime | None = None  #: since when what it watches for holds; None: it does not
    told_at: datetime | None = None  #: when it was last told of; None: not yet, or not any more


class SensorConfig(Config, ABC):
    """The base of a sensor's config: who it is, where it stands, and what its kind adds.

    Promises of a kind to the caller:
        it reads no clock and does no I/O: the same payload, state and time give the same signals;
        a payload that is not what is wanted is a TerminalFault with one sentence, whatever it holds.
    Promises of the caller:
        payloads of one sensor are given one after the other, and the state that came out goes in again
        (or an older one, when what followed could not be carried out).
    """

    units: ClassVar[tuple[str, ...]] = ()  #: names of the unit of its values, ours first; none: not checked
    least: ClassVar[float] = -math.inf  #: the smallest value that it can measure
    most: ClassVar[float] = math.inf

    kind: str
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    name: str
    point: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]  #: lon, lat
    datum: Datum | None = None  #: of `point`; None: the one that the site names
    grid: str | None = None
    #: None: fusion's own, `fusion/v1/sensors/{id}/readings`; another one where a gateway has its own topics
    topic: Annotated[str, Field(pattern=r"^[^\s$+#:/][^\s+#:]{0,199}$")] | None = None
    event: str  #: what its signals are called: an `EventKind`, or a site's own word
    uncertainty_m: Annotated[float, Field(ge=0, le=1000)] = 5.0
    belief: Share = 0.8
    lasts: Duration = timedelta(0)  #: it must hold for so long before it is told
    repeat: Duration = timedelta(minutes=5)  #: at most so often it is said that it still holds
    oldest: Duration = timedelta(hours=1)  #: a reading that was taken earlier than this is refused
    period: Duration | None = None  #: it speaks at least so often; None: nobody knows, and its silence says nothing
    silent_after: Annotated[int, Field(ge=1, le=1000)] = 3  #: so many periods unheard: it is silent
    clock_error: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=1))] = timedelta(seconds=10)  #: 95 %

    def read(self, payload: bytes) -> Reading:
        """What a payload says, in fusion's own form unless a kind knows another one.

        Raises:
            TerminalFault: it is not of that form.
        """
        return own_form(payload)

    @abstractmethod
    def holds(self, value: float, *, before: bool) -> bool:
        """Whether what the sensor watches for holds at this value, given that it did (not) `before`.

        Raises:
            TerminalFault: the value is none that such a sensor gives, though it is in the range of its kind.
        """

    def holds_at(self, reading: Reading, *, before: bool) -> bool:
        """The same for a kind that judges by the hour, too."""
        return self.holds(reading.value, before=before)

    @abstractmethod
    def reason(self, reading: Reading, since: datetime) -> Reason:
        """The sentence why, with its figures."""

    def hear(self, payload: bytes, state: State, place: Place, now: datetime) -> tuple[State, tuple[Signal, ...]]:
        """What follows from a message.

        Args:
            payload: as it came.
            state: after the sensor's message before.
            place: where the sensor stands.
            now: when it came.

        Returns:
            The state after it, and what is to be told. A reading that is no newer than the one before (a
            retained one that comes again, or one out of order) changes nothing.

        Raises:
            TerminalFault: the payload is bad, or its time is; the state stays as it was.
        """
        reading = self.read(payload)
        check_time(reading.at, now, self.oldest)
        self._check(reading)
        holds = self.holds_at(reading, before=state.since is not None)
        if state.last_at is not None and reading.at <= state.last_at:
            return state, ()
        if not holds:
            ended = (self._said(Phase.ENDED, reading, state, place),) if state.told_at is not None else ()
            return State(last_at=reading.at, value=reading.value), ended
        known = replace(state, last_at=reading.at, value=reading.value, since=state.since or reading.at)
        if known.told_at is None:
            due, phase = reading.at - (known.since or reading.at) >= self.lasts, Phase.STARTED
        else:
            due, phase = reading.at - known.told_at >= self.repeat, Phase.CONTINUING
        if not due:
            return known, ()
        return replace(known, told_at=reading.at), (self._said(phase, reading, known, place),)

    def silent_since(self, heard_at: datetime, now: datetime) -> datetime | None:
        """Since when it is silent, having last been heard (or listened to for the first time) at `heard_at`."""
        if self.period is None or now - heard_at <= self.silent_after * self.period:
            return None
        return heard_at + self.period

    def silence(self, heard_at: datetime, now: datetime) -> Reason:
        """The sentence on a silent sensor, for its health."""
        unheard, period = now - heard_at, self.period or timedelta(0)
        return Reason(
            zh=f"传感器“{self.name}”已 {_minutes(unheard)} 分钟没有读数（应每 {_minutes(period)} 分钟一次）",
            en=f"sensor {self.name!r} unheard for {_minutes(unheard)} min (expected every {_minutes(period)} min)",
            data={"unheard_s": unheard.total_seconds(), "period_s": period.total_seconds()},
        )

    def _check(self, reading: Reading) -> None:
        unit = self.units[0] if self.units else ""
        if self.units and reading.unit is not None and reading.unit not in self.units:
            raise TerminalFault(f"unit {reading.unit[:16]!r}; wanted: {unit}, or no unit")
        if not self.least <= reading.value <= self.most:  # NaN fails here too
            raise TerminalFault(f"value {reading.value:g}; wanted: {self.least:g} to {self.most:g} {unit}".rstrip())

    def _said(self, phase: Phase, reading: Reading, state: State, place: Place) -> Signal:
        since = state.since or reading.at
        moment = int(reading.at.timestamp() * 1000)
        return Signal(
            # Made from what is said: the same reading, told twice, is one signal.
            id=f"s:{self.id}:{self.event}:{phase}:{moment}",
            kind=self.event,
            phase=phase,
            source=SOURCE,
            source_id=self.id,
            thing_id=self.kind,
            at=reading.at,
            since=since,
            met_at=min(since + self.lasts, reading.at),
            place=place,
            belief=self.belief,
            zone_id=None,
            reason=self.reason(reading, since),
            clock_error=self.clock_error,
        )


def _minutes(length: timedelta) -> str:
    minutes = length / timedelta(minutes=1)
    return f"{minutes:.1f}".removesuffix(".0") if minutes < 10 else f"{minutes:.0f}"

"""Sensors' messages from MQTT: each goes to its sensor, and what follows from it goes on the bus as a signal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from fusion import metrics
from fusion.alerts.topics import READINGS
from fusion.sensors.base import SensorConfig, State
from fusion.types.errors import TerminalFault
from fusion.types.place import Place
from fusion.types.sensor import SensorStatus
from fusion.types.signal import Signal

_LOG = structlog.get_logger()


@dataclass(slots=True)
class _Known:
    """One sensor."""

    config: SensorConfig
    place: Place
    listened_at: datetime  #: since when it could be heard
    state: State = field(default_factory=State)  #: after its newest message whose signals are on the bus
    heard_at: datetime | None = None  #: when its newest good reading came
    refused: int = 0
    why_refused: str = ""


def topic_of(config: SensorConfig) -> str:
    """Where a sensor publishes."""
    return config.topic or READINGS.of(config.id)


class Sensors:
    """Called by the link with every inbound message, on one thread; raises only when `put` does.

    `put` must return only when the signal is safe (on the bus), or raise PeerFault: then the same message is
    given again later, and the sensor's state is still the one before it.
    """

    def __init__(
        self,
        sensors: Iterable[tuple[SensorConfig, Place]],
        put: Callable[[Signal], None],
        others: Callable[[str, bytes], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`others` takes what is no sensor's."""
        started = now()
        self._by_topic = {topic_of(config): _Known(config, place, started) for config, place in sensors}
        self._put, self._others, self._now = put, others, now

    @property
    def subscriptions(self) -> list[tuple[str, int]]:
        """(topic, QoS) of each sensor."""
        return [(topic, READINGS.qos) for topic in self._by_topic]

    def __call__(self, topic: str, payload: bytes) -> None:
        """One message, of a sensor or of somebody else."""
        known = self._by_topic.get(topic)
        if known is None:
            self._others(topic, payload)
            return
        try:
            after, signals = known.config.hear(payload, known.state, known.place, self._now())
        except TerminalFault as error:
            known.refused, known.why_refused = known.refused + 1, str(error)[:300]
            metrics.REFUSED.labels("sensor", "payload").inc()
            _LOG.warning("reading refused", sensor=known.config.id, topic=topic, why=str(error)[:300])
            return
        for signal in signals:
            self._put(signal)
            metrics.SIGNALS.labels(signal.kind, str(signal.phase)).inc()
            _LOG.info("signal", sensor=known.config.id, kind=signal.kind, phase=str(signal.phase), why=signal.reason.en)
        known.state, known.heard_at = after, self._now()

    def statuses(self) -> list[SensorStatus]:
        """How every sensor is doing now; from any thread."""
        now = self._now()
        return [_status(known, now) for known in self._by_topic.values()]


def _status(known: _Known, now: datetime) -> SensorStatus:
    config, state = known.config, known.state
    last = known.heard_at or known.listened_at
    silent_since = config.silent_since(last, now)
    said = config.silence(last, now) if silent_since is not None else None
    return SensorStatus(
        sensor_id=config.id,
        name=config.name,
        kind=config.kind,
        place=known.place,
        heard_at=known.heard_at,
        silent_since=silent_since,
        value=state.value,
        unit=config.units[0] if config.units else "",
        holds_since=state.since,
        refused=known.refused,
        why_refused=known.why_refused,
        zh=said.zh if said else "",
        en=said.en if said else "",
    )

"""Camera health as signals: how each terminal is goes out retained, once at the start and then at each change."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime

import structlog

from fusion import metrics
from fusion.alerts.messages import TerminalHealth, TroubleMessage, encode
from fusion.alerts.topics import HEALTH
from fusion.types.errors import SiteError
from fusion.types.phone import OutboxMessage
from fusion.types.terminal import Health, TerminalStatus, TroubleKind

_LOG = structlog.get_logger()
_EACH_S = 2.0
_MOST_AT_ONCE = 200  #: messages a round; 500 cameras gone at once take three
_State = tuple[str, frozenset[TroubleKind]]

Send = Callable[[OutboxMessage], Future[None] | None]


class HealthSignals(threading.Thread):
    """Compares what is known with what was said. What the broker did not take is said in the next round.

    These do not go through the outbox: a state that was overtaken is worth nothing, and the newest is retained. So is
    what an engine before this one said: each terminal is told of once, or a camera that was black then would be so for
    ever. One that is connecting is not told of before it is known how it fares.
    """

    def __init__(self, statuses: Callable[[], Sequence[TerminalStatus]], send: Send) -> None:
        super().__init__(name="health-signals", daemon=True)
        self._statuses, self._send = statuses, send
        self._said: dict[str, _State] = {}
        self._sent: dict[str, tuple[_State | None, Future[None]]] = {}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Until told to stop."""
        while not self._stopping.wait(_EACH_S):
            self.tell(datetime.now(UTC))

    def stop(self) -> None:
        """End soon. Twice is harmless."""
        self._stopping.set()
        if self.is_alive():
            self.join(_EACH_S)

    def tell(self, now: datetime) -> int:
        """One round; how many messages were sent."""
        self._settle()
        statuses = self._statuses()
        told = 0
        for terminal_id in self._said.keys() - {status.terminal_id for status in statuses} - self._sent.keys():
            # It is off the register: an empty payload takes the retained message away (MQTT 3.1.1, 3.3.1.3).
            if told >= _MOST_AT_ONCE or not self._publish(terminal_id, None, b"", now):
                return told
            told += 1
        for status in statuses:
            state = str(status.health), frozenset(trouble.kind for trouble in status.troubles)
            before = self._said.get(status.terminal_id)
            unknown = before is None and status.health is Health.CONNECTING and not state[1]
            if status.terminal_id in self._sent or state == before or unknown:
                continue
            if told >= _MOST_AT_ONCE or not self._tell(status, state, before, now):
                break
            told += 1
        return told

    def _tell(self, status: TerminalStatus, state: _State, before: _State | None, now: datetime) -> bool:
        if not self._publish(status.terminal_id, state, encode(message_of(status, now)), now):
            return False
        had = before[1] if before else frozenset()
        for kind in sorted(state[1] - had):
            metrics.TROUBLES_RAISED.labels(str(kind)).inc()
            said = next(trouble for trouble in status.troubles if trouble.kind is kind)
            _LOG.warning("camera trouble", terminal=status.terminal_id, kind=str(kind), why=said.en)
        for kind in sorted(had - state[1]):
            _LOG.info("camera trouble over", terminal=status.terminal_id, kind=str(kind))
        return True

    def _publish(self, terminal_id: str, state: _State | None, payload: bytes, now: datetime) -> bool:
        """Whether the broker may have it; None: the terminal is no longer spoken of."""
        try:
            topic = HEALTH.of(terminal_id)
        except SiteError as error:
            if state is not None:
                self._said[terminal_id] = state
            else:
                self._said.pop(terminal_id, None)
            _LOG.warning("health not told", error=str(error))
            return True
        moment = int(now.timestamp() * 1000)
        taken = self._send(OutboxMessage(id=f"h:{terminal_id}:{moment}", topic=topic, payload=payload, retain=True))
        if taken is None:
            return False
        self._sent[terminal_id] = state, taken
        return True

    def _settle(self) -> None:
        """What the broker took is said; what it did not take is not."""
        for terminal_id, (state, taken) in list(self._sent.items()):
            if not taken.done():
                continue
            del self._sent[terminal_id]
            if taken.exception() is not None:
                continue
            if state is None:
                self._said.pop(terminal_id, None)
            else:
                self._said[terminal_id] = state


def message_of(status: TerminalStatus, now: datetime) -> TerminalHealth:
    """The message that says how a terminal is."""
    troubles = tuple(
        TroubleMessage(kind=str(trouble.kind), since=trouble.since, zh=trouble.zh, en=trouble.en)
        for trouble in status.troubles
    )
    return TerminalHealth(terminal_id=status.terminal_id, health=str(status.health), troubles=troubles, at=now)

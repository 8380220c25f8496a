"""Camera health as signals: each change of a terminal's troubles goes out once, retained, for whoever listens."""

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
from fusion.types.terminal import TerminalStatus, TroubleKind

_LOG = structlog.get_logger()
_EACH_S = 2.0
_MOST_AT_ONCE = 200  #: messages a round; 500 cameras gone at once take three
_State = tuple[str, frozenset[TroubleKind]]

Send = Callable[[OutboxMessage], Future[None] | None]


class HealthSignals(threading.Thread):
    """Compares what is known with what was said. What the broker did not take is said in the next round.

    These do not go through the outbox: a state that was overtaken is worth nothing, and the newest is retained.
    """

    def __init__(self, statuses: Callable[[], Sequence[TerminalStatus]], send: Send) -> None:
        super().__init__(name="health-signals", daemon=True)
        self._statuses, self._send = statuses, send
        self._said: dict[str, _State] = {}
        self._sent: dict[str, tuple[_State, Future[None]]] = {}
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
        """One round; how many changes were sent."""
        self._settle()
        told = 0
        for status in self._statuses():
            state = str(status.health), frozenset(trouble.kind for trouble in status.troubles)
            before = self._said.get(status.terminal_id)
            # A terminal that is well needs no word before it was once unwell.
            if status.terminal_id in self._sent or state == before or (before is None and not state[1]):
                continue
            if told >= _MOST_AT_ONCE or not self._tell(status, state, before, now):
                break
            told += 1
        return told

    def _tell(self, status: TerminalStatus, state: _State, before: _State | None, now: datetime) -> bool:
        try:
            topic = HEALTH.of(status.terminal_id)
        except SiteError as error:
            self._said[status.terminal_id] = state
            _LOG.warning("health not told", error=str(error))
            return True
        message = message_of(status, now)
        moment = int(now.timestamp() * 1000)
        taken = self._send(
            OutboxMessage(id=f"h:{status.terminal_id}:{moment}", topic=topic, payload=encode(message), retain=True)
        )
        if taken is None:
            return False
        self._sent[status.terminal_id] = state, taken
        had = before[1] if before else frozenset()
        for kind in sorted(state[1] - had):
            metrics.TROUBLES_RAISED.labels(str(kind)).inc()
            said = next(trouble for trouble in status.troubles if trouble.kind is kind)
            _LOG.warning("camera trouble", terminal=status.terminal_id, kind=str(kind), why=said.en)
        for kind in sorted(had - state[1]):
            _LOG.info("camera trouble over", terminal=status.terminal_id, kind=str(kind))
        return True

    def _settle(self) -> None:
        """What the broker took is said; what it did not take is not."""
        for terminal_id, (state, taken) in list(self._sent.items()):
            if taken.done():
                del self._sent[terminal_id]
                if taken.exception() is None:
                    self._said[terminal_id] = state


def message_of(status: TerminalStatus, now: datetime) -> TerminalHealth:
    """The message that says how a terminal is."""
    troubles = tuple(
        TroubleMessage(kind=str(trouble.kind), since=trouble.since, zh=trouble.zh, en=trouble.en)
        for trouble in status.troubles
    )
    return TerminalHealth(terminal_id=status.terminal_id, health=str(status.health), troubles=troubles, at=now)

"""Sends the outbox: in order, marked as sent only when the peer has it, never what has expired."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol

import structlog

from fusion import metrics
from fusion.alerts.notifier import Notifier, addressed
from fusion.types.errors import PeerFault
from fusion.types.phone import OutboxMessage

_LOG = structlog.get_logger()
_WINDOW = 100  # messages under way at once, for each way
_LOOK_AGAIN_S = 1.0
_STUCK_S = 60.0  # no word about a message for so long: sent again, with the same id
_LAST_WORDS_S = 1.0
_MOST_READ = 100_000


class Outbox(Protocol):
    """Where unsent messages lie."""

    def unsent(self, most: int = 100) -> Sequence[OutboxMessage]:
        """The oldest unsent ones."""

    def mark_sent(self, ids: Sequence[str], at: datetime) -> None:
        """These need not be sent any more."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    way: str
    future: Future[None]
    since_s: float


class Publisher:
    """One thread. `notify()` after a commit makes it look at once; it looks by itself each second.

    At most 100 messages of each way are under way. A message whose connection was lost is sent again, with the
    same id, in the outbox's order; a phone knows an id that it had before. `others` are the notifiers beside
    MQTT, by name; one that is away, or that never answers, holds up its own messages only.
    """

    def __init__(
        self,
        outbox: Outbox,
        notifier: Notifier,
        others: Mapping[str, Notifier] = MappingProxyType({}),
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._outbox, self._ways, self._now = outbox, {"": notifier, **others}, now
        self._changed = threading.Condition()
        self._pending = True
        self._closed = False
        self._under_way: dict[str, _UnderWay] = {}
        self._done: list[str] = []  #: the peer has them, the outbox does not know yet
        self._not_before_s: dict[str, float] = {}  #: of a way that just failed
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def notify(self) -> None:
        """Something new lies in the outbox."""
        with self._changed:
            self._pending = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Wait a moment for what is under way, then stop; what is unsent stays in the outbox."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._done or self._closed, _LOOK_AGAIN_S)
                self._pending = False
            self._turn()
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, _LAST_WORDS_S)
        self._turn()

    def _turn(self) -> None:
        try:
            self._mark()
            if not self._closed:
                self._fill()
        except PeerFault as error:
            _LOG.warning("outbox not reachable", error=str(error))
            self._rest()
        except Exception:  # noqa: BLE001 - a loop's top: the thread must outlive a fault of ours
            _LOG.exception("outbox not served")
            self._rest()

    def _rest(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, _LOOK_AGAIN_S)

    def _mark(self) -> None:
        """Tell the outbox; ids stay in `_done` until it knows, so that none of them is sent again."""
        with self._changed:
            done = list(self._done)
        if not done:
            return
        self._outbox.mark_sent(done, self._now())
        with self._changed:
            del self._done[: len(done)]
        metrics.ALERTS.inc(len(done))

    def _fill(self) -> None:
        """Send until the window is full or nothing is left that can be sent now."""
        self._forget_stuck()
        most, blocked = 2 * _WINDOW, set[str]()
        while True:
            batch = self._outbox.unsent(most)
            metrics.OUTBOX.set(len(batch))
            busy = self._send(batch, blocked)
            if len(batch) < most or len(blocked) == len(self._ways) or busy:
                return
            # All of this batch waits for ways that are away: look behind it for the other ways' messages.
            most = min(most * 4, _MOST_READ)
            if len(batch) >= _MOST_READ:
                return

    def _send(self, batch: Sequence[OutboxMessage], blocked: set[str]) -> bool:
        """Hand over what can be; a way that takes nothing now is added to `blocked`. Whether one has its window full.

        The order stays: where one message of a way waits, its later ones wait too.
        """
        given_up: list[str] = []
        busy = False
        for message in batch:
            name, inner = addressed(message)
            if self._closed or self._knows(message.id) or name in blocked:
                continue
            if message.expires_at is not None and message.expires_at <= self._now():
                given_up.append(message.id)
                self._drop("alert expired", message)
            elif name not in self._ways:
                given_up.append(message.id)
                self._drop("no such notifier", message)
            elif self._room(name) == 0:
                busy = True  # it answers soon, and the next turn goes on from here
                blocked.add(name)
            elif not self._hand_over(name, message.id, inner):
                blocked.add(name)
        if given_up:
            self._outbox.mark_sent(given_up, self._now())
        return busy

    def _hand_over(self, name: str, row_id: str, message: OutboxMessage) -> bool:
        if time.monotonic() < self._not_before_s.get(name, 0.0):
            return False
        future = self._ways[name].send(message)
        if future is None:
            return False
        with self._changed:
            self._under_way[row_id] = _UnderWay(name, future, time.monotonic())
        future.add_done_callback(lambda ended: self._ended(name, row_id, ended))
        return True

    def _ended(self, name: str, row_id: str, future: Future[None]) -> None:
        with self._changed:
            entry = self._under_way.get(row_id)
            if entry is None or entry.future is not future:
                return  # was given up as stuck and is counted by its second sending
            del self._under_way[row_id]
            if future.cancelled() or future.exception() is not None:
                self._not_before_s[name] = time.monotonic() + _LOOK_AGAIN_S
            else:
                self._done.append(row_id)
            self._changed.notify_all()

    def _knows(self, row_id: str) -> bool:
        with self._changed:
            return row_id in self._under_way or row_id in self._done

    def _room(self, name: str) -> int:
        with self._changed:
            return _WINDOW - sum(entry.way == name for entry in self._under_way.values())

    def _forget_stuck(self) -> None:
        before_s = time.monotonic() - _STUCK_S
        with self._changed:
            for row_id in [row_id for row_id, entry in self._under_way.items() if entry.since_s < before_s]:
                del self._under_way[row_id]

    @staticmethod
    def _drop(reason: str, message: OutboxMessage) -> None:
        _LOG.warning("message given up", reason=reason, id=message.id, topic=message.topic)
        metrics.DROPS.labels(reason).inc()

"""Sends the outbox: in order, marked as sent only when the broker acknowledged, never what has expired."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog

from fusion import metrics
from fusion.types.errors import PeerFault
from fusion.types.phone import OutboxMessage

_LOG = structlog.get_logger()
_BATCH = 100
_LOOK_AGAIN_S = 1.0
_ACKNOWLEDGED_WITHIN_S = 10.0


class Outbox(Protocol):
    """Where unsent messages lie."""

    def unsent(self, most: int = 100) -> Sequence[OutboxMessage]:
        """The oldest unsent ones."""

    def mark_sent(self, ids: Sequence[str], at: datetime) -> None:
        """The broker has these."""


class Sender(Protocol):
    """The connection to the broker."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int | None:
        """The packet id, or None when there is no connection."""

    def on_acknowledged(self, callback: Callable[[int], None]) -> None:
        """Whom to tell of acknowledgements."""


class Publisher:
    """One thread. `notify()` after a commit makes it look at once; it looks by itself each second."""

    def __init__(self, outbox: Outbox, sender: Sender) -> None:
        self._outbox, self._sender = outbox, sender
        self._changed = threading.Condition()
        self._pending = False
        self._closed = False
        self._acknowledged: set[int] = set()
        sender.on_acknowledged(self._on_acknowledged)
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
        """Stop; what is unsent stays in the outbox."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout=5)

    def _on_acknowledged(self, mid: int) -> None:
        with self._changed:
            self._acknowledged.add(mid)
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closed, _LOOK_AGAIN_S)
                if self._closed:
                    return
                self._pending = False
            try:
                while self._send_batch():
                    pass
            except PeerFault as error:
                _LOG.warning("outbox not readable", error=str(error))

    def _send_batch(self) -> bool:
        """Send what is next; True when there may be more."""
        batch = self._outbox.unsent(_BATCH)
        metrics.OUTBOX.set(len(batch))
        now = datetime.now(UTC)
        expired = [message.id for message in batch if message.expires_at is not None and message.expires_at <= now]
        if expired:
            _LOG.warning("alerts expired before the broker took them", count=len(expired))
            metrics.DROPS.labels("alert expired").inc(len(expired))
            self._outbox.mark_sent(expired, now)
        sent: dict[int, str] = {}
        with self._changed:
            self._acknowledged.clear()
        for message in batch:
            if message.id in expired:
                continue
            mid = self._sender.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)
            if mid is None:
                break  # no connection: the order stays, the rest waits
            sent[mid] = message.id
        taken = self._await(sent)
        if taken:
            self._outbox.mark_sent(taken, datetime.now(UTC))
            metrics.ALERTS.inc(len(taken))
        return len(batch) == _BATCH and len(taken) + len(expired) == len(batch)

    def _await(self, sent: dict[int, str]) -> list[str]:
        """Ids that the broker acknowledged; the others are sent again with the same id, which phones know as one."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or sent.keys() <= self._acknowledged, _ACKNOWLEDGED_WITHIN_S)
            return [message_id for mid, message_id in sent.items() if mid in self._acknowledged]

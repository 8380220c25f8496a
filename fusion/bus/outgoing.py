"""Messages on their way to the bus: in order, kept while the bus is away, in a bounded backlog."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from fusion import metrics
from fusion.types.errors import PeerFault

_LOG = structlog.get_logger()
_RETRY_S = 0.5
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One message and the stream that it is for."""

    stream: str
    payload: bytes


class Outgoing:
    """One thread that sends. `send` puts a batch on the bus in its order, or raises PeerFault; then it is tried again.

    A batch that failed half-way is sent whole again: whoever handles a message knows its id.
    """

    def __init__(self, send: Callable[[Sequence[Message]], None], most: int) -> None:
        self._send, self._most = send, most
        self._waiting: deque[Message] = deque()
        self._under_way = 0  #: how many at the head of `_waiting` are being sent
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="bus-publish", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, message: Message) -> None:
        """Queue a message; when too many wait, the oldest that is not being sent is given up and counted."""
        with self._changed:
            if len(self._waiting) >= self._most:
                metrics.DROPS.labels("bus backlog full").inc()
                if self._under_way == len(self._waiting):
                    return
                del self._waiting[self._under_way]
            self._waiting.append(message)
            self._changed.notify_all()

    def put(self, message: Message, timeout_s: float) -> bool:
        """Queue a message and wait until it is on the bus; False: it was taken back, or may come after all."""
        with self._changed:
            if self._closed or len(self._waiting) >= self._most:
                return False
            self._waiting.append(message)
            self._changed.notify_all()
            if self._changed.wait_for(lambda: message not in self._waiting, timeout_s):
                return True
            if self._waiting.index(message) >= self._under_way:
                self._waiting.remove(message)
            return False

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything is on the bus."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout_s)

    def close(self, timeout_s: float) -> None:
        """Send what the bus takes within `timeout_s`, then stop; what is left is said."""
        self.settle(timeout_s)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout=10)
        if self._waiting:
            _LOG.error("messages lost: the bus was away when fusion stopped", messages=len(self._waiting))
            metrics.DROPS.labels("bus away at stop").inc(len(self._waiting))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                batch = [self._waiting[i] for i in range(min(_AT_ONCE, len(self._waiting)))]
                self._under_way = len(batch)
            sent = self._sent(batch)
            with self._changed:
                self._under_way = 0
                if sent:
                    for _ in batch:
                        self._waiting.popleft()
                    self._changed.notify_all()
                else:
                    self._changed.wait_for(lambda: self._closed, _RETRY_S)

    def _sent(self, batch: Sequence[Message]) -> bool:
        try:
            self._send(batch)
        except PeerFault:
            return False  # said by whoever raised it
        except Exception:  # noqa: BLE001 - a loop's top: messages wait, and the fault is seen
            _LOG.exception("messages not sent")
            return False
        return True

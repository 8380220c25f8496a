"""Between the connection and the bus: messages are acknowledged to the broker only when they were taken."""

import queue
import threading
from collections.abc import Callable

import structlog

from fusion import metrics
from fusion.alerts.session import Arrival
from fusion.types.errors import PeerFault

_LOG = structlog.get_logger()
_MOST_WAITING = 5000  # the broker itself bounds QoS 1; this bounds positions (QoS 0)
_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


class Inbox:
    """One thread, in the order of arrival, so that a slow bus does not keep the connection from its pings.

    `take` may block. When it raises PeerFault the message is tried again until it is taken: the broker still
    has it, so a process that dies in between loses nothing. Any other error is a fault of ours in that one
    message: it is logged, counted and left behind, and the next ones go on.
    """

    def __init__(self, take: Callable[[str, bytes], None]) -> None:
        self._take = take
        self._waiting: queue.SimpleQueue[Arrival | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Begin to take."""
        self._thread.start()

    def put(self, arrival: Arrival) -> None:
        """Queue a message; a QoS 0 one is given up (and counted) when too many wait."""
        if arrival.qos == 0 and self._waiting.qsize() >= _MOST_WAITING:
            metrics.DROPS.labels("inbox full").inc()
            return
        self._waiting.put(arrival)

    def stop(self) -> None:
        """Finish the message at hand; those that wait come again from the broker."""
        self._stopping.set()
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            arrival = self._waiting.get()
            if arrival is not None and self._taken(arrival):
                arrival.taken()

    def _taken(self, arrival: Arrival) -> bool:
        pause_s = _PAUSE_S
        while not self._stopping.is_set():
            try:
                self._take(arrival.topic, arrival.payload)
            except PeerFault as error:
                _LOG.warning("phone's message waits", topic=arrival.topic[:200], error=str(error))
                self._stopping.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            except Exception as error:  # noqa: BLE001 - a loop's top: one bad message must not stop the others
                metrics.REFUSED.labels("mqtt", "fault").inc()
                _LOG.error("phone's message not handled", topic=arrival.topic[:200], error=repr(error)[:500])
                return True
            else:
                return True
        return False

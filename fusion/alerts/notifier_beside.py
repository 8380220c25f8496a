"""A notifier beside MQTT, on a thread of its own: whatever it does, alerts by MQTT go on and cases are written."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from datetime import UTC, datetime, timedelta

import structlog

from fusion.alerts.notifier import Notifier
from fusion.logs import without_secrets
from fusion.types.errors import PeerFault
from fusion.types.phone import OutboxMessage

_LOG = structlog.get_logger()
_MOST_UNDER_WAY = 50
_SLOW_S = 30.0  # no word for so long: it is shown as away
_FORGET_S = 60.0  # the publisher has given up by then, and sends again
_STOP_WITHIN_S = 3.0

_Job = tuple[OutboxMessage, Future[None]]


class Beside(Notifier):
    """A site's notifier that may be slow, hang or raise; says how it does (`well`, `since`, `detail`) like a peer.

    `send` never waits. What the notifier has not finished is bounded: then it takes nothing more, and messages
    stay in the outbox.
    """

    def __init__(self, name: str, inner: Notifier, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name = name
        self._inner, self._now = inner, now
        self._guard = threading.Lock()
        self._state: tuple[bool, datetime, str] = (True, now(), "")
        self._open: dict[Future[None], float] = {}  #: under way, with when (monotonic) it was taken
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"notifier {name}", daemon=True)
        self._thread.start()

    @property
    def well(self) -> bool:
        """Whether the last message went well, and none hangs."""
        return self._now_state()[0]

    @property
    def since(self) -> datetime:
        """Since when it has been well, or away."""
        return self._now_state()[1]

    @property
    def detail(self) -> str:
        """What was wrong, without secrets."""
        return self._now_state()[2]

    def wants(self, message: OutboxMessage) -> bool:
        """As the notifier says; it is asked within the transaction of a case, which no fault of it may undo."""
        try:
            return self._inner.wants(message)
        except Exception as error:  # noqa: BLE001 - a site's code: its fault must not undo the case
            self._say(well=False, detail=f"wants: {_plain(error)}")
            return True

    def send(self, message: OutboxMessage) -> Future[None] | None:
        """Hand it to the notifier's thread; None while too much is under way."""
        future: Future[None] = Future()
        with self._guard:
            self._forget_lost()
            if self._closed or len(self._open) >= _MOST_UNDER_WAY:
                return None
            self._open[future] = time.monotonic()
        self._waiting.put((message, future))
        return future

    def stop(self) -> None:
        """Stop the notifier; one that hangs is left behind."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._waiting.put(None)
        self._thread.join(_STOP_WITHIN_S)
        if self._thread.is_alive():
            _LOG.warning("notifier left behind: it hangs", name=self.name)

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None:
            if self._closed:
                self._end(job[1], PeerFault("fusion stops"), told=False)
            else:
                self._hand_over(*job)
        try:
            self._inner.stop()
        except Exception:  # noqa: BLE001 - a site's code: its fault must not keep fusion from ending
            _LOG.exception("notifier does not stop", name=self.name)

    def _hand_over(self, message: OutboxMessage, future: Future[None]) -> None:
        if message.expires_at is not None and message.expires_at <= self._now():
            self._end(future, PeerFault("expired while it waited"), told=False)  # the outbox gives it up
            return
        try:
            answer = self._inner.send(message)
        except Exception as error:  # noqa: BLE001 - a loop's top: the thread must outlive a fault of a site's code
            self._end(future, error)
            return
        if answer is None:
            self._end(future, PeerFault("takes nothing now"))
        else:
            answer.add_done_callback(lambda ended: self._end(future, _fault_of(ended)))

    def _end(self, future: Future[None], fault: BaseException | None, *, told: bool = True) -> None:
        with self._guard:
            self._open.pop(future, None)
        if told:
            self._say(well=fault is None, detail="" if fault is None else _plain(fault))
        try:
            if fault is None:
                future.set_result(None)
            else:
                future.set_exception(PeerFault(f"notifier {self.name}: {_plain(fault)}"))
        except InvalidStateError:
            _LOG.warning("notifier answered twice", name=self.name)

    def _say(self, *, well: bool, detail: str) -> None:
        with self._guard:
            before, since, said = self._state
            if (before, said) == (well, detail):
                return
            self._state = (well, since if before == well else self._now(), detail)
        if before != well:
            (_LOG.info if well else _LOG.warning)(
                "notifier is back" if well else "notifier is away", name=self.name, detail=detail
            )

    def _now_state(self) -> tuple[bool, datetime, str]:
        with self._guard:
            oldest_s = time.monotonic() - min(self._open.values(), default=time.monotonic())
            if self._state[0] and oldest_s > _SLOW_S:
                return False, self._now() - timedelta(seconds=oldest_s), f"no answer for {oldest_s:.0f} s"
            return self._state

    def _forget_lost(self) -> None:
        before_s = time.monotonic() - _FORGET_S
        for future in [future for future, since_s in self._open.items() if since_s < before_s]:
            if not self._waiting.empty():
                return  # its thread itself hangs: more would only pile up
            del self._open[future]


def _fault_of(future: Future[None]) -> BaseException | None:
    return PeerFault("cancelled") if future.cancelled() else future.exception()


def _plain(error: BaseException) -> str:
    return without_secrets(str(error) or type(error).__name__)[:200]

"""The parent's side of one shard: starts its process, listens to it, and starts it again whatever ends it."""

import itertools
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from fusion import metrics
from fusion.children import Child
from fusion.shards.order import Order, Report
from fusion.types.errors import FusionError, PeerFault, SiteError

_LOG = structlog.get_logger()
_START_S = 30.0
_SILENT_S = 15.0  #: a shard that does not report for this long hangs
_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
_STEADY_S = 60.0  #: a process that lived this long ends the growing of the pauses


class Shard:
    """One shard over all its processes. Its thread starts them, since the kernel ends a child with that thread."""

    def __init__(self, number: int, order: Callable[[], Order], hear: Callable[[bytes], None], log: Path) -> None:
        """What it is given.

        Args:
            number: from 0.
            order: what its next process is to do; asked at each start.
            hear: called with each packed signal, on the shard's thread.
            log: where what its processes say goes.
        """
        self.number = number
        self.report: Report | None = None  #: the newest; kept while a process is started again
        self.fresh = False  #: whether the report is of the process that lives now
        self.restarts = 0
        self._order, self._hear, self._log = order, hear, log
        self._child: Child | None = None
        self._pipe: Connection | None = None
        self._sending = threading.Lock()
        self._later: list[tuple[int | None, str, tuple[object, ...]]] = []  #: told while a process was being started
        self._numbers = itertools.count()
        self._asked: dict[int, Future[Any]] = {}
        self._stopping = threading.Event()
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name=f"shard {number}", daemon=True)

    def start(self) -> None:
        """Start its first process; returns at once, see `wait`."""
        self._thread.start()

    def wait(self) -> None:
        """Return when its first process is ready.

        Raises:
            SiteError: it refuses its order: a model that is missing, say.
            PeerFault: it does not start.
        """
        self._started.result(_START_S)

    @property
    def pid(self) -> int | None:
        """The process id now; None while there is none."""
        child = self._child
        return child.pid if child is not None and child.running else None

    def ask(self, what: str, *args: object, timeout_s: float = 5.0) -> Any:
        """Have something answered.

        Raises:
            PeerFault: its process is being started again, or gives no answer in time.
        """
        number, answer = next(self._numbers), Future[Any]()
        self._asked[number] = answer
        try:
            self._send((number, what, args))
            result = answer.result(timeout_s)
        except TimeoutError:
            raise PeerFault(f"shard {self.number}: no answer within {timeout_s:g} s") from None
        finally:
            self._asked.pop(number, None)
        if isinstance(result, FusionError):
            raise result
        return result

    def tell(self, what: str, *args: object) -> None:
        """Have something done; while its process is being started, as soon as that is ready."""
        with self._sending:
            if self._pipe is None:
                self._later.append((None, what, args))
                return
        try:
            self._send((None, what, args))
        except PeerFault:
            _LOG.info("shard has ended, and its next process begins with all of it", shard=self.number, what=what)

    def stop(self, timeout_s: float = 3.0) -> None:
        """End its process; its last report stays. Twice is harmless."""
        self._stopping.set()
        self.tell("stop")
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._child is not None:
            self._child.stop(0.5)

    def _send(self, message: tuple[int | None, str, tuple[object, ...]]) -> None:
        with self._sending:
            if self._pipe is None:
                raise PeerFault(f"shard {self.number}: is being started again")
            try:
                self._pipe.send(message)
            except OSError:
                raise PeerFault(f"shard {self.number}: has ended") from None

    def _run(self) -> None:
        pause_s = _PAUSE_S
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                self._live()
            except FusionError as error:
                if not self._started.done():
                    self._started.set_exception(error)
                    return
                _LOG.error("shard does not start", shard=self.number, error=str(error))
            if self._stopping.is_set():
                return
            self._end()
            self.restarts += 1
            metrics.SHARD_RESTARTS.labels(str(self.number)).inc()
            pause_s = _PAUSE_S if time.monotonic() - began_s > _STEADY_S else min(2 * pause_s, _LONGEST_PAUSE_S)
            _LOG.error("shard ended, starting it again", shard=self.number, restarts=self.restarts, pause_s=pause_s)
            self._stopping.wait(pause_s)

    def _live(self) -> None:
        """One process, from its start to its end."""
        ours, theirs = multiprocessing.Pipe()
        args = [sys.executable, "-m", "fusion.shards", str(theirs.fileno())]
        try:
            self._child = Child(
                f"shard {self.number}", args, log=self._log, env=_environment(), keep_fds=(theirs.fileno(),)
            )
        finally:
            theirs.close()
        with ours:
            try:
                order = self._order()
                ours.send((order.folder, order.plugins))
                ours.send(order)
                self._listen(ours)
            except (EOFError, OSError):
                self._check_start("ended while it started")

    def _listen(self, pipe: Connection) -> None:
        while pipe.poll(_SILENT_S if self._started.done() else _START_S):
            what, value = pipe.recv()
            if what == "signal":
                self._hear(value)
            elif what == "report":
                self.report, self.fresh = value, True
            elif what == "answer":
                self._answered(*value)
            elif what == "ready":
                with self._sending:
                    self._pipe = pipe
                    for message in self._later:
                        pipe.send(message)
                    self._later.clear()
                if not self._started.done():
                    self._started.set_result(None)
            elif what == "refused":
                raise SiteError(value)
            elif what == "stopped":
                self.report = value
                return
        self._check_start(f"not ready within {_START_S:g} s")
        _LOG.error("shard hangs", shard=self.number, silent_s=_SILENT_S)

    def _answered(self, number: int, answer: Any) -> None:
        asked = self._asked.get(number)
        if asked is not None:
            asked.set_result(answer)

    def _check_start(self, what: str) -> None:
        if not self._started.done():
            raise PeerFault(f"shard {self.number}: {what}; see {self._log}")

    def _end(self) -> None:
        """Make sure that the process is gone, and that nobody waits for it."""
        with self._sending:
            self._pipe, self.fresh = None, False
        if self._child is not None:
            self._child.kill()
        for asked in list(self._asked.values()):
            if not asked.done():
                asked.set_exception(PeerFault(f"shard {self.number}: has ended"))


def _environment() -> dict[str, str]:
    """Each thread's own arena of memory would hold on to what thousands of pictures have left in it."""
    return {"MALLOC_ARENA_MAX": "2", **os.environ}


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))

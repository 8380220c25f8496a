"""Seals cases in the background: a while after they were filed, when files came to them, and when they are closed."""

import threading
import time
from datetime import timedelta

import structlog

from fusion import metrics
from fusion.handlers.condition import Condition
from fusion.handlers.custody import Custody
from fusion.incidents.lifecycle import OPEN_STATES
from fusion.storage import Store
from fusion.types.case import Case
from fusion.types.errors import FusionError

_LOG = structlog.get_logger()
_CLOSED_S = 1.0  #: after closing: what is written with it stands by then
_AGAIN_S = 10.0
_LOOK_S = 1.0


class Sealer:
    """One thread. What is due is asked of the store at its start, so that nothing is forgotten by being killed."""

    def __init__(self, store: Store, custody: Custody, condition: Condition, seal_after: timedelta) -> None:
        self._store, self._custody, self._condition = store, custody, condition
        self._after_s = seal_after.total_seconds()
        self._due: dict[str, float] = {}  #: monotonic time by case id
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the seal at hand; what is due then is due again at the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def on_case(self, case: Case) -> None:
        """Called after each change of a case."""
        after_s = self._after_s if case.state in OPEN_STATES else _CLOSED_S
        with self._lock:
            # The first time stays: changes that go on and on do not put it off.
            self._due[case.id] = min(self._due.get(case.id, float("inf")), time.monotonic() + after_s)

    @property
    def waiting(self) -> int:
        """How many cases will be looked at."""
        return len(self._due)

    def _run(self) -> None:
        begun = False
        while not self._stopping.wait(0 if not begun else _LOOK_S):
            try:
                if not begun:
                    self._begin()
                    begun = True
                self._turn()
            except Exception as error:  # noqa: BLE001 - a loop's top: the thread must outlive a fault
                self._failed(error)
                self._stopping.wait(_AGAIN_S)

    def _begin(self) -> None:
        self._custody.sync()
        self._custody.drop_on()
        due = self._store.seals.unsealed([str(state) for state in OPEN_STATES])
        now_s = time.monotonic()
        with self._lock:
            for case_id in due:
                self._due.setdefault(case_id, now_s)
        if due:
            _LOG.info("cases to be sealed", count=len(due))

    def _turn(self) -> None:
        now_s = time.monotonic()
        with self._lock:
            due = [case_id for case_id, at_s in self._due.items() if at_s <= now_s]
        for case_id in due:
            if self._stopping.is_set():
                return
            with self._lock:
                at_s = self._due.pop(case_id)
            try:
                seal = self._custody.seal(case_id)
            except BaseException:
                with self._lock:
                    self._due.setdefault(case_id, at_s)  # nothing is lost: it is tried again
                raise
            if seal is not None:
                metrics.SEALS.labels(getattr(seal.entry.what, "occasion", "")).inc()
            self._condition.say("seals", "")
        cut = self._custody.cut
        metrics.EVIDENCE_CUT.set(cut is not None)
        self._condition.say("chain", str(cut or ""))

    def _failed(self, error: Exception) -> None:
        metrics.EVIDENCE_FAULTS.labels("not sealed").inc()
        if isinstance(error, FusionError):
            _LOG.warning("not sealed, tried again", error=str(error))
            self._condition.say("seals", str(error))
        else:
            _LOG.exception("sealer fault")
            self._condition.say("seals", f"a case could not be sealed: {type(error).__name__}")

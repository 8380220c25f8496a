"""Drops evidence that has been kept long enough, and says when the disk is full of what must stay."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog

from fusion import metrics
from fusion.evidence.config import EvidenceConfig
from fusion.evidence.dropping import remove, sets_of, tidy
from fusion.handlers.condition import Condition
from fusion.handlers.custody import Custody
from fusion.incidents.lifecycle import OPEN_STATES
from fusion.plugins import format_duration
from fusion.storage import Store
from fusion.types.errors import FusionError
from fusion.types.signal import Reason

_LOG = structlog.get_logger()
_SETTLED = timedelta(hours=2)  #: a signal that is younger may still become a case, also while the bus is away
_ROOM = 0.02  #: of the disk; so much below the high-water mark it stops
_AT_ONCE = 100


class Janitor:
    """One thread. Order: pictures of signals that became no case, then cases that were kept long enough, nothing else.

    Open cases, held ones, and closed ones that must be kept yet are never touched: a disk that is full of them is said.
    """

    def __init__(
        self,
        store: Store,
        custody: Custody,
        condition: Condition,
        config: EvidenceConfig,
        folder: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._custody, self._condition = store, custody, condition
        self._config, self._folder, self._clock = config, folder, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="janitor", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the file at hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def turn(self) -> None:
        """Once round.

        Raises:
            PeerFault: store or disk refuse.
        """
        now = self._clock()
        self._custody.sync()
        self._custody.drop_on()
        self._drop_unfiled(now - self._config.keep_unfiled, "kept long enough", lambda: True)
        self._drop_closed(now)
        if self._used() > self._config.high_water:
            enough = self._config.high_water - _ROOM
            self._drop_unfiled(now - _SETTLED, "disk full", lambda: self._used() > enough)
        tidy(self._folder, now - timedelta(days=2))
        self._say_how_full()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.turn()
                self._condition.say("janitor", "")
            except FusionError as error:
                metrics.EVIDENCE_FAULTS.labels("not dropped").inc()
                _LOG.warning("janitor waits", error=str(error))
                self._condition.say("janitor", str(error))
            except Exception:  # noqa: BLE001 - a loop's top: the thread must outlive a fault of ours
                metrics.EVIDENCE_FAULTS.labels("not dropped").inc()
                _LOG.exception("janitor fault")
            self._stopping.wait(self._config.every.total_seconds())

    def _drop_unfiled(self, before: datetime, why: str, wanted: Callable[[], bool]) -> None:
        freed = 0
        for batch in _batches(sets_of(self._folder, before)):
            ids = [name for one in batch for name in one if name]
            known = self._store.seals.known_files(ids)
            for one in batch:
                if self._stopping.is_set() or not wanted():
                    break
                if not known & one.keys():
                    freed += remove(self._folder, one.values())
        if freed:
            metrics.EVIDENCE_FREED.labels(why).inc(freed)
            _LOG.info("pictures of signals that became no case dropped", why=why, mib=round(freed / 2**20, 1))

    def _drop_closed(self, now: datetime) -> None:
        open_states = [str(state) for state in OPEN_STATES]
        for kind in self._store.seals.kinds():
            kept = self._config.kept(kind)
            length = format_duration(kept)
            why = Reason(
                f"结案后保存期限已满（{length}），{now:%Y-%m-%d}", f"kept for {length} after closing, by {now:%Y-%m-%d}"
            )
            skipped = 0
            while not self._stopping.is_set():
                cases = self._store.seals.droppable(open_states, kind, now - kept, _AT_ONCE, skipped)
                for case in cases:
                    freed = self._custody.drop(case, why) if case.changed_at <= now - kept else None
                    skipped += freed is None
                    metrics.EVIDENCE_FREED.labels("kept long enough").inc(freed or 0)
                if len(cases) < _AT_ONCE:
                    break

    def _used(self) -> float:
        found = os.statvfs(self._folder if self._folder.exists() else self._folder.parent)
        room = found.f_blocks - found.f_bfree + found.f_bavail
        return 1.0 - found.f_bavail / room if room else 0.0

    def _say_how_full(self) -> None:
        used = self._used()
        metrics.EVIDENCE_DISK.set(used)
        found = os.statvfs(self._folder if self._folder.exists() else self._folder.parent)
        free = found.f_bavail * found.f_frsize
        wrong = ""
        if free <= self._config.reserve_bytes:
            wrong = (
                f"disk full: {free >> 20} MiB left, which are kept for the store; "
                "cases go on, and get no further pictures"
            )
        elif used > self._config.high_water:
            wrong = f"disk {used:.0%} used, and nothing may be dropped: all of it belongs to cases that are to be kept"
        if wrong:
            _LOG.error("evidence disk", wrong=wrong)
        self._condition.say("disk", wrong)


def _batches(sets: Iterator[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    while batch := list(islice(sets, _AT_ONCE)):
        yield batch

"""A new case gets a picture from the terminal's main stream, when that answers."""

import queue
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.keep import keep_snapshot
from fusion.ingest.still import Stills
from fusion.types.case import Case
from fusion.types.errors import FusionError
from fusion.types.signal import EvidenceRef
from fusion.types.terminal import Terminal

_LOG = structlog.get_logger()
_WAIT_S = 8.0
_MOST_WAITING = 200


class Photographer:
    """One thread; a case that finds the queue full keeps the picture of the sub-stream that it has."""

    def __init__(
        self,
        terminals: Mapping[str, Terminal],
        evidence: Path,
        clock: ZoneInfo,
        model: tuple[str, str],
        add: Callable[[str, tuple[EvidenceRef, ...]], None],
    ) -> None:
        self._terminals, self._evidence, self._clock, self._model, self._add = terminals, evidence, clock, model, add
        self._stills = Stills()
        self._waiting: queue.Queue[Case | None] = queue.Queue(_MOST_WAITING)
        self._seen: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="photographer", daemon=True)

    def start(self) -> None:
        """Begin to take pictures."""
        self._thread.start()

    def on_case(self, case: Case) -> None:
        """Called after each change of a case; only the first of a case with two streams counts."""
        terminal = self._terminals.get(case.terminal_id or "")
        if terminal is None or case.id in self._seen or terminal.main_url in {None, terminal.sub_url}:
            return
        if case.changed_at - case.opened_at > timedelta(seconds=5):
            return  # an old case that somebody works on, seen after a restart
        self._seen.add(case.id)
        try:
            self._waiting.put_nowait(case)
        except queue.Full:
            _LOG.warning("no picture of the main stream: too many cases at once", case=case.number)

    def stop(self) -> None:
        """Stop after the picture at hand."""
        self._waiting.put(None)
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while (case := self._waiting.get()) is not None:
            try:
                self._take(case)
            except FusionError as error:
                _LOG.warning("no picture of the main stream", case=case.number, error=str(error))

    def _take(self, case: Case) -> None:
        terminal = self._terminals[case.terminal_id or ""]
        picture = self._stills.grab(terminal.main_url or "", _WAIT_S, terminal.id)
        if case.box is None:
            return
        facts = SnapshotFacts(
            terminal=terminal,
            kind=case.kind,
            reason=case.reason,
            met_at=case.met_at,
            signal_id=case.id,
            thing_id=case.incident_id,
            box=case.box,
            zone=next((zone for zone in terminal.zones if zone.id == case.zone_id), None),
            place=case.place,
            grid_id=case.grid_id,
            small_grid_id=case.small_grid_id,
            model=self._model[0],
            model_sha256=self._model[1],
        )
        self._add(case.id, keep_snapshot(self._evidence, picture, facts, self._clock, main=True))

"""A new case gets a picture of its terminal's main stream."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from fusion import metrics
from fusion.evidence.keep import keep_snapshot
from fusion.ingest.masks import PictureMasks, same_shape
from fusion.ingest.still import Stills
from fusion.pipeline.clipper import facts_of
from fusion.types.case import Case
from fusion.types.errors import FusionError
from fusion.types.picture import Picture
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
        size_px: Callable[[str], tuple[int, int] | None] = lambda _terminal: None,
        *,
        reserve_bytes: int = 0,
    ) -> None:
        """What it needs.

        Args:
            terminals: by id.
            evidence: the folder.
            clock: the site's time.
            model: name and sha256 of the detector's model, for the metadata.
            add: takes what was kept for a case.
            size_px: (width, height) of a terminal's sub-stream, in which its masks were drawn.
            reserve_bytes: what must stay free on the disk.
        """
        self._terminals, self._evidence, self._clock, self._model = terminals, evidence, clock, model
        self._add, self._size_px, self._reserve_bytes = add, size_px, reserve_bytes
        self._stills = Stills()
        self._waiting: queue.Queue[Case | None] = queue.Queue(_MOST_WAITING)
        self._seen: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="photographer", daemon=True)

    def start(self) -> None:
        """Begin to take pictures."""
        self._thread.start()

    def on_case(self, case: Case) -> None:
        """Called after each change of a case; only the first counts."""
        terminal = self._terminals.get(case.terminal_id or "")
        if terminal is None or not terminal.connected or case.id in self._seen:
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
                self._take_picture(case, self._terminals[case.terminal_id or ""])
            except FusionError as error:
                metrics.EVIDENCE_FAULTS.labels("no main picture").inc()
                _LOG.warning("evidence not complete", case=case.number, error=str(error))

    def _take_picture(self, case: Case, terminal: Terminal) -> None:
        facts = facts_of(case, terminal, self._model)
        if terminal.main_url in {None, terminal.sub_url} or facts is None:
            return
        began_s = time.monotonic()
        picture = self._stills.grab(terminal.main_url or "", _WAIT_S, terminal.id)
        metrics.MAIN_WAIT_SECONDS.observe(time.monotonic() - began_s)
        if terminal.masks.private and not self._placed(terminal.id, picture):
            _LOG.warning("no main picture: its privacy masks are drawn for another shape", terminal=terminal.id)
            return
        shown = PictureMasks(terminal.masks).shown(picture)
        kept = keep_snapshot(self._evidence, shown, facts, self._clock, main=True, reserve_bytes=self._reserve_bytes)
        self._add(case.id, kept)

    def _placed(self, terminal_id: str, picture: Picture) -> bool:
        """Whether places in the sub-stream are the same places in this picture."""
        size_px = self._size_px(terminal_id)
        return size_px is not None and same_shape(picture.size_px, size_px)

"""A new case gets the last seconds of its terminal as they came, and a picture of the main stream."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from fusion import metrics
from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.keep import keep_clip, keep_snapshot
from fusion.ingest.masks import PictureMasks, same_shape
from fusion.ingest.still import Stills
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
        clip: Callable[[str], bytes | None],
        add: Callable[[str, tuple[EvidenceRef, ...]], None],
        size_px: Callable[[str], tuple[int, int] | None] = lambda _terminal: None,
    ) -> None:
        """What it needs.

        Args:
            terminals: by id.
            evidence: the folder.
            clock: the site's time.
            model: name and sha256 of the detector's model, for the metadata.
            clip: gives a terminal's last seconds as an MP4 file, or None.
            add: takes what was kept for a case.
            size_px: (width, height) of a terminal's sub-stream, in which its masks were drawn.
        """
        self._terminals, self._evidence, self._clock, self._model = terminals, evidence, clock, model
        self._clip, self._add, self._size_px = clip, add, size_px
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
            for take in (self._take_clip, self._take_picture):
                try:
                    take(case, self._terminals[case.terminal_id or ""])
                except FusionError as error:
                    _LOG.warning("evidence not complete", case=case.number, error=str(error))

    def _take_clip(self, case: Case, terminal: Terminal) -> None:
        data = self._clip(terminal.id)
        facts = self._facts(case, terminal)
        if data is not None and facts is not None:
            kept = keep_clip(self._evidence, data, facts, datetime.now(UTC), self._clock)
            self._add(case.id, (kept,))

    def _take_picture(self, case: Case, terminal: Terminal) -> None:
        facts = self._facts(case, terminal)
        if terminal.main_url in {None, terminal.sub_url} or facts is None:
            return
        began_s = time.monotonic()
        picture = self._stills.grab(terminal.main_url or "", _WAIT_S, terminal.id)
        metrics.MAIN_WAIT_SECONDS.observe(time.monotonic() - began_s)
        if terminal.masks.private and not self._placed(terminal.id, picture):
            _LOG.warning("no main picture: its privacy masks are drawn for another shape", terminal=terminal.id)
            return
        shown = PictureMasks(terminal.masks).shown(picture)
        self._add(case.id, keep_snapshot(self._evidence, shown, facts, self._clock, main=True))

    def _placed(self, terminal_id: str, picture: Picture) -> bool:
        """Whether places in the sub-stream are the same places in this picture."""
        size_px = self._size_px(terminal_id)
        return size_px is not None and same_shape(picture.size_px, size_px)

    def _facts(self, case: Case, terminal: Terminal) -> SnapshotFacts | None:
        if case.box is None:
            return None
        return SnapshotFacts(
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

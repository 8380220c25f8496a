"""A new case gets its clip: the original packets from some seconds before it was filed to some seconds after.

Where a terminal has privacy masks the shards give it coded again, with what is private grey, or give none.
"""

import hashlib
import heapq
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from fusion import metrics
from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.folder import write_all
from fusion.evidence.keep import keep_clip
from fusion.types.case import Case
from fusion.types.errors import FusionError
from fusion.types.masks import Masks
from fusion.types.signal import EvidenceRef
from fusion.types.terminal import Terminal

_LOG = structlog.get_logger()
_WAITING = "waiting"
_MOST_WAITING = 200
_NEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Clips:
    """What the clipper asks of the shards: (terminal id, case id) each."""

    hold: Callable[[str, str], bytes | None]  #: keep what the ring has, and give it as an MP4 file
    clip: Callable[[str, str], bytes | None]  #: the same with the seconds since; None: it was not held, or is gone


class Clipper:
    """One thread. What came before the case lies on disk until the clip is whole: who is killed in between has that."""

    def __init__(
        self,
        terminals: Mapping[str, Terminal],
        evidence: Path,
        clock: ZoneInfo,
        model: tuple[str, str],
        clips: Clips,
        add: Callable[[str, tuple[EvidenceRef, ...]], None],
        case: Callable[[str], Case | None],
        *,
        after: timedelta,
        reserve_bytes: int = 0,
    ) -> None:
        """What it needs.

        Args:
            terminals: by id.
            evidence: the folder.
            clock: the site's time.
            model: name and sha256 of the detector's model, for the metadata.
            clips: asks the shards.
            add: takes what was kept for a case.
            case: a case by its id.
            after: so long the clip goes on.
            reserve_bytes: what must stay free on the disk.
        """
        self._terminals, self._evidence, self._clock, self._model = terminals, evidence, clock, model
        self._clips, self._add, self._case = clips, add, case
        self._after_s, self._reserve_bytes = after.total_seconds(), reserve_bytes
        self._new: queue.Queue[Case | None] = queue.Queue(_MOST_WAITING)
        self._due: list[tuple[float, str]] = []  #: monotonic time and case id, the next first
        self._seen: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="clipper", daemon=True)

    def start(self) -> None:
        """Begin; what was left by one who was killed is kept first."""
        self._thread.start()

    def on_case(self, case: Case) -> None:
        """Called after each change of a case; only the first counts."""
        terminal = self._terminals.get(case.terminal_id or "")
        if terminal is None or not terminal.connected or case.id in self._seen:
            return
        if case.changed_at - case.opened_at > _NEW:
            return  # an old case that somebody works on, seen after a restart
        self._seen.add(case.id)
        try:
            self._new.put_nowait(case)
        except queue.Full:
            metrics.EVIDENCE_FAULTS.labels("no clip").inc()
            _LOG.warning("no clip: too many cases at once", case=case.number)

    def stop(self) -> None:
        """Finish the clips at hand as they are, and stop."""
        self._new.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        self._adopt()
        while True:
            wait_s = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            try:
                case = self._new.get(timeout=wait_s)
            except queue.Empty:
                self._guarded(self._end, heapq.heappop(self._due)[1])
                continue
            if case is None:
                break
            self._guarded(self._begin, case)
        for _, case_id in self._due:
            self._guarded(self._end, case_id)

    def _begin(self, case: Case) -> None:
        terminal_id = case.terminal_id or ""
        before = self._clips.hold(terminal_id, case.id)
        if before is None:
            return
        heapq.heappush(self._due, (time.monotonic() + self._after_s, case.id))
        write_all(
            self._evidence,
            _WAITING,
            {_waiting_name(case.id, self._terminals[terminal_id].masks): before},
            self._reserve_bytes,
        )

    def _end(self, case_id: str) -> None:
        case = self._case(case_id)
        terminal = self._terminals.get(case.terminal_id or "") if case else None
        if case is None or terminal is None or any(ref.kind == "clip" for ref in case.evidence):
            self._forget(case_id)
            return
        waiting = self._evidence / _WAITING / _waiting_name(case_id, terminal.masks)
        data = self._clips.clip(terminal.id, case_id)
        if data is None and waiting.is_file():
            data = waiting.read_bytes()
        facts = facts_of(case, terminal, self._model)
        if data is not None and facts is not None:
            at = datetime.now(UTC)
            kept = keep_clip(self._evidence, data, facts, at, self._clock, self._reserve_bytes)
            self._add(case.id, (kept,))
        self._forget(case_id)

    def _forget(self, case_id: str) -> None:
        """Whatever masks it was made under."""
        for file in (self._evidence / _WAITING).glob("*.mp4"):
            if _case_of(file) == case_id:
                file.unlink(missing_ok=True)

    def _adopt(self) -> None:
        for case_id in sorted({_case_of(file) for file in (self._evidence / _WAITING).glob("*.mp4")}):
            self._guarded(self._end, case_id)

    def _guarded(self, act: Callable[..., None], what: object) -> None:
        try:
            act(what)
        except (FusionError, OSError) as error:
            metrics.EVIDENCE_FAULTS.labels("no clip").inc()
            _LOG.warning("evidence not complete", case=getattr(what, "number", what), error=str(error))


def _waiting_name(case_id: str, masks: Masks) -> str:
    """Says under which privacy masks a clip was made: under others it shows what nobody is to see."""
    if not masks.private:
        return f"{case_id}.mp4"
    made = f"{masks.private!r} {masks.clip}"
    return f"{case_id}.{hashlib.sha256(made.encode()).hexdigest()[:16]}.mp4"


def _case_of(file: Path) -> str:
    return file.name.partition(".")[0]


def facts_of(case: Case, terminal: Terminal, model: tuple[str, str]) -> SnapshotFacts | None:
    """What is said of a picture or clip of a case; None for a case that shows no place in a picture."""
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
        model=model[0],
        model_sha256=model[1],
    )

"""Live: every look is judged, every finding gets its place, its snapshot, and goes on the bus as a signal."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from fusion import metrics
from fusion.detectors.pool import DetectorPool, Dropped
from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.keep import keep_snapshot, keep_view
from fusion.geo.grids import GridIndex
from fusion.geo.place import place_of
from fusion.ingest.look import Look
from fusion.ingest.looking import Looker
from fusion.pipeline.ground_view import ground_view
from fusion.pipeline.judge import TerminalJudge
from fusion.pipeline.memories import Memories
from fusion.pipeline.second_stage import SecondStage
from fusion.pipeline.steering import most_crops, steer
from fusion.types.errors import FusionError
from fusion.types.picture import Picture
from fusion.types.place import Place
from fusion.types.signal import EvidenceRef, Finding, Phase, Signal
from fusion.types.terminal import Terminal

_LOG = structlog.get_logger()


class Eyes:
    """Called by the looker's threads, for one terminal never twice at once."""

    def __init__(
        self,
        terminals: Mapping[str, Terminal],
        judges: dict[str, TerminalJudge],
        pool: DetectorPool,
        grids: GridIndex,
        evidence: Path,
        clock: ZoneInfo,
        publish: Callable[[Signal], None],
        memories: Memories | None = None,
        *,
        second_stage: SecondStage | None = None,
        reserve_bytes: int = 0,
    ) -> None:
        self._terminals, self._pool, self._grids = terminals, pool, grids
        self.judges = judges  #: by terminal; who adds or removes terminals changes it
        self._evidence, self._clock, self._publish = evidence, clock, publish
        self._memories = memories
        self._reserve_bytes = reserve_bytes  #: what pictures leave free on the disk
        self._second_stage = second_stage
        self._looker: Looker | None = None
        self._counting = threading.Lock()
        self.looked = 0  #: looks judged since the start
        self.signals = 0  #: signals published since the start

    def use(self, looker: Looker) -> None:
        """The looker that is told where to look harder."""
        self._looker = looker

    def on_look(self, look: Look) -> None:
        """Judge one look."""
        terminal = self._terminals.get(look.picture.terminal_id)
        judge = self.judges.get(look.picture.terminal_id)
        if terminal is None or judge is None:
            return  # it was taken off the register a moment ago
        effort = self._looker.effort if self._looker is not None else 1.0
        crops = most_crops(burst=look.burst, effort=effort)
        with metrics.LOOK_SECONDS.time():
            try:
                findings = judge.look(look.picture, look.changes, most_crops=crops)
            except Dropped:
                return  # the detector is busy with newer pictures
        with self._counting:
            self.looked += 1
        for finding in findings:
            self._tell(terminal, finding, look.shown, judge)
        if self._memories is not None:
            self._memories.after_look(terminal.id, judge, look.picture.at)
        if self._looker is not None:
            steer(self._looker, judge, look)

    def _tell(self, terminal: Terminal, finding: Finding, picture: Picture, judge: TerminalJudge) -> None:
        believed_now = False
        if self._second_stage is not None:
            finding, believed_now = self._second_stage.weigh(terminal.id, finding, picture)
        place = place_of(terminal, finding.box)
        signal_id = signal_id_of(terminal.id, finding)
        evidence: tuple[EvidenceRef, ...] = ()
        if finding.phase is Phase.STARTED or believed_now:
            evidence = self._keep(terminal, finding, picture, judge, place, signal_id)
        signal = Signal(
            id=signal_id,
            kind=finding.kind,
            phase=finding.phase,
            source="video",
            source_id=terminal.id,
            thing_id=finding.thing_id,
            at=finding.at,
            since=finding.since,
            met_at=finding.met_at,
            place=place,
            belief=finding.belief,
            zone_id=finding.zone_id,
            reason=finding.reason,
            box=finding.box,
            evidence=evidence,
        )
        self._publish(signal)
        with self._counting:
            self.signals += 1
        metrics.SIGNALS.labels(finding.kind, str(finding.phase)).inc()
        _LOG.info("signal", terminal=terminal.id, kind=finding.kind, phase=str(finding.phase), why=finding.reason.en)

    def _keep(
        self,
        terminal: Terminal,
        finding: Finding,
        picture: Picture,
        judge: TerminalJudge,
        place: Place,
        signal_id: str,
    ) -> tuple[EvidenceRef, ...]:
        tracks = judge.sighting.tracks if judge.sighting else ()
        hit = self._grids.find(place.point)
        facts = SnapshotFacts(
            terminal=terminal,
            kind=finding.kind,
            reason=finding.reason,
            met_at=finding.met_at,
            signal_id=signal_id,
            thing_id=finding.thing_id,
            box=finding.box,
            others=tuple((track.box, track.class_name) for track in tracks if track.last_at == picture.at),
            zone=next((zone for zone in terminal.zones if zone.id == finding.zone_id), None),
            place=place,
            grid_id=hit.grid_id if hit else None,
            small_grid_id=hit.small_grid_id if hit else None,
            model=self._pool.model.name,
            model_sha256=self._pool.model.entry.sha256,
        )
        return (
            *self._kept(terminal, lambda: self._snapshot(picture, facts)),
            *self._kept(terminal, lambda: self._before(picture, facts, judge)),
        )

    def _snapshot(self, picture: Picture, facts: SnapshotFacts) -> tuple[EvidenceRef, ...]:
        return keep_snapshot(self._evidence, picture, facts, self._clock, reserve_bytes=self._reserve_bytes)

    def _before(self, picture: Picture, facts: SnapshotFacts, judge: TerminalJudge) -> tuple[EvidenceRef, ...]:
        """What the place looked like without the thing: closing by eye compares with it."""
        ground = judge.ground(picture)
        if ground is None:
            return ()
        jpeg = ground_view(ground, picture, facts.terminal.masks)
        return (keep_view(self._evidence, jpeg, "before", facts, picture.at, self._clock, self._reserve_bytes),)

    @staticmethod
    def _kept(terminal: Terminal, keep: Callable[[], tuple[EvidenceRef, ...]]) -> tuple[EvidenceRef, ...]:
        """A full disk costs a picture, never the case, and not the pictures that were kept already."""
        try:
            return keep()
        except FusionError as error:
            _LOG.error("snapshot not kept", terminal=terminal.id, error=str(error))
            metrics.DROPS.labels("snapshot not kept").inc()
            return ()


def signal_id_of(terminal_id: str, finding: Finding) -> str:
    """Made from what is said: the same finding, told twice, is one signal."""
    moment = int(finding.at.timestamp() * 1000)
    return f"v:{terminal_id}:{finding.kind}:{finding.thing_id}:{finding.phase}:{moment}"

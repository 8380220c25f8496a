"""A small site whose cases have real pictures, sealed in a folder of the test's own."""

import dataclasses
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.engine import URL

from fusion.command_room.words import WORDS
from fusion.evidence.chain import Chain
from fusion.evidence.config import EvidenceConfig
from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.host_clock import host_clock
from fusion.evidence.keep import keep_clip, keep_snapshot
from fusion.evidence.keys import KeyFolder
from fusion.evidence.record import MadeBy, Names, record_of
from fusion.handlers.condition import Condition
from fusion.handlers.custody import Custody
from fusion.handlers.exporting import Exporter
from fusion.handlers.janitor import Janitor
from fusion.storage import Store
from fusion.types.case import Case, CaseEvent, CaseState, Incident
from fusion.types.picture import Picture
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Reason
from fusion.types.terminal import Health, Terminal, TerminalStatus

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
TERMINAL = Terminal(
    id="T-0001",
    name="北湖路-铁岭路口 1号",
    point=GeoPoint(120.03, 29.33),
    height_m=6,
    bearing_deg=90,
    grid_id="E-01",
    sub_url="rtsp://admin:hunter2@camera/sub",
)
STATUS = TerminalStatus(
    terminal_id="T-0001", health=Health.LIVE, since=NOON, clock_offset_s=-1.25, clock_at=NOON - timedelta(seconds=3)
)
REASON = Reason("两人和一件新物停留 4 分 10 秒", "two persons and a new object for 4 min 10 s", {"dwell_s": 250.0})
BOX = Box(0.4, 0.4, 0.6, 0.8)
_NAMES = count(1)


def picture(at: datetime = NOON) -> Picture:
    luma = np.tile(np.linspace(40, 200, 320).astype(np.uint8), (180, 1))
    chroma = np.full((90, 160), 128, np.uint8)
    return Picture("T-0001", at, luma, chroma, chroma)


def facts() -> SnapshotFacts:
    return SnapshotFacts(
        terminal=TERMINAL, kind="street_stall", reason=REASON, met_at=NOON, signal_id="s", thing_id="t", box=BOX
    )


class World:
    """Everything that keeps evidence, on a store of its own."""

    def __init__(self, folder: Path, *, evidence: Path | None = None) -> None:
        self.folder = evidence or folder / "evidence"
        self.keys = folder / "evidence-keys"
        self.store = Store(URL.create("sqlite", database=str(folder / "fusion.db")))
        self.again()

    def again(self) -> None:
        """As after a restart."""
        self.chain = Chain(self.folder, KeyFolder(self.keys))
        self.custody = Custody(self.store, self.chain, self.record)
        self.exporter = Exporter(self.store, self.chain, self.custody)
        self.condition = Condition()

    def janitor(self, now: datetime, **config: object) -> Janitor:
        evidence = EvidenceConfig.model_validate({"reserve_mib": 0, "high_water": 1.0, **config})
        return Janitor(self.store, self.custody, self.condition, evidence, self.folder, clock=lambda: now)

    def record(self, case: Case, history: Sequence[CaseEvent], now: datetime) -> bytes:
        return record_of(
            case,
            history,
            self.store.incident(case.incident_id),
            sealed_at=now,
            made_by=MadeBy(version="0.1.0", model="ssdlite", model_sha256="ab" * 32, rules=({"kind": "stall"},)),
            names=Names(
                site=("示范区", "Demo zone"),
                kind=("占道经营", "Street-stall encroachment"),
                code="0501",
                grid="第一网格",
                timezone="Asia/Shanghai",
            ),
            words=WORDS,
            terminal=TERMINAL,
            status=STATUS,
            host=host_clock(),
        )

    def snapshot(self) -> tuple[EvidenceRef, ...]:
        return keep_snapshot(self.folder, picture(), facts(), SHANGHAI)

    def clip(self, size: int = 40_000) -> EvidenceRef:
        return keep_clip(self.folder, os.urandom(size), facts(), NOON, SHANGHAI)

    def file(self, refs: tuple[EvidenceRef, ...] | None = None, *, opened_at: datetime = NOON) -> Case:
        """A case with a snapshot."""
        number = next(_NAMES)
        refs = self.snapshot() if refs is None else refs
        place = Place(GeoPoint(120.0301, 29.3301), 2.5)
        incident = Incident(
            id=f"I{number}",
            kind="street_stall",
            place=place,
            source_ids=("T-0001",),
            zone_id="S-01",
            first_at=opened_at,
            last_at=opened_at,
            belief=0.9,
            signals=1,
            case_id=f"C{number}",
        )
        case = Case(
            id=f"C{number}",
            number=f"2026-11-24-{number:04d}",
            incident_id=incident.id,
            kind="street_stall",
            state=CaseState.OPENED,
            place=place,
            grid_id="E-01",
            small_grid_id="E-01-3",
            terminal_id="T-0001",
            zone_id="S-01",
            reason=REASON,
            box=BOX,
            opened_at=opened_at,
            met_at=opened_at - timedelta(seconds=1),
            changed_at=opened_at,
            version=1,
            evidence=refs,
        )
        with self.store.transaction() as unit:
            unit.put_incident(incident, None)
            unit.put_case(case)
            unit.add_evidence(case.id, refs)
        self.line(case, "opened", REASON)
        return case

    def line(self, case: Case, deed: str, why: Reason, actor: str = "fusion") -> None:
        with self.store.transaction() as unit:
            unit.add_event(
                CaseEvent(
                    case_id=case.id,
                    at=case.changed_at,
                    deed=deed,
                    actor=actor,
                    state=case.state,
                    note_zh=why.zh,
                    note_en=why.en,
                )
            )

    def put(self, case: Case, **changes: object) -> Case:
        """The case, changed, with its files findable."""
        after = dataclasses.replace(case, version=case.version + 1, **changes)  # type: ignore[arg-type]
        with self.store.transaction() as unit:
            unit.put_case(after)
            unit.add_evidence(after.id, after.evidence)
        return after

    def close(self, case: Case, at: datetime = NOON) -> Case:
        after = self.put(case, state=CaseState.CLOSED, changed_at=at)
        self.line(after, "close", Reason("现场已清", "the place is clear"), "user:admin")
        return after

    def export(self, case: Case, path: Path) -> Path:
        with path.open("wb+") as file:
            self.exporter.write(case, file, "user:admin")
        return path

    def files(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}

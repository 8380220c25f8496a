"""A small site with a month of things that were told and marked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from sqlalchemy.engine import URL

from fusion.cli.sites import demo_zone
from fusion.incidents.policy import FusionPolicy
from fusion.incidents.told import told
from fusion.replaying.change import Setup
from fusion.rules import DumpingConfig, StallConfig
from fusion.storage import Store
from fusion.types.case import Case, CaseState, Incident
from fusion.types.false_reason import FalseReason
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Phase, Reason, Signal
from fusion.types.terminal import Terminal
from fusion.types.told import Mark, Outcome, ToldThing
from fusion.types.zone import Zone

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)  # 17:30 in Shanghai
HERE = GeoPoint(120.03, 29.33)
BOX = Box(0.4, 0.4, 0.55, 0.7)
STREET = Zone(id="S-01", name="北湖路", kind="no_stall", polygon=((0.1, 0.3), (0.9, 0.3), (0.9, 0.9), (0.1, 0.9)))
TERMINAL = Terminal(
    id="T-0001", name="one", point=HERE, height_m=4, bearing_deg=0, grid_id=None, sub_url="rtsp://x/1", zones=(STREET,)
)


def setup(**changed: Any) -> Setup:
    rules = (StallConfig(dwell=timedelta(seconds=20)), DumpingConfig(residue=timedelta(seconds=10)))
    return replace(Setup(rules, {TERMINAL.id: TERMINAL}, FusionPolicy()), **changed)


def thing(
    number: int = 0,
    *,
    lasted_s: float = 100,
    box: Box = BOX,
    at: datetime = EVENING,
    gone: bool = True,
    kind: str = "street_stall",
    data: dict[str, float | str] | None = None,
    belief: float = 0.8,
    zone: str = "S-01",
) -> ToldThing:
    """A thing of a rule that asked for 20 s, seen for so long."""
    at += timedelta(hours=24 * (number % 20), seconds=number)
    signal = Signal(
        id=f"v:{number}",
        kind=kind,
        phase=Phase.STARTED,
        source="video",
        source_id=TERMINAL.id,
        thing_id=f"S-01/{number}",
        at=at + timedelta(seconds=21),
        since=at,
        met_at=at + timedelta(seconds=20),
        place=Place(HERE, 3.0),
        belief=belief,
        zone_id=zone,
        reason=Reason("摊点停留", "a stall stayed", {"dwell_s": 20.0} if data is None else data),
        box=box,
    )
    seen = at + timedelta(seconds=lasted_s)
    made = told(signal, belief, f"i{number}", None)
    return replace(made, seen_at=seen, gone_at=seen + timedelta(seconds=10) if gone else None)


def keep(
    store: Store, one: ToldThing, outcome: Outcome | None, *, case: bool = True, evidence: tuple[EvidenceRef, ...] = ()
) -> str:
    """Write a thing, its incident, its case and what people said of it, as the engine does; the case's id."""
    first, number = one.first, one.first.id.rpartition(":")[2]
    case_id = f"C{number}"
    incident = Incident(
        id=one.incident_id,
        kind=first.kind,
        place=first.place,
        source_ids=(first.source_id,),
        zone_id=first.zone_id,
        first_at=first.since,
        last_at=one.seen_at,
        belief=one.belief,
        signals=2,
        ended_at=one.gone_at,
        case_id=case_id if case else None,
    )
    with store.transaction() as unit:
        unit.put_incident(incident, None)
        unit.learnt.put_thing(one)
        if not case:
            return case_id
        unit.put_case(
            Case(
                id=case_id,
                number=f"2026-11-{int(number):04d}",
                incident_id=one.incident_id,
                kind=first.kind,
                state=CaseState.REJECTED if outcome is Outcome.FALSE else CaseState.FEEDBACK,
                place=first.place,
                grid_id=None,
                small_grid_id=None,
                terminal_id=first.source_id,
                zone_id=first.zone_id,
                reason=first.reason,
                box=first.box,
                opened_at=first.at,
                met_at=first.met_at,
                changed_at=first.at,
                version=2,
                evidence=evidence,
            )
        )
        if outcome is not None:
            unit.learnt.put_marks(case_id, [mark(one, case_id, outcome)])
    return case_id


def mark(one: ToldThing, case_id: str, outcome: Outcome) -> Mark:
    first = one.first
    return Mark(
        case_id=case_id,
        source_id=first.source_id,
        zone_id=first.zone_id,
        kind=first.kind,
        outcome=outcome,
        reason=FalseReason.CHAT if outcome is Outcome.FALSE else None,
        actor="user:a",
        at=one.seen_at,
    )


def a_picture(folder: Path, name: str) -> EvidenceRef:
    """A real JPEG in the evidence folder."""
    (folder / "2026-11-03").mkdir(parents=True, exist_ok=True)
    shades = np.linspace(40, 200, 640, dtype=np.uint8)
    picture = np.dstack([np.tile(shades, (360, 1))] * 3)
    cv2.rectangle(picture, (256, 144), (352, 252), (60, 60, 255), 3)
    cv2.imwrite(str(folder / "2026-11-03" / f"{name}.jpg"), picture)
    return EvidenceRef(id=name, kind="annotated", path=f"2026-11-03/{name}.jpg", sha256="ab" * 32, at=EVENING)


def a_site(folder: Path) -> Path:
    """The demo zone's files with data of its own."""
    site = folder / "site"
    site.mkdir()
    for entry in demo_zone().iterdir():
        if entry.name != "site.yaml":
            (site / entry.name).symlink_to(entry.resolve())
    text = (demo_zone() / "site.yaml").read_text(encoding="utf-8")
    (site / "site.yaml").write_text(text.replace("../../var/demo", str(folder / "var")), encoding="utf-8")
    (folder / "var").mkdir()
    return site


def sqlite(folder: Path) -> Store:
    return Store(URL.create("sqlite", database=str(folder / "fusion.db")))


def a_month(store: Store, evidence: Path) -> None:
    """Twelve chats of some 45 s, ten stalls of many minutes, one of 90 s, two that nobody marked; one not believed."""
    for number in range(12):
        keep(store, thing(number, lasted_s=40 + number), Outcome.FALSE, evidence=(a_picture(evidence, f"f{number}"),))
    for number in range(12, 22):
        keep(store, thing(number, lasted_s=400 + number), Outcome.TRUE, evidence=(a_picture(evidence, f"t{number}"),))
    keep(store, thing(22, lasted_s=90), Outcome.TRUE, evidence=(a_picture(evidence, "t22"),))
    keep(store, thing(23, lasted_s=60), None)
    keep(store, thing(24, lasted_s=600), None)
    keep(store, thing(25, lasted_s=60, gone=False), Outcome.FALSE)
    keep(store, thing(26, lasted_s=700, belief=0.55), None, case=False)

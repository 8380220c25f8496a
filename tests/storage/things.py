"""Incidents, cases and messages to be stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fusion.types.case import Case, CaseEvent, CaseState, Incident, Trace
from fusion.types.phone import OutboxMessage, PhonePosition
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Reason

NOON = datetime(2026, 11, 24, 4, 0, 0, 123457, tzinfo=UTC)
HERE = GeoPoint(120.03, 29.33)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def an_incident(name: str, **changed: Any) -> Incident:
    trace = Trace(
        source_id="T-1",
        thing_id=name,
        zone_id="Z",
        since=NOON,
        last_at=NOON,
        seen_at=NOON,
        gone_at=None,
        place=Place(HERE, 2.0),
        belief=0.8,
        box=Box(0.1, 0.2, 0.3, 0.4),
    )
    incident = Incident(
        id=name,
        kind="street_stall",
        place=Place(HERE, 2.0),
        source_ids=("T-1",),
        zone_id="Z",
        first_at=NOON,
        last_at=NOON,
        belief=0.8,
        signals=1,
        traces=(trace,),
    )
    return replace(incident, **changed)


def a_case(number: int, **changed: Any) -> Case:
    at = after(number)
    case = Case(
        id=f"C-{number}",
        number=f"2026-11-24-{number:04d}",
        incident_id=f"i-{number}",
        kind="street_stall",
        state=CaseState.OPENED,
        place=Place(HERE, 2.0),
        grid_id="G-1",
        small_grid_id=None,
        terminal_id="T-1",
        zone_id="Z",
        reason=Reason("摊点停留", "a stall stayed", {"dwell_s": 20.0}),
        box=Box(0.1, 0.2, 0.3, 0.4),
        opened_at=at,
        met_at=at,
        changed_at=at,
        version=1,
    )
    return replace(case, **changed)


def an_event(case: Case, deed: str) -> CaseEvent:
    return CaseEvent(
        case_id=case.id, at=NOON, deed=deed, actor="fusion", state=case.state, note_zh="备注", note_en="note"
    )


def a_message(name: str, **changed: Any) -> OutboxMessage:
    return replace(OutboxMessage(id=name, topic="fusion/x", payload=b"\x00\xff" + name.encode()), **changed)


def a_position(worker: str, at: datetime, lon: float = 120.03) -> PhonePosition:
    return PhonePosition(id="p", worker_id=worker, point=GeoPoint(lon, 29.33), accuracy_m=5.0, at=at)


def a_picture(name: str) -> EvidenceRef:
    return EvidenceRef(id=name, kind="plain", path=f"2026/{name}.jpg", sha256="ab" * 32, at=NOON)

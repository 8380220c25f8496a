"""Incidents and cases: one thing is one incident; one that is believed becomes one case."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fusion.types.false_reason import FalseReason
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Reason


class CaseState(StrEnum):
    """Where a case stands in the closed loop 闭环管理."""

    OPENED = "opened"  #: filed 立案, nobody told yet
    DISPATCHED = "dispatched"  #: a worker was told 派遣
    ACKNOWLEDGED = "acknowledged"  #: the worker goes 接单
    HANDLED = "handled"  #: the worker says it is done 处置
    CLOSED = "closed"  #: checked and closed 结案
    REJECTED = "rejected"  #: false alarm 误报, with a reason


class Deed(StrEnum):
    """What can be done to a case."""

    DISPATCH = "dispatch"
    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"  #: the worker will not go
    PASS_ON = "pass_on"  #: nobody answered in time: to the next worker
    ESCALATE = "escalate"  #: nobody left to tell: to the command room
    HANDLE = "handle"
    CLOSE = "close"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All that one source has said of a thing under one name."""

    source_id: str
    thing_id: str  #: the source's name for it
    zone_id: str | None
    since: datetime  #: when the thing began, as far as the source knows
    last_at: datetime  #: event time of its newest signal
    seen_at: datetime | None  #: event time of the newest signal that saw it there
    gone_at: datetime | None  #: event time of the newest signal that saw it gone
    place: Place  #: the least uncertain one that was told
    belief: float  #: 0-1, the strongest told while it was there
    box: Box | None  #: the newest

    @property
    def gone(self) -> bool:
        """Whether the source's last word is that it is gone."""
        return self.gone_at is not None and (self.seen_at is None or self.gone_at >= self.seen_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One thing at one place, as all sources together tell it."""

    id: str
    kind: str
    place: Place  #: the least uncertain one of its traces
    source_ids: tuple[str, ...]  #: everybody who told of it, sorted
    zone_id: str | None
    first_at: datetime  #: when the thing began
    last_at: datetime  #: event time of the newest signal
    belief: float  #: 0-1, fused
    signals: int
    ended_at: datetime | None = None  #: when the last source had seen it gone, or had spoken last
    case_id: str | None = None  #: its case; a thing that comes back while its case is open keeps that case
    traces: tuple[Trace, ...] = ()  #: what is needed to know it again, oldest first
    merged_into: str | None = None  #: the incident that turned out to be the same thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case 案卷."""

    id: str  #: unique, sorts by time
    number: str  #: for people: "2026-11-24-0007"
    incident_id: str
    kind: str
    state: CaseState
    place: Place
    grid_id: str | None
    small_grid_id: str | None
    terminal_id: str | None
    zone_id: str | None
    reason: Reason  #: why it was opened
    box: Box | None
    opened_at: datetime
    met_at: datetime  #: when the rule was met
    changed_at: datetime
    version: int  #: grows by one with each deed; a deed on an old version is refused
    worker_id: str | None = None  #: who was told last
    worker_reason: Reason | None = None  #: why that worker
    told: tuple[str, ...] = ()  #: every worker told so far, oldest first
    alert_id: str | None = None  #: the alert of that telling; answers to an older one no longer count
    due_at: datetime | None = None  #: when the case moves on by itself: to the next worker, or to be tried again
    escalated: bool = False  #: the command room was told that nobody is left
    evidence: tuple[EvidenceRef, ...] = ()
    repeat: Reason | None = None  #: the sentence on a repeat offender 多次上榜
    source: str = ""  #: of the signal that opened it: "video", "sensor", "hotline", …


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One line of a case's history."""

    case_id: str
    at: datetime
    deed: str  #: a `Deed`, or "opened", "signal", "evidence", "received", "cleared", "repeat", "vendor"
    actor: str  #: "fusion", "worker:W-012", "user:admin"
    state: CaseState  #: after the deed
    note_zh: str = ""
    note_en: str = ""
    false_reason: FalseReason | None = None  #: why a person rejected it; the text added is in the notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A grid worker 网格员 of the roster."""

    id: str
    name: str
    grid_ids: tuple[str, ...]
    skills: tuple[str, ...]  #: event kinds the worker is trained for
    duty: tuple[tuple[str, str], ...]  #: daily duty hours as ("HH:MM", "HH:MM"), site's local time
    phone: str = ""  #: phone number; personal data
    leader: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A worker now."""

    worker: Worker
    on_duty: bool
    point: GeoPoint | None = None
    position_at: datetime | None = None
    open_cases: int = 0

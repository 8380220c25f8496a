"""Incidents and cases: one thing is one incident; one that is believed becomes one case."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fusion.types.deadline import Deadline
from fusion.types.false_reason import FalseReason
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Reason


class CaseState(StrEnum):
    """Where a case stands in the closed loop 闭环管理, named after GB/T 30428."""

    COLLECTED = "collected"  #: believed, not yet filed 信息收集
    FILED = "filed"  #: 立案, nobody is on the way
    DISPATCHED = "dispatched"  #: a worker was told 派遣
    HANDLING = "handling"  #: the worker goes 处置中
    FEEDBACK = "feedback"  #: the worker says it is done 反馈
    VERIFIED = "verified"  #: seen to be done 核查
    CLOSED = "closed"  #: 结案
    REJECTED = "rejected"  #: false alarm 误报, with a reason
    MERGED = "merged"  #: the same thing as another case (`merged_into`) 并案
    SUSPENDED = "suspended"  #: paused with a reason, its clock stands 挂起
    # The names before the table followed the standard.
    OPENED = "filed"
    ACKNOWLEDGED = "handling"
    HANDLED = "feedback"


class Deed(StrEnum):
    """What can be done to a case."""

    FILE = "file"
    DISPATCH = "dispatch"
    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"  #: the worker will not go
    PASS_ON = "pass_on"  #: nobody answered in time, or it is taken from the worker: to the next one
    ESCALATE = "escalate"  #: nobody left to tell: to the command room
    HANDLE = "handle"
    VERIFY = "verify"
    BOUNCE = "bounce"  #: not clear: back to the worker 退回
    CLOSE = "close"
    REJECT = "reject"
    SUSPEND = "suspend"
    RESUME = "resume"
    MERGE = "merge"
    SPLIT = "split"  #: what some sources told becomes a case of its own
    JOIN = "join"  #: several platforms act together 联合处置
    FINISH_PART = "finish_part"  #: one platform has done its part of a joint case


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
    apart: tuple[str, ...] = ()  #: incidents that people said are other things, however near


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one of the four platforms 四个平台 has to do in a joint case."""

    platform: str
    lead: bool = False
    finished_at: datetime | None = None
    finished_by: str = ""  #: actor
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the terminals saw when they looked again after "handled"."""

    verdict: str  #: "clear", "not_clear" or "cannot_see"
    at: datetime
    reason: Reason
    evidence_ids: tuple[str, ...] = ()  #: the pictures from before and after


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
    platform: str | None = None  #: which of the four platforms it goes to; the lead of a joint case
    parts: tuple[Part, ...] = ()  #: of a joint case, the lead's first; empty: not joint
    deadline: Deadline | None = None  #: of the stage it is in
    paused_in: CaseState | None = None  #: where it stood when it was suspended
    handled_at: datetime | None = None  #: when somebody last said that it is done
    seen: Seen | None = None  #: what the terminals saw after that
    bounced: int = 0  #: how often it went back to the worker
    merged_into: str | None = None  #: the case that it is the same as
    split_from: str | None = None  #: the case whose sources told of it before
    recurrence_of: str | None = None  #: the newest case of the same kind at this place, cleared before
    recurrences: int = 0  #: how often the thing came back, over all these cases

    @property
    def wakes_at(self) -> datetime | None:
        """When time alone brings something: it moves on, or its deadline turns amber or red."""
        times = (self.due_at, self.deadline.next_at if self.deadline else None)
        return min((at for at in times if at is not None), default=None)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The platforms of a joint case that have not done their part."""
        return tuple(part.platform for part in self.parts if part.finished_at is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One line of a case's history; the store's sequence orders them, whatever clocks say."""

    case_id: str
    at: datetime
    deed: str  #: a `Deed`, or what else stands there: "opened", "signal", "evidence", "cleared", "amber", "repeat", …
    actor: str  #: "fusion", "worker:W-012", "user:admin"
    state: CaseState  #: after the deed
    note_zh: str = ""
    note_en: str = ""
    false_reason: FalseReason | None = None  #: why a person rejected it; the text added is in the notes
    role: str = ""  #: of the actor


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
    accuracy_m: float = 0.0  #: of the position, as the phone said
    last_answer: str = ""  #: "accept", "decline", "handled" or "silent"; empty: none yet
    last_answer_at: datetime | None = None

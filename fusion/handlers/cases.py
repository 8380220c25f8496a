"""What happens to cases within a transaction: filed, told, passed on, answered, closed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from fusion.incidents import lifecycle
from fusion.incidents.dispatching import DispatchTimes, Need, due, may_tell, try_again_after
from fusion.incidents.repeats import Past, RepeatPolicy, repeated
from fusion.incidents.told import marks_of
from fusion.storage import Unit
from fusion.types.case import Case, CaseEvent, CaseState, Deed, Incident
from fusion.types.errors import IllegalDeed
from fusion.types.false_reason import FalseReason
from fusion.types.phone import OutboxMessage
from fusion.types.place import GeoPoint
from fusion.types.signal import EvidenceRef, Reason, Signal

FUSION = "fusion"
#: what stands in a case's history beside deeds
OPENED, SIGNAL, EVIDENCE, RECEIVED, CLEARED = "opened", "signal", "evidence", "received", "cleared"
REPEAT, VENDOR = "repeat", "vendor"


def worker_actor(worker_id: str | None) -> str:
    """A worker as an actor of a case's history."""
    return f"worker:{worker_id}"


class Hit(Protocol):
    """The grids of a point."""

    @property
    def grid_id(self) -> str:
        """Full grid."""

    @property
    def small_grid_id(self) -> str | None:
        """Small grid."""


class Chosen(Protocol):
    """Who goes, and why."""

    @property
    def worker_id(self) -> str:
        """The worker."""

    @property
    def reason(self) -> Reason:
        """The sentence."""


@dataclass(frozen=True, slots=True)
class Zone:
    """What the engine asks of the zone it works for."""

    locate: Callable[[GeoPoint], Hit | None]
    choose: Callable[[Case, Collection[str], datetime], Chosen | None]  #: (case, told already, now)
    alert: Callable[[Case, datetime], OutboxMessage]
    update: Callable[[Case, str, datetime, bool], OutboxMessage]  #: (case, worker, now, withdrawn)
    clock: ZoneInfo
    #: a message as the outbox's rows: itself, and one for each notifier beside MQTT that wants it
    rows: Callable[[OutboxMessage, datetime], tuple[OutboxMessage, ...]] = lambda message, _now: (message,)
    repeats: RepeatPolicy = field(default_factory=RepeatPolicy)  #: when it is said of a case that it is one of many


class Cases:
    """Deeds within one transaction.

    Keeps the cases that it changed and the lines that it wrote, for those who want to know after the commit.
    """

    def __init__(self, unit: Unit, zone: Zone, times: DispatchTimes, now: datetime) -> None:
        self._unit, self._zone, self._times, self._now = unit, zone, times, now
        self.changed: dict[str, Case] = {}
        self.events: list[CaseEvent] = []

    def file(self, incident: Incident, signal: Signal, case_id: str) -> Case:
        """Open the case of an incident and tell somebody."""
        hit = self._zone.locate(incident.place.point)
        case = Case(
            id=case_id,
            number=self._unit.next_number(self._now.astimezone(self._zone.clock).strftime("%Y-%m-%d")),
            incident_id=incident.id,
            kind=incident.kind,
            state=CaseState.OPENED,
            place=incident.place,
            grid_id=hit.grid_id if hit else None,
            small_grid_id=hit.small_grid_id if hit else None,
            terminal_id=signal.source_id if signal.source == "video" else None,
            zone_id=signal.zone_id,
            reason=signal.reason,
            box=signal.box,
            opened_at=self._now,
            met_at=signal.met_at,
            changed_at=self._now,
            version=1,
            due_at=self._now,
            evidence=signal.evidence,
            source=signal.source,
        )
        self._keep(case, OPENED, FUSION, signal.reason)
        self._unit.add_evidence(case.id, signal.evidence)
        return self.tell(self._repeat(case, None))

    def link_stall(self, case: Case, stall_id: str, actor: str) -> Case:
        """A member found whose the case is."""
        if not self._unit.link_stall(stall_id, case.id, actor, self._now):
            return case
        self._note(case, VENDOR, actor, Reason(stall_id, stall_id))
        return self._repeat(case, stall_id)

    def _repeat(self, case: Case, stall_id: str | None) -> Case:
        """Not a deed: the version that people looked at stays good."""
        policy = self._zone.repeats
        past = self._unit.past_cases(
            case.kind, case.place.point, policy.near_m, stall_id, case.opened_at - policy.within
        )
        why = repeated(case, stall_id, [Past(earlier, whose) for earlier, whose in past], policy)
        return case if why is None else self._keep(replace(case, repeat=why), REPEAT, FUSION, why)

    def tell(self, case: Case, actor: str = FUSION, version: int | None = None) -> Case:
        """Choose a worker and write the alert; when nobody is left, escalate to the command room."""
        choice = self._zone.choose(case, case.told, self._now) if may_tell(case, self._times) else None
        if choice is None:
            return self._nobody(case)
        within = self._times.acknowledge_within
        after = lifecycle.dispatched(case, choice.worker_id, choice.reason, self._now, within, version=version)
        alert = self._zone.alert(after, self._now)
        self._send(alert)
        return self._keep(replace(after, alert_id=alert.id), Deed.DISPATCH, actor, choice.reason)

    def _nobody(self, case: Case) -> Case:
        again_after = try_again_after(case, self._times)
        if case.escalated:
            # Tried again without luck: nothing is said twice, and the version that people looked at stays good.
            later = replace(case, due_at=None if again_after is None else self._now + again_after)
            self._unit.put_case(later)
            return later
        why = Reason("没有可派的在岗网格员", "no worker on duty could be told")
        return self._keep(lifecycle.escalated(case, self._now, again_after), Deed.ESCALATE, FUSION, why)

    def serve(self, case: Case) -> Case:
        """Whatever is due now."""
        need = due(case, self._now)
        if need is Need.PASS_ON:
            zh = f"{case.worker_id} 未在时限内接单"
            why = Reason(zh, f"{case.worker_id} did not answer in time")
            return self.tell(self._withdrawn(case, Deed.PASS_ON, FUSION, why))
        return self.tell(case) if need is Need.TELL else case

    def do(
        self,
        case: Case,
        deed: Deed,
        actor: str,
        note: str = "",
        version: int | None = None,
        false_reason: FalseReason | None = None,
    ) -> Case:
        """A deed of a person; IllegalDeed when the table or the version forbids it.

        `false_reason` belongs to REJECT alone; `note` is then what was added in free text.
        """
        if false_reason is not None and deed is not Deed.REJECT:
            raise IllegalDeed(f"case {case.number}: a reason for a false alarm belongs to {Deed.REJECT}, not to {deed}")
        why = Reason(note, note) if false_reason is None else Reason(*false_reason.said(note))
        if deed is Deed.DISPATCH:
            lifecycle.apply(case, deed, self._now, version=version)
            # A person asks for it, so those who were told before may be told again.
            after = self.tell(replace(case, told=()), actor, version)
            if after.state is not CaseState.DISPATCHED:
                raise IllegalDeed(f"case {case.number}: no worker on duty could be told")
            return after
        if deed in {Deed.DECLINE, Deed.PASS_ON}:
            return self.tell(self._withdrawn(case, deed, actor, why, version))
        after = lifecycle.apply(case, deed, self._now, version=version)
        by_worker = actor == worker_actor(case.worker_id)
        if case.worker_id is not None and not by_worker and case.state in lifecycle.IN_HAND:
            over = after.state in {CaseState.CLOSED, CaseState.REJECTED}
            self._send(self._zone.update(after, case.worker_id, self._now, over))
        return self._keep(after, deed, actor, why, false_reason)

    def received(self, case: Case, worker_id: str) -> None:
        """The phone has the alert."""
        self._note(case, RECEIVED, worker_actor(worker_id), Reason("", ""))

    def add_signal(self, case: Case, signal: Signal, *, came_back: bool) -> None:
        """Another source tells of the thing, or it came back."""
        zh, en = ("再次出现", "came back") if came_back else ("另一来源", "another source")
        why = Reason(
            f"{zh}（{signal.source_id}）：{signal.reason.zh}", f"{en} ({signal.source_id}): {signal.reason.en}"
        )
        self._note(case, SIGNAL, FUSION, why)

    def add_evidence(self, case: Case, refs: tuple[EvidenceRef, ...]) -> Case:
        """More pictures of a case; not a deed, so the version that people looked at stays good."""
        known = {ref.id for ref in case.evidence}
        fresh = tuple(ref for ref in refs if ref.id not in known)
        if not fresh:
            return case
        self._unit.add_evidence(case.id, fresh)
        names = ", ".join(ref.kind for ref in fresh)
        return self._keep(replace(case, evidence=case.evidence + fresh), EVIDENCE, FUSION, Reason(names, names))

    def cleared(self, case: Case, incident: Incident) -> None:
        """Everybody who saw the thing saw that it is gone; a person still closes."""
        sources = "、".join(incident.source_ids), ", ".join(incident.source_ids)
        self._note(case, CLEARED, FUSION, Reason(f"{sources[0]} 未再见到", f"no longer seen by {sources[1]}"))

    def _withdrawn(self, case: Case, deed: Deed, actor: str, why: Reason, version: int | None = None) -> Case:
        after = lifecycle.apply(case, deed, self._now, version=version)
        if case.worker_id is not None:
            self._send(self._zone.update(after, case.worker_id, self._now, True))
        return self._keep(after, deed, actor, why)

    def _send(self, message: OutboxMessage) -> None:
        for row in self._zone.rows(message, self._now):
            self._unit.send(row, self._now)

    def _keep(self, case: Case, deed: str, actor: str, why: Reason, false_reason: FalseReason | None = None) -> Case:
        self._unit.put_case(case)
        self._note(case, deed, actor, why, false_reason)
        return case

    def _note(self, case: Case, deed: str, actor: str, why: Reason, false_reason: FalseReason | None = None) -> None:
        event = CaseEvent(
            case_id=case.id,
            at=self._now,
            deed=str(deed),
            actor=actor,
            state=case.state,
            note_zh=why.zh,
            note_en=why.en,
            false_reason=false_reason,
        )
        self._unit.add_event(event)
        if marks := marks_of(case, self._unit.incident(case.incident_id), event):
            self._unit.learnt.put_marks(case.id, marks)
        self.events.append(event)
        self.changed[case.id] = case

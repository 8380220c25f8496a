"""What happens to cases within a transaction: filed, told, passed on, answered, closed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from fusion import metrics
from fusion.incidents import lifecycle
from fusion.incidents.dispatching import DispatchTimes, Need, due
from fusion.storage import Unit
from fusion.types.case import Case, CaseEvent, CaseState, Deed, Incident
from fusion.types.errors import IllegalDeed
from fusion.types.phone import OutboxMessage
from fusion.types.place import GeoPoint
from fusion.types.signal import EvidenceRef, Reason, Signal

FUSION = "fusion"


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


class Cases:
    """Deeds within one transaction; keeps the cases that it changed for those who want to know."""

    def __init__(self, unit: Unit, zone: Zone, times: DispatchTimes, now: datetime) -> None:
        self._unit, self._zone, self._times, self._now = unit, zone, times, now
        self.changed: list[Case] = []

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
            evidence=signal.evidence,
        )
        self._unit.add_evidence(case.id, signal.evidence)
        self._keep(case, "opened", FUSION, signal.reason)
        metrics.CASES.labels(case.kind).inc()
        return self.tell(case)

    def tell(self, case: Case) -> Case:
        """Choose a worker and write the alert; when nobody is left, escalate to the command room."""
        told = case.told if len(case.told) < self._times.most_told else ()
        choice = self._zone.choose(case, told, self._now) if told or not case.told else None
        if choice is None:
            if case.escalated:
                # Tried again without luck: move the clock on, say nothing twice.
                later = replace(case, changed_at=self._now, version=case.version + 1)
                self._unit.put_case(later)
                return later
            why = Reason("没有可派的在岗网格员", "no worker on duty could be told")
            return self._keep(lifecycle.step(case, Deed.ESCALATE, self._now), Deed.ESCALATE, FUSION, why)
        after = lifecycle.dispatched(case, choice.worker_id, choice.reason, self._now, self._times.acknowledge_within)
        self._unit.send(self._zone.alert(after, self._now), self._now)
        return self._keep(after, Deed.DISPATCH, FUSION, choice.reason)

    def serve(self, case: Case) -> Case:
        """Whatever is due now."""
        need = due(case, self._now, self._times)
        if need is Need.PASS_ON:
            zh = f"{case.worker_id} 未在时限内接单"
            why = Reason(zh, f"{case.worker_id} did not answer in time")
            return self.tell(self._withdrawn(case, Deed.PASS_ON, FUSION, why))
        return self.tell(case) if need is Need.TELL else case

    def do(self, case: Case, deed: Deed, actor: str, note: str = "", version: int | None = None) -> Case:
        """A deed of a person; IllegalDeed when the table or the version forbids it."""
        why = Reason(note, note)
        if deed is Deed.DISPATCH:
            if case.state is not CaseState.OPENED:
                raise IllegalDeed(f"case {case.number}: dispatch is not possible when {case.state}")
            return self.tell(replace(case, told=(), escalated=False))
        if deed is Deed.DECLINE:
            return self.tell(self._withdrawn(case, deed, actor, why, version))
        after = lifecycle.step(case, deed, self._now, version=version)
        by_worker = actor == f"worker:{case.worker_id}"
        if case.worker_id is not None and not by_worker and case.state is not CaseState.OPENED:
            over = after.state in {CaseState.CLOSED, CaseState.REJECTED}
            self._unit.send(self._zone.update(after, case.worker_id, self._now, over), self._now)
        return self._keep(after, deed, actor, why)

    def received(self, case: Case, worker_id: str) -> None:
        """The phone has the alert."""
        self._event(case, "received", f"worker:{worker_id}", Reason("", ""))
        self.changed.append(case)

    def add_evidence(self, case: Case, refs: tuple[EvidenceRef, ...]) -> Case:
        """More pictures of a case; not a deed, so the version that people looked at stays good."""
        known = {ref.id for ref in case.evidence}
        fresh = tuple(ref for ref in refs if ref.id not in known)
        if not fresh:
            return case
        self._unit.add_evidence(case.id, fresh)
        names = ", ".join(ref.kind for ref in fresh)
        return self._keep(replace(case, evidence=case.evidence + fresh), "evidence", FUSION, Reason(names, names))

    def cleared(self, case: Case, reason: Reason) -> None:
        """The camera saw that the thing is gone; a person still closes."""
        self._event(case, "cleared", FUSION, reason)
        self.changed.append(case)

    def _withdrawn(self, case: Case, deed: Deed, actor: str, why: Reason, version: int | None = None) -> Case:
        after = lifecycle.step(case, deed, self._now, version=version)
        if case.worker_id is not None:
            self._unit.send(self._zone.update(after, case.worker_id, self._now, True), self._now)
        return self._keep(after, deed, actor, why)

    def _keep(self, case: Case, deed: str, actor: str, why: Reason) -> Case:
        self._unit.put_case(case)
        self._event(case, deed, actor, why)
        self.changed.append(case)
        metrics.DEEDS.labels(str(deed)).inc()
        return case

    def _event(self, case: Case, deed: str, actor: str, why: Reason) -> None:
        event = CaseEvent(
            case_id=case.id,
            at=self._now,
            deed=str(deed),
            actor=actor,
            state=case.state,
            note_zh=why.zh,
            note_en=why.en,
        )
        self._unit.add_event(event)

"""Writes cases, their histories and their messages, and keeps in mind what it wrote."""

from dataclasses import replace
from datetime import datetime

from fusion.handlers.zone import Zone
from fusion.incidents.told import marks_of
from fusion.storage import Unit
from fusion.types.case import Case, CaseEvent
from fusion.types.false_reason import FalseReason
from fusion.types.phone import OutboxMessage
from fusion.types.role import Doer
from fusion.types.signal import EvidenceRef, Reason

#: what stands in a case's history beside deeds
OPENED, SIGNAL, EVIDENCE, RECEIVED, CLEARED = "opened", "signal", "evidence", "received", "cleared"
REPEAT, VENDOR = "repeat", "vendor"
RECURRED, MERGED_IN, CANNOT_SEE = "recurred", "merged_in", "cannot_see"


class Ledger:
    """Within one transaction; what it changed is for those who want to know after the commit."""

    def __init__(self, unit: Unit, zone: Zone, now: datetime) -> None:
        self.unit, self.zone, self.now = unit, zone, now
        self.changed: dict[str, Case] = {}
        self.events: list[CaseEvent] = []

    def keep(
        self,
        before: Case | None,
        case: Case,
        deed: str,
        by: Doer,
        why: Reason,
        false_reason: FalseReason | None = None,
    ) -> Case:
        """A case after a deed, with the deadline of its stage; `before` is None when it was just opened."""
        timed = self.put(self.zone.timing.after(before, case, self.now))
        self.note(timed, deed, by, why, false_reason)
        return timed

    def put(self, case: Case) -> Case:
        """A case that changed without a line in its history."""
        self.unit.put_case(case)
        self.changed[case.id] = case
        return case

    def note(self, case: Case, deed: str, by: Doer, why: Reason, false_reason: FalseReason | None = None) -> None:
        """One line of a case's history; what it says of the alarm is a mark of those who told of the thing."""
        event = CaseEvent(
            case_id=case.id,
            at=self.now,
            deed=str(deed),
            actor=by.name,
            state=case.state,
            note_zh=why.zh,
            note_en=why.en,
            role=str(by.role),
            false_reason=false_reason,
        )
        self.unit.add_event(event)
        if marks := marks_of(case, self.unit.incident(case.incident_id), event):
            self.unit.learnt.put_marks(case.id, marks)
        self.events.append(event)
        self.changed[case.id] = case

    def add_evidence(self, case: Case, refs: tuple[EvidenceRef, ...], by: Doer) -> Case:
        """More pictures of a case; not a deed, so the version that people looked at stays good."""
        known = {ref.id for ref in case.evidence}
        fresh = tuple(ref for ref in refs if ref.id not in known)
        if not fresh:
            return case
        self.unit.add_evidence(case.id, fresh)
        names = ", ".join(ref.kind for ref in fresh)
        after = self.put(replace(case, evidence=case.evidence + fresh))
        self.note(after, EVIDENCE, by, Reason(names, names))
        return after

    def send(self, message: OutboxMessage) -> None:
        """A message to people."""
        for row in self.zone.rows(message, self.now):
            self.unit.send(row, self.now)

    def tell_worker(self, case: Case, worker_id: str, *, withdrawn: bool) -> None:
        """The case changed, or is no longer this worker's."""
        self.send(self.zone.update(case, worker_id, self.now, withdrawn))

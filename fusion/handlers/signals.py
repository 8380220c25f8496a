"""Signals: what follows from one is decided by `fusion.incidents` and written here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import NAMESPACE_URL, uuid5

from fusion.handlers.cases import Cases
from fusion.incidents import lifecycle
from fusion.incidents.association import named, reach_m
from fusion.incidents.fuse import (
    AddEvidence,
    AddSignal,
    DropCase,
    EndIncident,
    ExtendIncident,
    FusionPolicy,
    Instruction,
    MergeIncident,
    OpenCase,
    OpenIncident,
    ends_at,
    fuse,
    over,
)
from fusion.incidents.reliability import weighed
from fusion.incidents.reports import signal_of
from fusion.incidents.told import told, told_id
from fusion.storage import Unit
from fusion.types.case import Case, Deed, Incident
from fusion.types.deed import Given
from fusion.types.role import FUSION
from fusion.types.signal import Signal


class Signals:
    """Carries out, within one transaction, what a signal or the time makes of incidents."""

    def __init__(self, unit: Unit, cases: Cases, policy: FusionPolicy, now: datetime) -> None:
        self._unit, self._cases, self._policy, self._now = unit, cases, policy, now
        self.opened: list[Incident] = []  #: incidents that nobody had told of before

    def take(self, signal: Signal) -> None:
        """One signal that was not handled before."""
        said, signal = signal, self._weighed(signal)
        known = self._near(signal)
        ids = {incident.case_id for incident in known if incident.case_id is not None}
        cases = {case_id: case for case_id in sorted(ids) if (case := self._unit.case(case_id)) is not None}
        incident_id = uuid5(NAMESPACE_URL, f"incident/{signal.id}").hex
        instructions = fuse(signal, known, cases, self._policy, incident_id)
        for instruction in instructions:
            self._carry_out(instruction)
        taken_for = next(i.incident.id for i in instructions if isinstance(i, OpenIncident | ExtendIncident))
        learnt = self._unit.learnt
        learnt.put_thing(told(said, signal.belief, taken_for, learnt.thing(told_id(said))))

    def _weighed(self, signal: Signal) -> Signal:
        """The signal with what its belief counts for, by what people said of its source's earlier ones."""
        policy = self._policy.reliability
        marks = self._unit.learnt.marks(
            source_id=signal.source_id, zone_id=signal.zone_id, kind=signal.kind, most=policy.most_marks
        )
        return weighed(signal, marks, policy)

    def take_report(self, report_id: str) -> None:
        """A report that waits becomes a signal, and remembers which incident it spoke of."""
        report = self._unit.waiting_report(report_id)
        if report is None:
            return
        signal = signal_of(report)
        self.take(signal)
        incident = next((i for i in self._near(signal) if named(signal, i) is not None), None)
        self._unit.mark_report(report_id, self._now, incident.id if incident else None)

    def end(self, incident_id: str) -> None:
        """An incident that may be over."""
        incident = self._unit.incident(incident_id)
        if incident is None:
            return
        ended = over(incident, self._now, self._policy)
        if ended is None:
            self._put(incident)  # the site's policy was changed since: the time of its end is put right
        else:
            self._carry_out(ended)

    def _near(self, signal: Signal) -> list[Incident]:
        return self._unit.incidents_near(
            signal.kind,
            signal.source_id,
            signal.place.point,
            reach_m(self._policy),
            since=signal.since - self._policy.lasting,
            standing_since=signal.since - self._policy.again_within,
        )

    def _carry_out(self, instruction: Instruction) -> None:
        if isinstance(instruction, OpenIncident | ExtendIncident | MergeIncident):
            self._put(instruction.incident)
            if isinstance(instruction, OpenIncident):
                self.opened.append(instruction.incident)
        elif isinstance(instruction, EndIncident):
            self._put(instruction.incident)
            if instruction.seen_gone:
                self._open_case(instruction.incident.case_id, lambda c: self._cases.cleared(c, instruction.incident))
        elif isinstance(instruction, OpenCase):
            case = self._cases.file(instruction.incident, instruction.signal, self._case_id(instruction.incident))
            self._put(replace(instruction.incident, case_id=case.id))
        elif isinstance(instruction, AddSignal):
            signal, came_back = instruction.signal, instruction.came_back
            self._open_case(instruction.case_id, lambda c: self._cases.add_signal(c, signal, came_back=came_back))
        elif isinstance(instruction, AddEvidence):
            evidence = instruction.evidence
            self._open_case(instruction.case_id, lambda c: self._cases.add_evidence(c, evidence))
        elif isinstance(instruction, DropCase):
            self._open_case(instruction.case_id, lambda c: self._drop(c, instruction.same_as))
        else:
            assert_never(instruction)

    def _drop(self, case: Case, same_as: str) -> None:
        """The incidents are one already; only the case is put away, with its pictures in the one that stays."""
        stays = self._unit.case(same_as)
        note = f"= {stays.number if stays else same_as}"
        self._cases.do(case, Deed.MERGE, FUSION, Given(other=same_as, reason=note))
        if stays is not None:
            self._cases.add_evidence(stays, case.evidence)

    def _put(self, incident: Incident) -> None:
        lasts = incident.ended_at is None and incident.merged_into is None
        self._unit.put_incident(incident, ends_at(incident, self._policy) if lasts else None)

    def _open_case(self, case_id: str | None, act: Callable[[Case], object]) -> None:
        case = self._unit.case(case_id) if case_id is not None else None
        if case is not None and case.state in lifecycle.OPEN_STATES:
            act(case)

    def _case_id(self, incident: Incident) -> str:
        return f"C{self._now:%Y%m%d%H%M%S}{uuid5(NAMESPACE_URL, incident.id).hex[:10]}"

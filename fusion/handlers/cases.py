"""What happens to cases within a transaction: filed, told, passed on, answered, closed."""

from dataclasses import replace
from datetime import datetime

from fusion.handlers.closing import Closing
from fusion.handlers.ledger import CLEARED, OPENED, RECEIVED, RECURRED, REPEAT, SIGNAL, VENDOR, Ledger
from fusion.handlers.zone import Chosen, Zone
from fusion.incidents import lifecycle
from fusion.incidents.dispatching import DispatchTimes, Need, due, may_tell, try_again_after
from fusion.incidents.recurrence import earlier
from fusion.incidents.repeats import Past, repeated
from fusion.incidents.timing import overdue
from fusion.storage import Unit
from fusion.types.case import Case, CaseEvent, CaseState, Deed, Incident, Part
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.role import FUSION, Doer, worker
from fusion.types.signal import EvidenceRef, Reason, Signal

__all__ = ["OPENED", "RECEIVED", "Cases", "Zone"]

_NOTHING = Given()
_ENDS = frozenset({CaseState.CLOSED, CaseState.REJECTED, CaseState.MERGED})


class Cases:
    """Deeds within one transaction."""

    def __init__(self, unit: Unit, zone: Zone, times: DispatchTimes, now: datetime) -> None:
        self.ledger = Ledger(unit, zone, now)
        self.closing = Closing(self.ledger)
        self._unit, self._zone, self._times, self._now = unit, zone, times, now

    @property
    def changed(self) -> dict[str, Case]:
        """Cases that changed, by id, as they are now."""
        return self.ledger.changed

    @property
    def events(self) -> list[CaseEvent]:
        """The lines that were written."""
        return self.ledger.events

    def file(self, incident: Incident, signal: Signal, case_id: str) -> Case:
        """Open the case of an incident that a signal made believed, and tell somebody."""
        terminal_id = signal.source_id if signal.source == "video" else None
        case = self._new(incident, case_id, signal.reason, signal.source, terminal_id)
        return self.open(
            replace(case, zone_id=signal.zone_id, box=signal.box, met_at=signal.met_at, evidence=signal.evidence),
            FUSION,
        )

    def split_off(self, incident: Incident, case: Case, case_id: str, by: Doer) -> Case:
        """Open the case of an incident that was taken out of another case's."""
        trace = incident.traces[-1]
        terminal_id = trace.source_id if trace.box is not None else None
        source = "video" if terminal_id else "worker"
        new = self._new(incident, case_id, case.reason, source, terminal_id)
        return self.open(replace(new, box=trace.box, split_from=case.id), by)

    def open(self, case: Case, by: Doer) -> Case:
        """Collect it; fusion files it and tells somebody, unless the site wants a person to file it."""
        near_m, since = self._zone.book.config.recurrence_near_m, self._zone.book.config.recurrence_within
        known = self._unit.cases_near(case.kind, case.place.point, 2 * near_m, self._now - since)
        before = earlier(case.place, known, near_m)
        if before is not None:
            case = replace(case, recurrence_of=before.id, recurrences=before.recurrences + 1)
        case = self.ledger.keep(None, case, OPENED, by, case.reason)
        self._unit.add_evidence(case.id, case.evidence)
        if before is not None:
            times = case.recurrences
            again = Reason(f"第 {times} 次复发，前案 {before.number}", f"back again ({times}), after {before.number}")
            self.ledger.note(case, RECURRED, FUSION, again)
        case = self._repeat(case, None)
        if self._zone.book.filed_by_person(case.kind) and by is FUSION:
            return case
        return self.do(case, Deed.FILE, by)

    def tell(self, case: Case, by: Doer = FUSION, version: int | None = None, worker_id: str | None = None) -> Case:
        """Choose a worker and write the alert; when nobody is left, escalate to the command room."""
        choice = self._choice(case, worker_id)
        if choice is None:
            return self._nobody(case)
        within = self._times.acknowledge_within
        after = lifecycle.dispatched(case, choice.worker_id, choice.reason, self._now, within, by=by, version=version)
        alert = self._zone.alert(after, self._now)
        self.ledger.send(alert)
        return self.ledger.keep(case, replace(after, alert_id=alert.id), Deed.DISPATCH, by, choice.reason)

    def serve(self, case: Case) -> Case:
        """Whatever is due now: what its deadline says, and how it moves on by itself."""
        told = overdue(case, self._now)
        if told is not None:
            case, level, why = told
            self.ledger.put(case)
            self.ledger.note(case, str(level), FUSION, why)
        need = due(case, self._now)
        if need is Need.PASS_ON and case.worker_id is not None:
            self._unit.put_answer(case.worker_id, "silent", self._now)
            why = Reason(f"{case.worker_id} 未在时限内接单", f"{case.worker_id} did not answer in time")
            return self.tell(self._withdrawn(case, Deed.PASS_ON, FUSION, Given(), why))
        if need is Need.GIVE_UP_LOOKING:
            return self.closing.give_up(case)
        return self.tell(case) if need is Need.TELL else case

    def do(self, case: Case, deed: Deed, by: Doer, given: Given = _NOTHING, version: int | None = None) -> Case:
        """A deed; IllegalDeed when the table, the person's role or the version forbids it."""
        if deed is Deed.DISPATCH:
            lifecycle.apply(case, deed, self._now, by=by, version=version)
            # A person asks for it, so those who were told before may be told again.
            after = self.tell(replace(case, told=()), by, version, given.worker_id)
            if after.state is not CaseState.DISPATCHED:
                raise IllegalDeed(f"case {case.number}: no worker on duty could be told")
            return after
        if deed in {Deed.DECLINE, Deed.PASS_ON}:
            return self.tell(self._withdrawn(case, deed, by, given, _words(given), version))
        after = lifecycle.apply(case, deed, self._now, by=by, given=given, version=version)
        after = self.ledger.keep(case, after, deed, by, _words(given), given.false_reason)
        self._tell_who_had_it(case, after, by)
        if deed is Deed.FILE:
            return self.tell(after)
        if deed is Deed.RESUME and after.state is CaseState.FILED:
            return self.tell(after)
        if deed is Deed.HANDLE or (deed is Deed.RESUME and after.state is CaseState.FEEDBACK and after.seen is None):
            return self.closing.look_again(after)
        return self.closing.settle(after) if deed is Deed.FINISH_PART else after

    def received(self, case: Case, worker_id: str) -> None:
        """The phone has the alert."""
        self.ledger.note(case, RECEIVED, worker(worker_id), Reason("", ""))

    def add_signal(self, case: Case, signal: Signal, *, came_back: bool) -> None:
        """Another source tells of the thing, or it came back."""
        zh, en = ("再次出现", "came back") if came_back else ("另一来源", "another source")
        why = Reason(
            f"{zh}（{signal.source_id}）：{signal.reason.zh}", f"{en} ({signal.source_id}): {signal.reason.en}"
        )
        self.ledger.note(case, SIGNAL, FUSION, why)

    def add_evidence(self, case: Case, refs: tuple[EvidenceRef, ...]) -> Case:
        """More pictures of a case; not a deed, so the version that people looked at stays good."""
        return self.ledger.add_evidence(case, refs, FUSION)

    def cleared(self, case: Case, incident: Incident) -> None:
        """Everybody who saw the thing saw that it is gone; that alone closes nothing."""
        sources = "、".join(incident.source_ids), ", ".join(incident.source_ids)
        why = Reason(f"{sources[0]} 未再见到", f"no longer seen by {sources[1]}")
        self.ledger.note(case, CLEARED, FUSION, why)

    def _new(self, incident: Incident, case_id: str, reason: Reason, source: str, terminal_id: str | None) -> Case:
        hit = self._zone.locate(incident.place.point)
        grids = (hit.grid_id, hit.small_grid_id) if hit else (None, None)
        route = self._zone.book.route(kind=incident.kind, grids=grids, zone=incident.zone_id, source=source)
        joint = (route.platform, *route.others) if route.others else ()
        return Case(
            id=case_id,
            number=self._unit.next_number(self._now.astimezone(self._zone.clock).strftime("%Y-%m-%d")),
            incident_id=incident.id,
            kind=incident.kind,
            state=lifecycle.FIRST,
            place=incident.place,
            grid_id=grids[0],
            small_grid_id=grids[1],
            terminal_id=terminal_id,
            zone_id=incident.zone_id,
            reason=reason,
            box=None,
            opened_at=self._now,
            met_at=incident.first_at,
            changed_at=self._now,
            version=1,
            source=source,
            platform=route.platform,
            parts=tuple(Part(platform=name, lead=name == route.platform) for name in joint),
        )

    def link_stall(self, case: Case, stall_id: str, by: Doer) -> Case:
        """A member found whose the case is."""
        if not self._unit.link_stall(stall_id, case.id, by.name, self._now):
            return case
        self.ledger.note(case, VENDOR, by, Reason(stall_id, stall_id))
        return self._repeat(case, stall_id)

    def _repeat(self, case: Case, stall_id: str | None) -> Case:
        """Not a deed: the version that people looked at stays good."""
        policy = self._zone.repeats
        past = self._unit.past_cases(
            case.kind, case.place.point, policy.near_m, stall_id, case.opened_at - policy.within
        )
        why = repeated(case, stall_id, [Past(one, whose) for one, whose in past], policy)
        if why is None:
            return case
        after = self.ledger.put(replace(case, repeat=why))
        self.ledger.note(after, REPEAT, FUSION, why)
        return after

    def _choice(self, case: Case, worker_id: str | None) -> Chosen | None:
        if worker_id is not None:
            named = self._zone.named(worker_id, self._now)
            if named is None:
                raise IllegalDeed(f"case {case.number}: worker {worker_id[:64]}: not on the roster, or not on duty")
            return named
        found = self._zone.choose(case, case.told, self._now) if may_tell(case, self._times) else None
        return found or self._zone.leader(case, case.told, self._now)

    def _nobody(self, case: Case) -> Case:
        again_after = try_again_after(case, self._times)
        if case.escalated:
            # Tried again without luck: nothing is said twice, and the version that people looked at stays good.
            later = replace(case, due_at=None if again_after is None else self._now + again_after)
            self._unit.put_case(later)
            return later
        why = Reason("没有可派的在岗网格员", "no worker on duty could be told")
        return self.ledger.keep(case, lifecycle.escalated(case, self._now, again_after), Deed.ESCALATE, FUSION, why)

    def _tell_who_had_it(self, before: Case, after: Case, by: Doer) -> None:
        """The worker who has the case in hand hears of what others did to it."""
        if before.worker_id is None or by.name == worker(before.worker_id).name or before.state is after.state:
            return
        if before.state in lifecycle.IN_HAND or after.state in lifecycle.IN_HAND:
            paused = after.state is CaseState.SUSPENDED and before.state is CaseState.DISPATCHED
            self.ledger.tell_worker(after, before.worker_id, withdrawn=after.state in _ENDS or paused)

    def _withdrawn(
        self, case: Case, deed: Deed, by: Doer, given: Given, why: Reason, version: int | None = None
    ) -> Case:
        after = lifecycle.apply(case, deed, self._now, by=by, given=given, version=version)
        if case.worker_id is not None:
            self.ledger.tell_worker(after, case.worker_id, withdrawn=True)
        return self.ledger.keep(case, after, deed, by, why)


def _words(given: Given) -> Reason:
    """What a history says of a deed: which platforms, and the reason."""
    if given.false_reason is not None:
        return Reason(*given.false_reason.said(given.reason))
    parts = [", ".join(given.platforms), given.reason]
    text = [part for part in parts if part]
    return Reason("；".join(text), "; ".join(text))

"""Two cases that are one thing, and one case that is two: put right by a person, with both histories kept."""

from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from fusion.handlers.cases import Cases
from fusion.handlers.ledger import MERGED_IN
from fusion.incidents import lifecycle
from fusion.incidents.fuse import FusionPolicy, ends_at
from fusion.incidents.trace import apart, together
from fusion.storage import Unit
from fusion.types.case import Case, Deed, Incident
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.role import Doer
from fusion.types.signal import Reason


class Merging:
    """Within one transaction."""

    def __init__(self, unit: Unit, cases: Cases, policy: FusionPolicy) -> None:
        self._unit, self._cases, self._policy = unit, cases, policy

    def merge(self, case: Case, by: Doer, given: Given, version: int | None = None) -> Case:
        """The case is the same thing as `given.other`, which stays and gets its incidents and pictures."""
        stays = self._unit.case(given.other or "")
        if given.other is not None and (stays is None or stays.state not in lifecycle.OPEN_STATES):
            raise IllegalDeed(f"case {case.number}: merge wants another open case; {given.other[:64]} is none")
        if stays is not None and stays.kind != case.kind:
            raise IllegalDeed(f"case {case.number}: is {case.kind}; {stays.number} is {stays.kind}, another thing")
        note = replace(given, reason=f"= {stays.number if stays else given.other} {given.reason}".strip())
        after = self._cases.do(case, Deed.MERGE, by, note, version)
        if stays is not None:
            self._join_incidents(case, stays)
            kept = self._cases.ledger.add_evidence(stays, case.evidence, by)
            self._cases.ledger.note(kept, MERGED_IN, by, Reason(f"{case.number} 并入本案", f"{case.number} merged in"))
        return after

    def split(self, case: Case, by: Doer, given: Given, version: int | None = None) -> Case:
        """What some sources told is another thing: it gets a case of its own; the case with what the others told."""
        lifecycle.apply(case, Deed.SPLIT, self._cases.ledger.now, by=by, given=given, version=version)
        new_id = uuid5(NAMESPACE_URL, f"split/{case.id}/{case.version}").hex
        incident = self._parted(case, given)
        parts = apart(incident, frozenset(given.sources), new_id)
        if parts is None:
            names = ", ".join(sorted({f"{t.source_id} {t.thing_id}" for t in incident.traces}))
            raise IllegalDeed(f"case {case.number}: split wants some, and not all, of: {names}")
        stays, goes = parts
        self._put(stays)
        self._put(goes)
        case_id = f"C{self._cases.ledger.now:%Y%m%d%H%M%S}{new_id[:10]}"
        opened = self._cases.split_off(goes, case, case_id, by)
        self._put(replace(goes, case_id=opened.id))
        said = replace(given, reason=f"→ {opened.number} {given.reason}".strip())
        after = replace(case, place=stays.place)
        return self._cases.do(after, Deed.SPLIT, by, said, version)

    def _parted(self, case: Case, given: Given) -> Incident:
        """The incident of the case that the sources speak of."""
        own = self._unit.incidents_of(case.id)
        named = [i for i in own if {(t.source_id, t.thing_id) for t in i.traces} & set(given.sources)]
        if not named:
            known = ", ".join(sorted({f"{t.source_id} {t.thing_id}" for i in own for t in i.traces}))
            raise IllegalDeed(f"case {case.number}: split: nobody of that name told of it; those who did: {known}")
        return next((i for i in named if i.id == case.incident_id), named[0])

    def _join_incidents(self, goes: Case, stays: Case) -> None:
        """Signals of either thing belong to the case that stays from now on."""
        kept = self._unit.incident(stays.incident_id)
        for incident in self._unit.incidents_of(goes.id):
            if kept is not None and incident.merged_into is None and kept.merged_into is None:
                kept = replace(together(kept, incident), apart=())
                gone = replace(incident, merged_into=kept.id, case_id=stays.id, ended_at=incident.last_at)
                self._unit.put_incident(gone, None)
            else:
                self._put(replace(incident, case_id=stays.id))
        if kept is not None:
            self._put(kept)

    def _put(self, incident: Incident) -> None:
        lasts = incident.ended_at is None and incident.merged_into is None
        self._unit.put_incident(incident, ends_at(incident, self._policy) if lasts else None)

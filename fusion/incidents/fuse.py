"""From a signal to what follows from it: which incident it speaks of, and whether that is a case.

Signals are placed by their own time, not by when they come: the same signals give the same incidents in any
order, as long as each comes within `lasting` of its time and different things lie farther apart than places err.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fusion.incidents.association import fitting, in_reach, one_thing
from fusion.incidents.policy import FusionPolicy
from fusion.incidents.trace import first, gone_since, grown, newest_words, together
from fusion.types.case import Case, CaseState, Incident
from fusion.types.signal import EvidenceRef, Signal

__all__ = [
    "AddEvidence",
    "AddSignal",
    "DropCase",
    "EndIncident",
    "ExtendIncident",
    "FusionPolicy",
    "Instruction",
    "MergeIncident",
    "OpenCase",
    "OpenIncident",
    "ends_at",
    "fuse",
    "over",
]

#: While a case stands there, the thing is not dealt with, and one that comes back is no new case.
UNDEALT = frozenset(
    {CaseState.COLLECTED, CaseState.FILED, CaseState.DISPATCHED, CaseState.HANDLING, CaseState.SUSPENDED}
)
#: Nobody is on the way yet: a case that turns out to be another one's double can be dropped.
DROPPABLE = frozenset({CaseState.FILED, CaseState.DISPATCHED})


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """A thing that nobody told of before."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class ExtendIncident:
    """More about a known thing."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class MergeIncident:
    """An incident turned out to be the same thing as another (`incident.merged_into`)."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class EndIncident:
    """It is over; `seen_gone` says whether every source saw that, or nobody spoke of it any more."""

    incident: Incident
    seen_gone: bool


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An incident is believed: file it."""

    incident: Incident
    signal: Signal


@dataclass(frozen=True, slots=True)
class AddSignal:
    """Somebody else tells of a case's thing, or it came back."""

    case_id: str
    signal: Signal
    came_back: bool


@dataclass(frozen=True, slots=True)
class AddEvidence:
    """More pictures for a case."""

    case_id: str
    evidence: tuple[EvidenceRef, ...]


@dataclass(frozen=True, slots=True)
class DropCase:
    """Two cases turned out to be one thing; nobody is on the way for this one."""

    case_id: str
    same_as: str  #: id of the case that stays


Instruction = (
    OpenIncident | ExtendIncident | MergeIncident | EndIncident | OpenCase | AddSignal | AddEvidence | DropCase
)


def fuse(
    signal: Signal,
    incidents: Iterable[Incident],
    cases: Mapping[str, Case],
    policy: FusionPolicy,
    incident_id: str,
) -> tuple[Instruction, ...]:
    """What follows from a signal, in the order in which it is to be carried out.

    Args:
        signal: not seen before (the caller knows ids; a signal twice would only be counted twice).
        incidents: of its kind, all that may fit by time and place, and those near whose case is not dealt with.
        cases: the cases of these incidents by id.
        policy: the site's.
        incident_id: names a new incident if there is one.
    """
    known = tuple(incidents)
    fits = fitting(signal, known, policy)
    if not fits:
        opened, filed = _filed(first(signal, incident_id), signal, known, cases, policy)
        return (OpenIncident(opened), *filed)
    grew = grown(fits[0], signal)
    same = [other for other in fits[1:] if one_thing(grew, other, policy)]
    merged, merging = _merged(grew, same, cases)
    extended, filed = _filed(merged, signal, known, cases, policy)
    if merged.case_id is not None:
        new_voice = signal.source_id not in fits[0].source_ids
        filed = _told(merged.case_id, signal, came_back=False) if new_voice else _shown(merged.case_id, signal)
    return (ExtendIncident(extended), *merging, *filed)


def ends_at(incident: Incident, policy: FusionPolicy) -> datetime:
    """When it will be over if nothing more is said of it."""
    return max(
        trace.gone_at + policy.settle if trace.gone and trace.gone_at is not None else trace.last_at + policy.silent
        for trace in newest_words(incident.traces)
    )


def over(incident: Incident, now: datetime, policy: FusionPolicy) -> EndIncident | None:
    """Whether an incident has ended by now."""
    if incident.ended_at is not None or not incident.traces or now < ends_at(incident, policy):
        return None
    gone_at = gone_since(incident.traces)
    return EndIncident(replace(incident, ended_at=gone_at or incident.last_at), seen_gone=gone_at is not None)


def _filed(
    incident: Incident,
    signal: Signal,
    known: Iterable[Incident],
    cases: Mapping[str, Case],
    policy: FusionPolicy,
) -> tuple[Incident, tuple[Instruction, ...]]:
    """An incident that is believed and has no case gets one: that of the thing that was here before, or its own."""
    if incident.case_id is not None or incident.belief < policy.believed:
        return incident, ()
    earlier = _undealt(signal, [i for i in known if i.id != incident.id], cases, policy)
    if earlier is None:
        return incident, (OpenCase(incident, signal),)
    return replace(incident, case_id=earlier), _told(earlier, signal, came_back=True)


def _told(case_id: str, signal: Signal, *, came_back: bool) -> tuple[Instruction, ...]:
    return (AddSignal(case_id, signal, came_back), *_shown(case_id, signal))


def _shown(case_id: str, signal: Signal) -> tuple[Instruction, ...]:
    return (AddEvidence(case_id, signal.evidence),) if signal.evidence else ()


def _undealt(signal: Signal, known: Iterable[Incident], cases: Mapping[str, Case], policy: FusionPolicy) -> str | None:
    """The case of the thing that was here before and that nobody has dealt with yet."""
    found = [
        incident
        for incident in known
        if incident.last_at < signal.since <= incident.last_at + policy.again_within
        and _state(incident, cases) in UNDEALT
        and in_reach(signal, incident, policy)
    ]
    return max(found, key=lambda i: (i.last_at, i.id)).case_id if found else None


def _merged(
    grew: Incident, same: Iterable[Incident], cases: Mapping[str, Case]
) -> tuple[Incident, tuple[Instruction, ...]]:
    """One incident of those that are the same thing; of two cases the older stays, if nobody is bothered by that."""
    done: tuple[Instruction, ...] = ()
    for other in same:
        stays, goes = sorted((grew, other), key=lambda i: (i.case_id is None, i.first_at, i.id))
        if stays.case_id is not None and goes.case_id not in {None, stays.case_id}:
            if not _droppable(goes, stays, cases):
                stays, goes = goes, stays
            if not _droppable(goes, stays, cases) or goes.case_id is None or stays.case_id is None:
                continue  # people are at both, or have dealt with one: theirs to put together
            done += (DropCase(goes.case_id, stays.case_id),)
        grew = together(stays, goes)
        done += (MergeIncident(replace(goes, merged_into=stays.id, ended_at=goes.last_at)),)
    return grew, done


def _droppable(goes: Incident, stays: Incident, cases: Mapping[str, Case]) -> bool:
    return _state(goes, cases) in DROPPABLE and _state(stays, cases) in UNDEALT


def _state(incident: Incident, cases: Mapping[str, Case]) -> CaseState | None:
    case = cases.get(incident.case_id or "")
    return None if case is None else case.state

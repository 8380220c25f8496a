"""Association and fusion: which incident a signal speaks of, and what follows from it.

The same signals give the same incidents in whatever order they come, as long as they come within `lasting`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration
from fusion.types.case import Incident
from fusion.types.place import GeoPoint, Place
from fusion.types.signal import Phase, Signal

_EARTH_M = 6_371_008.8  # mean radius (IUGG)


class FusionPolicy(Config):
    """When two signals speak of one thing, and when an incident is believed."""

    lasting: Duration = timedelta(minutes=2)  #: a thing unseen for less than this is still the same one
    near_m: Annotated[float, Field(ge=0, le=1000)] = 8.0  #: two things nearer than this are one, uncertainty apart
    believed: Annotated[float, Field(gt=0, lt=1)] = 0.6  #: belief at which an incident becomes a case
    #: a case that people closed or rejected is not opened again for the same thing that stays
    quiet_after_case: bool = True


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """A thing that nobody told of before."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class ExtendIncident:
    """More about a known thing."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class EndIncident:
    """Every source has seen that it is gone."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An incident is believed: file it."""

    incident: Incident
    signal: Signal


Instruction = OpenIncident | ExtendIncident | EndIncident | OpenCase


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Ground distance on a sphere, equirectangular: within 0.1 % over a zone of some kilometres."""
    east = math.radians(b.lon - a.lon) * math.cos(math.radians((a.lat + b.lat) / 2))
    return _EARTH_M * math.hypot(east, math.radians(b.lat - a.lat))


def thing_key(signal: Signal) -> str:
    """How an incident remembers a source's name for the thing."""
    return f"{signal.source_id}/{signal.thing_id}"


def associate(signal: Signal, incidents: Iterable[Incident], policy: FusionPolicy) -> Incident | None:
    """The incident that a signal speaks of: the one that knows the thing by name, else the nearest fitting one."""
    key = thing_key(signal)
    fitting = [i for i in incidents if i.kind == signal.kind and _in_time(signal, i, policy)]
    named = [i for i in fitting if key in i.thing_ids]
    if named:
        return max(named, key=lambda i: (i.last_at, i.id))
    near = [(distance_m(i.place.point, signal.place.point), i) for i in fitting if _in_reach(signal, i, policy)]
    return min(near, key=lambda pair: (pair[0], pair[1].id))[1] if near else None


def _in_time(signal: Signal, incident: Incident, policy: FusionPolicy) -> bool:
    if thing_key(signal) in incident.thing_ids and incident.ended_at is None:
        return True  # the source itself says that it is still the same
    return incident.first_at - policy.lasting <= signal.at and signal.since <= incident.last_at + policy.lasting


def _in_reach(signal: Signal, incident: Incident, policy: FusionPolicy) -> bool:
    same_view = signal.zone_id is not None and signal.zone_id == incident.zone_id
    if same_view and signal.source_id in incident.source_ids:
        # One camera, one zone: its places carry one common error, so what counts is the distance itself.
        return distance_m(signal.place.point, incident.place.point) <= policy.near_m
    slack = math.hypot(signal.place.uncertainty_m, incident.place.uncertainty_m)
    return distance_m(signal.place.point, incident.place.point) <= policy.near_m + slack


def fuse(
    signal: Signal, incidents: Iterable[Incident], policy: FusionPolicy, incident_id: str
) -> tuple[Instruction, ...]:
    """What follows from a signal, given the incidents that may fit; `incident_id` names a new one if needed."""
    known = associate(signal, incidents, policy)
    if known is None:
        if signal.phase is Phase.ENDED:
            return ()  # the end of something that was never told
        opened = _first(signal, incident_id)
        return (OpenIncident(opened), *_believed(opened, signal, policy))
    merged = _merged(known, signal)
    if signal.phase is Phase.ENDED and known.ended_at is None and set(known.source_ids) == {signal.source_id}:
        return (EndIncident(replace(merged, ended_at=signal.at)),)
    if signal.phase is not Phase.ENDED and known.ended_at is not None:
        merged = replace(merged, ended_at=None)  # it was hidden, not gone
    return (ExtendIncident(merged), *_believed(merged, signal, policy))


def _believed(incident: Incident, signal: Signal, policy: FusionPolicy) -> tuple[Instruction, ...]:
    if incident.case_id is None and incident.belief >= policy.believed and signal.phase is not Phase.ENDED:
        return (OpenCase(incident, signal),)
    return ()


def _first(signal: Signal, incident_id: str) -> Incident:
    return Incident(
        id=incident_id,
        kind=signal.kind,
        place=signal.place,
        thing_ids=(thing_key(signal),),
        source_ids=(signal.source_id,),
        zone_id=signal.zone_id,
        first_at=signal.since,
        last_at=signal.at,
        belief=signal.belief,
        signals=1,
    )


def _merged(known: Incident, signal: Signal) -> Incident:
    new_source = signal.source_id not in known.source_ids
    place = known.place if known.place.uncertainty_m <= signal.place.uncertainty_m else signal.place
    return replace(
        known,
        place=Place(place.point, place.uncertainty_m),
        thing_ids=tuple(sorted({*known.thing_ids, thing_key(signal)})),
        source_ids=tuple(sorted({*known.source_ids, signal.source_id})),
        first_at=min(known.first_at, signal.since),
        last_at=max(known.last_at, signal.at),
        # Repeats of one source are not independent: only another source adds to the odds.
        belief=_odds_added(known.belief, signal.belief) if new_source else max(known.belief, signal.belief),
        signals=known.signals + 1,
    )


def _odds_added(a: float, b: float) -> float:
    """Two independent sources, in log-odds over an even prior."""

    def logit(p: float) -> float:
        q = min(max(p, 0.01), 0.99)
        return math.log(q / (1 - q))

    return 1 / (1 + math.exp(-(logit(a) + logit(b))))


def window(signal: Signal, policy: FusionPolicy) -> tuple[datetime, datetime]:
    """Incidents whose last signal lies outside these times cannot fit, except those that still last."""
    return signal.since - policy.lasting, signal.at + policy.lasting

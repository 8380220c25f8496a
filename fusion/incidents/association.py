"""Which incidents a signal may speak of.

Kind, time and place must fit. Time: what is seen again within `lasting` is the same. Place: a source that
knows the incident decides by its own view, since it tells its things apart better than places on the ground do;
else the distance on the ground counts against both uncertainties.
"""

import math
from collections.abc import Iterable

from fusion.incidents.policy import FusionPolicy
from fusion.types.case import Incident, Trace
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import Signal

_EARTH_M = 6_371_008.8  # mean radius (IUGG)
_SAME_BOX = 0.3  # intersection over union
_BESIDE = 0.5  # two boxes are near when the gap is less than this share of the smaller one's side


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Ground distance on a sphere, equirectangular: within 0.1 % over a zone of some kilometres."""
    east = math.radians(b.lon - a.lon) * math.cos(math.radians((a.lat + b.lat) / 2))
    return _EARTH_M * math.hypot(east, math.radians(b.lat - a.lat))


def reach_m(policy: FusionPolicy) -> float:
    """Two places farther apart than this are never one by their distance."""
    return policy.near_m + policy.most_slack_m


def fitting(signal: Signal, incidents: Iterable[Incident], policy: FusionPolicy) -> list[Incident]:
    """The incidents that a signal may speak of, the likeliest first: known by name, else the nearest."""
    found = [i for i in incidents if in_time(signal, i, policy) and in_reach(signal, i, policy)]
    return sorted(found, key=lambda i: (named(signal, i) is None, distance_m(i.place.point, signal.place.point), i.id))


def in_time(signal: Signal, incident: Incident, policy: FusionPolicy) -> bool:
    """Whether the signal's thing was there within `lasting` of the incident's, by event time."""
    before, after = incident.first_at - signal.at, signal.since - incident.last_at
    return before <= policy.lasting and after <= policy.lasting


def in_reach(signal: Signal, incident: Incident, policy: FusionPolicy) -> bool:
    """Whether kind and place allow that both are one thing."""
    if signal.kind != incident.kind or incident.merged_into is not None:
        return False
    own = [trace for trace in incident.traces if trace.source_id == signal.source_id]
    if named(signal, incident) is not None:
        return True
    if own:
        return any(in_view(signal.box, signal.place, trace, policy) for trace in own)
    return near(signal.place, incident.place, policy)


def named(signal: Signal, incident: Incident) -> Trace | None:
    """The trace that the signal goes on with.

    Names count only while what they name is there: a source that was started again uses them anew.
    """
    for trace in incident.traces:
        same = (trace.source_id, trace.thing_id) == (signal.source_id, signal.thing_id)
        if same and signal.since <= trace.last_at and trace.since <= signal.at:
            return trace
    return None


def in_view(box: Box | None, place: Place, trace: Trace, policy: FusionPolicy) -> bool:
    """Whether two boxes of one source are one thing: on the ground where it is measured well, else in the picture."""
    if box is None or trace.box is None:
        return near(place, trace.place, policy)
    if _overlap(box, trace.box) >= _SAME_BOX:
        return True
    vaguest_m = max(place.uncertainty_m, trace.place.uncertainty_m)
    if vaguest_m <= policy.near_m:
        # The errors of one camera's places are common to both, so the distance itself counts.
        return distance_m(place.point, trace.place.point) <= policy.near_m
    return _beside(box, trace.box)


def near(a: Place, b: Place, policy: FusionPolicy) -> bool:
    """Whether two places may be one, given their uncertainties."""
    slack_m = min(math.hypot(a.uncertainty_m, b.uncertainty_m), policy.most_slack_m)
    return distance_m(a.point, b.point) <= policy.near_m + slack_m


def one_thing(a: Incident, b: Incident, policy: FusionPolicy) -> bool:
    """Whether two incidents that one signal fits are the same thing themselves."""
    if a.id in b.apart or b.id in a.apart:
        return False  # people said so
    gap = max(a.first_at, b.first_at) - min(a.last_at, b.last_at)
    if gap > policy.lasting or not near(a.place, b.place, policy):
        return False
    return all(
        any(in_view(x.box, x.place, y, policy) for x in _of(a, source) for y in _of(b, source))
        for source in set(a.source_ids) & set(b.source_ids)
        if _of(a, source) and _of(b, source)
    )


def _of(incident: Incident, source_id: str) -> list[Trace]:
    return [trace for trace in incident.traces if trace.source_id == source_id]


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union: two things behind each other overlap too, but differ in size."""
    wide = max(0.0, min(a.right, b.right) - max(a.left, b.left))
    high = max(0.0, min(a.bottom, b.bottom) - max(a.top, b.top))
    both = a.area + b.area - wide * high
    return wide * high / both if both > 0 else 0.0


def _beside(a: Box, b: Box) -> bool:
    across = max(a.left, b.left) - min(a.right, b.right)
    down = max(a.top, b.top) - min(a.bottom, b.bottom)
    return across <= _BESIDE * min(a.right - a.left, b.right - b.left) and down <= _BESIDE * min(
        a.bottom - a.top, b.bottom - b.top
    )

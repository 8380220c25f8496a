"""What a signal adds to an incident. Only sets, minima and maxima, so that the order of signals does not count."""

import math
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from fusion.incidents.association import named
from fusion.types.case import Incident, Trace
from fusion.types.place import Place
from fusion.types.signal import Phase, Signal

_MOST_TRACES = 32  # a thing that flickers all day gets a new name each time
_LEAST, _MOST = 0.01, 0.99  # no source is believed beyond these


def first(signal: Signal, incident_id: str) -> Incident:
    """The incident of a signal that fits no other."""
    return Incident(
        id=incident_id,
        kind=signal.kind,
        place=signal.place,
        source_ids=(signal.source_id,),
        zone_id=signal.zone_id,
        first_at=signal.since,
        last_at=signal.at,
        belief=_told_belief(signal),
        signals=1,
        traces=(_started(signal),),
    )


def grown(incident: Incident, signal: Signal) -> Incident:
    """The incident with one more signal of it."""
    known = named(signal, incident)
    others = tuple(trace for trace in incident.traces if trace is not known)
    trace = _started(signal) if known is None else _joined(known, _started(signal))
    return replace(summed(incident, (*others, trace)), signals=incident.signals + 1)


def together(kept: Incident, gone: Incident) -> Incident:
    """Both as one, under the id of the first."""
    both = summed(kept, (*kept.traces, *gone.traces))
    return replace(
        both,
        source_ids=tuple(sorted({*kept.source_ids, *gone.source_ids})),
        first_at=min(kept.first_at, gone.first_at),
        last_at=max(kept.last_at, gone.last_at),
        signals=kept.signals + gone.signals,
    )


def apart(incident: Incident, names: Collection[tuple[str, str]], new_id: str) -> tuple[Incident, Incident] | None:
    """The incident without some of its traces, and these as an incident of their own.

    None when that would leave one of them empty. `names` are (source, its name for the thing).
    """
    parts = [[], []] if not incident.traces else _parted(incident.traces, names)
    if not all(parts):
        return None
    stays, goes = (_anew(incident, traces) for traces in parts)
    both = tuple(sorted({*incident.apart, incident.id, new_id}))
    return (
        replace(stays, apart=tuple(i for i in both if i != incident.id)),
        replace(goes, id=new_id, case_id=None, apart=tuple(i for i in both if i != new_id)),
    )


def _parted(traces: Iterable[Trace], names: Collection[tuple[str, str]]) -> list[list[Trace]]:
    stays: list[Trace] = []
    goes: list[Trace] = []
    for trace in traces:
        (goes if (trace.source_id, trace.thing_id) in names else stays).append(trace)
    return [stays, goes]


def _anew(incident: Incident, traces: list[Trace]) -> Incident:
    """What these traces say, and nothing of what the others said."""
    first = min(trace.since for trace in traces)
    last = max(trace.last_at for trace in traces)
    return summed(replace(incident, source_ids=(), first_at=first, last_at=last, signals=len(traces)), traces)


def summed(incident: Incident, traces: Iterable[Trace]) -> Incident:
    """What the traces say together."""
    kept = _bounded(sorted(traces, key=lambda t: (t.since, t.source_id, t.thing_id)))
    gone_at = gone_since(kept)
    # One that ended in silence has not been seen gone: when that is told at last, it ends a second time, and says so.
    was_gone = incident.ended_at is not None and gone_since(incident.traces) is not None
    return replace(
        incident,
        traces=kept,
        place=_least_vague(trace.place for trace in kept),
        source_ids=tuple(sorted({*incident.source_ids, *(t.source_id for t in kept)})),
        zone_id=next((t.zone_id for t in kept if t.zone_id is not None), incident.zone_id),
        first_at=min(incident.first_at, *(t.since for t in kept)),
        last_at=max(incident.last_at, *(t.last_at for t in kept)),
        belief=_fused(kept),
        ended_at=gone_at if was_gone else None,  # seen again: it was hidden, not gone
    )


def newest_words(traces: Iterable[Trace]) -> list[Trace]:
    """The newest trace of each source: after a restart the older names of a thing are never told of again."""
    newest: dict[str, Trace] = {}
    for trace in sorted(traces, key=lambda t: (t.last_at, t.since, t.thing_id)):
        newest[trace.source_id] = trace
    return list(newest.values())


def gone_since(traces: Iterable[Trace]) -> datetime | None:
    """When the last source saw it gone; None while one of them has not."""
    words = newest_words(traces)
    seen_gone = [t.gone_at for t in words if t.gone and t.gone_at is not None]
    return max(seen_gone) if len(seen_gone) == len(words) else None


def _started(signal: Signal) -> Trace:
    ended = signal.phase is Phase.ENDED
    return Trace(
        source_id=signal.source_id,
        thing_id=signal.thing_id,
        zone_id=signal.zone_id,
        since=signal.since,
        last_at=signal.at,
        seen_at=None if ended else signal.at,
        gone_at=signal.at if ended else None,
        place=signal.place,
        belief=_told_belief(signal),
        box=signal.box,
    )


def _told_belief(signal: Signal) -> float:
    return 0.0 if signal.phase is Phase.ENDED else signal.belief


def _joined(a: Trace, b: Trace) -> Trace:
    newer, older = (a, b) if (a.last_at, a.box or ()) >= (b.last_at, b.box or ()) else (b, a)
    return replace(
        newer,
        zone_id=newer.zone_id or older.zone_id,
        since=min(a.since, b.since),
        seen_at=_later(a.seen_at, b.seen_at),
        gone_at=_later(a.gone_at, b.gone_at),
        place=_least_vague((a.place, b.place)),
        belief=max(a.belief, b.belief),
        box=newer.box or older.box,
    )


def _bounded(traces: list[Trace]) -> tuple[Trace, ...]:
    kept = list(traces)
    while len(kept) > _MOST_TRACES:
        oldest = min(kept, key=lambda t: t.last_at)
        kept.remove(oldest)
        heir = next((t for t in reversed(kept) if t.source_id == oldest.source_id), None)
        if heir is not None:
            kept[kept.index(heir)] = replace(heir, belief=max(heir.belief, oldest.belief))
    return tuple(kept)


def _fused(traces: Iterable[Trace]) -> float:
    """Log-odds over an even prior. What one source repeats is not independent: its strongest word counts once."""
    strongest: dict[str, float] = {}
    for trace in traces:
        strongest[trace.source_id] = max(strongest.get(trace.source_id, 0.0), trace.belief)
    return together_believed(strongest.values())


def together_believed(beliefs: Iterable[float]) -> float:
    """What independent sources' beliefs (0-1) say together: log-odds over an even prior; 0: nobody says anything."""
    told = [min(max(p, _LEAST), _MOST) for p in beliefs if p > 0]
    if not told:
        return 0.0
    return 1 / (1 + math.exp(-sum(math.log(p / (1 - p)) for p in sorted(told))))


def _least_vague(places: Iterable[Place]) -> Place:
    return min(places, key=lambda place: (place.uncertainty_m, place.point))


def _later(a: datetime | None, b: datetime | None) -> datetime | None:
    return max((at for at in (a, b) if at is not None), default=None)

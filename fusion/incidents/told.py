"""What is kept of what was told, and of what people said of it, so that both can be judged again."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from fusion.types.case import Case, CaseEvent, Deed, Incident
from fusion.types.signal import Phase, Signal
from fusion.types.told import Mark, Outcome, ToldThing

_FUSION = "fusion"
#: Somebody was there and dealt with it, or said that it was none. What fusion does itself (two cases turned out to be
#: one) says nothing of the alarm, nor does closing: that may be for any reason.
_OUTCOMES = {Deed.HANDLE: Outcome.TRUE, Deed.REJECT: Outcome.FALSE}


def told_id(signal: Signal) -> str:
    """The id of the thing that a signal speaks of; names are used again, but not with the same beginning."""
    name = f"told/{signal.source_id}/{signal.kind}/{signal.thing_id}/{signal.since.isoformat()}"
    return uuid5(NAMESPACE_URL, name).hex


def told(signal: Signal, weighed: float, incident_id: str, before: ToldThing | None) -> ToldThing:
    """The thing after one more signal of it; only minima and maxima, so that their order does not count.

    Args:
        signal: as its source told it.
        weighed: what its belief counted for, 0-1.
        incident_id: the incident for which it was taken.
        before: what was known of the thing.
    """
    ended = signal.phase is Phase.ENDED
    now = ToldThing(
        id=told_id(signal),
        first=signal,
        seen_at=signal.since if ended else signal.at,
        gone_at=signal.at if ended else None,
        belief=0.0 if ended else weighed,
        incident_id=incident_id,
    )
    if before is None:
        return now
    gone = [at for at in (before.gone_at, now.gone_at) if at is not None]
    return replace(
        before,
        first=min(before.first, signal, key=lambda s: (s.phase is Phase.ENDED, s.at, s.id)),
        seen_at=max(before.seen_at, now.seen_at),
        gone_at=max(gone, default=None),
        belief=max(before.belief, now.belief),
        incident_id=incident_id,
    )


def outcome_of(event: CaseEvent) -> Outcome | None:
    """What a line of a case's history says of whether the alarm was true; None: nothing."""
    if event.actor == _FUSION:
        return None
    return next((outcome for deed, outcome in _OUTCOMES.items() if event.deed == deed), None)


def marks_of(case: Case, incident: Incident | None, event: CaseEvent) -> tuple[Mark, ...]:
    """One mark for each source and zone that had told of the case's thing; none where the event says nothing."""
    outcome = outcome_of(event)
    if outcome is None:
        return ()
    traces = () if incident is None else incident.traces
    whose: Iterable[tuple[str, str | None]] = {(trace.source_id, trace.zone_id) for trace in traces}
    if not whose and case.terminal_id is not None:
        whose = {(case.terminal_id, case.zone_id)}
    return tuple(
        Mark(
            case_id=case.id,
            source_id=source_id,
            zone_id=zone_id,
            kind=case.kind,
            outcome=outcome,
            reason=event.false_reason,
            actor=event.actor,
            at=event.at,
        )
        for source_id, zone_id in sorted(whose, key=lambda key: (key[0], key[1] or ""))
    )

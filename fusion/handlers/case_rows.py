"""The one place that reads a case's history for the assessment: whatever the life of a case becomes, rows stay rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from fusion.assessment.rows import CaseRow
from fusion.handlers.cases import RECEIVED
from fusion.types.case import Case, CaseEvent, CaseState, Deed


def rows_of(histories: Iterable[tuple[Case, Sequence[CaseEvent]]]) -> Iterator[CaseRow]:
    """A row for each case."""
    return (row_of(case, events) for case, events in histories)


def row_of(case: Case, events: Sequence[CaseEvent]) -> CaseRow:
    """One case's row."""
    handlers = [event.actor for event in events if event.deed == Deed.HANDLE and event.actor.startswith("worker:")]
    worker = handlers[-1].removeprefix("worker:") if handlers else case.worker_id
    return CaseRow(
        case_id=case.id,
        number=case.number,
        kind=case.kind,
        grid_id=case.grid_id,
        small_grid_id=case.small_grid_id,
        platform=case.platform,
        worker_id=worker,
        source=case.source or ("video" if case.terminal_id else "sensor"),
        point=case.place.point,
        found_at=min(case.met_at, case.opened_at),
        opened_at=case.opened_at,
        told_at=_first(events, Deed.DISPATCH),
        received_at=_first(events, RECEIVED),
        acknowledged_at=_first(events, Deed.ACKNOWLEDGE),
        handled_at=_last(events, Deed.HANDLE),
        closed_at=_last(events, Deed.CLOSE) if case.state is CaseState.CLOSED else None,
        false=case.state is CaseState.REJECTED,
        bounced=_bounced(events),
    )


def _first(events: Sequence[CaseEvent], deed: str) -> datetime | None:
    return next((event.at for event in events if event.deed == deed), None)


def _last(events: Sequence[CaseEvent], deed: str) -> datetime | None:
    return next((event.at for event in reversed(events) if event.deed == deed), None)


def _bounced(events: Sequence[CaseEvent]) -> int:
    """How often a case went from handled back to the worker."""
    return sum(event.deed == Deed.BOUNCE for event in events)

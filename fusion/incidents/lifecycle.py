"""The life of a case, as a table.

opened ─dispatch→ dispatched ─acknowledge→ acknowledged ─handle→ handled ─close→ closed
"""

from dataclasses import replace
from datetime import datetime, timedelta

from fusion.types.case import Case, CaseState, Deed
from fusion.types.errors import IllegalDeed
from fusion.types.signal import Reason

_S, _D = CaseState, Deed

TABLE: dict[tuple[CaseState, Deed], CaseState] = {
    # Filed: somebody is told. When nobody is left to tell, the command room is, and it may act itself.
    (_S.OPENED, _D.DISPATCH): _S.DISPATCHED,
    (_S.OPENED, _D.ESCALATE): _S.OPENED,
    (_S.OPENED, _D.HANDLE): _S.HANDLED,
    (_S.OPENED, _D.CLOSE): _S.CLOSED,
    (_S.OPENED, _D.REJECT): _S.REJECTED,
    # Told: the worker goes, will not go, or does not answer; then the case goes back to be told to the next.
    (_S.DISPATCHED, _D.ACKNOWLEDGE): _S.ACKNOWLEDGED,
    (_S.DISPATCHED, _D.DECLINE): _S.OPENED,
    (_S.DISPATCHED, _D.PASS_ON): _S.OPENED,
    (_S.DISPATCHED, _D.HANDLE): _S.HANDLED,
    (_S.DISPATCHED, _D.REJECT): _S.REJECTED,
    # Going: done, or it turns out that the worker cannot after all.
    (_S.ACKNOWLEDGED, _D.HANDLE): _S.HANDLED,
    (_S.ACKNOWLEDGED, _D.DECLINE): _S.OPENED,
    (_S.ACKNOWLEDGED, _D.REJECT): _S.REJECTED,
    # Done on the ground: somebody checks and closes, or finds that it was a false alarm.
    (_S.HANDLED, _D.CLOSE): _S.CLOSED,
    (_S.HANDLED, _D.REJECT): _S.REJECTED,
    # Closed and rejected cases stay as they are: a thing that comes back is a new case.
}

OPEN_STATES = frozenset({_S.OPENED, _S.DISPATCHED, _S.ACKNOWLEDGED, _S.HANDLED})
#: A worker has the case in hand and may answer.
IN_HAND = frozenset({_S.DISPATCHED, _S.ACKNOWLEDGED})


def apply(case: Case, deed: Deed, now: datetime, *, version: int | None = None) -> Case:
    """The case after a deed.

    Args:
        case: as it is; it stays so when the deed is refused.
        deed: what is done.
        now: when.
        version: the one that the actor looked at; None when the deed holds whatever happened meanwhile.

    Raises:
        IllegalDeed: the table has no such step, or the case changed since it was looked at.
    """
    if version is not None and version != case.version:
        raise IllegalDeed(f"case {case.number}: changed meanwhile (version {case.version}, looked at {version})")
    after = TABLE.get((case.state, deed))
    if after is None:
        allowed = ", ".join(sorted(d for s, d in TABLE if s is case.state)) or "nothing more"
        raise IllegalDeed(f"case {case.number}: {deed} is not possible when {case.state}; possible: {allowed}")
    escalated = deed is Deed.ESCALATE or (case.escalated and after is CaseState.OPENED)
    return replace(case, state=after, changed_at=now, version=case.version + 1, due_at=None, escalated=escalated)


def dispatched(
    case: Case, worker_id: str, reason: Reason, now: datetime, within: timedelta, *, version: int | None = None
) -> Case:
    """The case after a worker was chosen; it passes on at `due_at` unless somebody acknowledges."""
    after = apply(case, Deed.DISPATCH, now, version=version)
    told = (*(w for w in case.told if w != worker_id), worker_id)
    return replace(after, worker_id=worker_id, worker_reason=reason, told=told, due_at=now + within)


def escalated(case: Case, now: datetime, again_after: timedelta | None) -> Case:
    """The case after nobody was found; somebody is looked for again after a while, unless that is None."""
    after = apply(case, Deed.ESCALATE, now)
    return replace(after, due_at=None if again_after is None else now + again_after)

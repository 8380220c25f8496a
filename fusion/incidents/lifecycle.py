"""Deeds done to a case as the table allows; what is refused says from where and by whom it would be possible."""

from dataclasses import replace
from datetime import datetime, timedelta

from fusion.incidents.table import FIRST, IN_HAND, OPEN_STATES, TABLE, Step, leads, steps
from fusion.types.case import Case, CaseState, Deed, Part
from fusion.types.deed import Allowed, Given, Wants
from fusion.types.errors import IllegalDeed
from fusion.types.role import FUSION, Doer, Role
from fusion.types.signal import Reason

__all__ = ["FIRST", "IN_HAND", "OPEN_STATES", "TABLE", "allowed", "apply", "dispatched", "escalated", "leads", "steps"]

#: Where a suspended case goes on: who was told and had not answered has long forgotten.
_GOES_ON = {CaseState.DISPATCHED: CaseState.FILED}
_NOTHING = Given()


def allowed(case: Case, doer: Doer) -> tuple[Allowed, ...]:
    """What somebody may do to a case now, in the table's order; each deed once."""
    found: dict[Deed, Allowed] = {}
    for step in TABLE:
        if step.source is case.state and doer.role in step.who and _concerns(step, case, doer) and _sense(step, case):
            found.setdefault(step.deed, Allowed(step.deed, step.wants - {Wants.PARTS}))
    return tuple(found.values())


def apply(
    case: Case, deed: Deed, now: datetime, *, by: Doer = FUSION, given: Given = _NOTHING, version: int | None = None
) -> Case:
    """The case after a deed.

    Args:
        case: as it is; it stays so when the deed is refused.
        deed: what is done.
        now: when; where a clock was set back, the case keeps its later time.
        by: who.
        given: what it comes with.
        version: the one that the actor looked at; None when the deed holds whatever happened meanwhile.

    Raises:
        IllegalDeed: the table has no such step for this person, something is missing that the deed must come
            with, what it comes with belongs to another deed, or the case changed since it was looked at.
    """
    if version is not None and version != case.version:
        raise IllegalDeed(f"case {case.number}: changed meanwhile (version {case.version}, looked at {version})")
    step = _step(case, deed, by)
    if given.false_reason is not None and deed is not Deed.REJECT:
        raise IllegalDeed(f"case {case.number}: a reason for a false alarm belongs to {Deed.REJECT}, not to {deed}")
    for want in sorted(step.wants):
        wrong = _missing(want, case, given)
        if wrong:
            raise IllegalDeed(f"case {case.number}: {deed} {wrong}")
    to = _target(case, step)
    escalated_still = deed is Deed.ESCALATE or (case.escalated and to is CaseState.FILED)
    after = replace(
        case,
        state=to,
        changed_at=max(case.changed_at, now),
        version=case.version + 1,
        due_at=case.due_at if to is case.state and deed is not Deed.ESCALATE else None,
        escalated=escalated_still,
    )
    return _marked(after, case, deed, by, given)


def dispatched(
    case: Case,
    worker_id: str,
    reason: Reason,
    now: datetime,
    within: timedelta,
    *,
    by: Doer = FUSION,
    version: int | None = None,
) -> Case:
    """The case after a worker was chosen; it passes on at `due_at` unless somebody acknowledges."""
    after = apply(case, Deed.DISPATCH, now, by=by, version=version)
    told = (*(w for w in case.told if w != worker_id), worker_id)
    return replace(after, worker_id=worker_id, worker_reason=reason, told=told, due_at=now + within)


def escalated(case: Case, now: datetime, again_after: timedelta | None) -> Case:
    """The case after nobody was found; somebody is looked for again after a while, unless that is None."""
    after = apply(case, Deed.ESCALATE, now)
    return replace(after, due_at=None if again_after is None else now + again_after)


def _step(case: Case, deed: Deed, by: Doer) -> Step:
    rows = steps(case.state, deed)
    if not rows:
        possible = ", ".join(sorted({step.deed for step in TABLE if step.source is case.state})) or "nothing more"
        states = ", ".join(sorted({step.source for step in TABLE if step.deed is deed}))
        raise IllegalDeed(
            f"case {case.number}: {deed} is not possible when {case.state}; possible: {possible}; "
            f"{deed} is possible when: {states}"
        )
    mine = [step for step in rows if by.role in step.who]
    if not mine:
        who = ", ".join(sorted(frozenset[Role]().union(*(step.who for step in rows))))
        raise IllegalDeed(f"case {case.number}: {deed} when {case.state} is for {who}; not for {by.role}")
    if not _concerns(mine[0], case, by):
        raise IllegalDeed(f"case {case.number}: {deed} is not for {by.name}: {_whose(case, by)}")
    return mine[0]


def _concerns(step: Step, case: Case, doer: Doer) -> bool:
    """Whether the case is one of those that somebody looks after."""
    if doer.role is Role.PLATFORM_LIAISON:
        platforms = {case.platform, *(part.platform for part in case.parts)}
        lead_only = step.deed not in {Deed.FINISH_PART, Deed.HANDLE}
        return bool(({case.platform} if lead_only else platforms) & set(doer.scope))
    if doer.role is Role.GRID_LIAISON:
        return bool({case.grid_id, case.small_grid_id} & set(doer.scope))
    return doer.role is not Role.WORKER or case.worker_id in doer.scope


def _whose(case: Case, doer: Doer) -> str:
    if doer.role is Role.PLATFORM_LIAISON:
        return f"it is for the liaison of {case.platform or 'no platform'}"
    if doer.role is Role.GRID_LIAISON:
        return f"it is for the liaison of {case.grid_id or 'no grid'}"
    return f"it is with {case.worker_id or 'nobody'}"


def _sense(step: Step, case: Case) -> bool:
    """What the table allows but has nothing to be done to is not offered."""
    if step.deed is Deed.FINISH_PART:
        return bool(case.unfinished)
    return Wants.PARTS not in step.wants or not case.unfinished


def _target(case: Case, step: Step) -> CaseState:
    if step.deed is not Deed.RESUME:
        return step.to
    stood = case.paused_in or CaseState.FILED
    return _GOES_ON.get(stood, stood)


def _missing(want: Wants, case: Case, given: Given) -> str:
    """What a deed lacks, in words; empty when nothing."""
    still = ", ".join(case.unfinished)
    lacks = {
        Wants.REASON: (not given.reason.strip(), "wants a reason"),
        Wants.FALSE_REASON: (
            given.false_reason is None and not given.reason.strip(),
            "wants a reason for the false alarm",
        ),
        Wants.OTHER: (given.other in {None, "", case.id}, "wants the id of another case"),
        Wants.SOURCES: (not given.sources, "wants the sources whose signals are another thing"),
        Wants.PLATFORMS: (len(set(given.platforms)) < 2, "wants two platforms or more, the lead first"),
        Wants.PLATFORM: (
            not set(given.platforms) & set(case.unfinished),
            f"wants a platform whose part is not finished: {still or 'there is none'}",
        ),
        Wants.PICTURE: (not given.pictures, "wants a picture"),
        Wants.PARTS: (
            bool(case.unfinished),
            f"is not possible before every platform has done its part; still to do: {still}",
        ),
    }
    missing, words = lacks[want]
    return words if missing else ""


def _marked(after: Case, before: Case, deed: Deed, by: Doer, given: Given) -> Case:
    """What a deed leaves on the case beside its state."""
    plain: dict[Deed, Case] = {
        Deed.HANDLE: replace(after, handled_at=after.changed_at, seen=None),
        Deed.BOUNCE: replace(after, bounced=before.bounced + 1),
        Deed.SUSPEND: replace(after, paused_in=before.state),
        Deed.RESUME: replace(after, paused_in=None),
        Deed.MERGE: replace(after, merged_into=given.other),
    }
    if deed is Deed.JOIN:
        return _joined(after, given)
    return _finished(after, before, by, given) if deed is Deed.FINISH_PART else plain.get(deed, after)


def _finished(after: Case, before: Case, by: Doer, given: Given) -> Case:
    """One platform's part is done; a liaison's only by that liaison or the command room."""
    done = set(given.platforms) & set(before.unfinished)
    if by.role is Role.PLATFORM_LIAISON and not done <= set(by.scope):
        raise IllegalDeed(f"case {before.number}: {Deed.FINISH_PART} of {', '.join(sorted(done))} is not for {by.name}")
    parts = tuple(
        replace(part, finished_at=after.changed_at, finished_by=by.name, note=given.reason)
        if part.platform in done
        else part
        for part in before.parts
    )
    return replace(after, parts=parts)


def _joined(after: Case, given: Given) -> Case:
    """Parts that are done stay so, whoever leads now."""
    known = {part.platform: part for part in after.parts}
    parts = tuple(
        replace(known.get(name, Part(platform=name)), lead=not number)
        for number, name in enumerate(dict.fromkeys(given.platforms))
    )
    return replace(after, platform=parts[0].platform, parts=parts)

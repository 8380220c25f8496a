"""Which stage a case is in, and what its deadline is after a deed."""

from dataclasses import dataclass, replace
from datetime import datetime

from fusion.incidents.codes import Book
from fusion.incidents.deadlines import Counting
from fusion.types.case import Case, CaseState
from fusion.types.deadline import Deadline, Level, Stage
from fusion.types.signal import Reason

_STAGES = {
    CaseState.COLLECTED: Stage.FILE,
    CaseState.FILED: Stage.DISPATCH,
    CaseState.DISPATCHED: Stage.HANDLE,
    CaseState.HANDLING: Stage.HANDLE,
    CaseState.FEEDBACK: Stage.VERIFY,
    CaseState.VERIFIED: Stage.CLOSE,
}
_WORDS = {
    Stage.FILE: ("立案", "filing"),
    Stage.DISPATCH: ("派遣", "dispatch"),
    Stage.HANDLE: ("处置", "handling"),
    Stage.VERIFY: ("核查", "verification"),
    Stage.CLOSE: ("结案", "closing"),
}


def stage_of(case: Case) -> Stage | None:
    """The stage whose clock runs. Once somebody was told, the clock of handling runs on, whoever else is told."""
    if case.state is CaseState.FILED and case.told:
        return Stage.HANDLE
    return _STAGES.get(case.state)


@dataclass(frozen=True, slots=True)
class Timing:
    """The limits of a site, and how it counts time."""

    book: Book
    counting: Counting

    def after(self, before: Case | None, after: Case, now: datetime) -> Case:
        """The case after a deed with the deadline of its stage; `before` is None when it was just opened."""
        return replace(after, deadline=self._deadline(before, after, now))

    def _deadline(self, before: Case | None, after: Case, now: datetime) -> Deadline | None:
        had = before.deadline if before else None
        if after.state is CaseState.SUSPENDED:
            return self.counting.pause(had, now) if had else None
        stage = stage_of(after)
        limit = self.book.limit(after.kind, stage) if stage else None
        if stage is None or limit is None:
            return None
        if had is None or had.stage is not stage:
            return self.counting.begin(stage, limit, now)
        # A case that was sent back from feedback comes here with another stage, and so with a whole limit again.
        return self.counting.go_on(had, now)


def overdue(case: Case, now: datetime) -> tuple[Case, Level, Reason] | None:
    """The case with what is now to be told of its deadline; None: nothing new."""
    deadline = case.deadline
    if deadline is None or deadline.next_at is None or now < deadline.next_at:
        return None
    level = deadline.level(now)
    zh, en = _WORDS[deadline.stage]
    if level is Level.RED:
        why = Reason(
            f"{zh}超过时限（{deadline.limit}）：请平台联络员与指挥室督办",
            f"{en} over its limit ({deadline.limit}): for the platform liaison and the command room",
        )
    else:
        why = Reason(f"{zh}时限将至（{deadline.limit}）", f"{en} near its limit ({deadline.limit})")
    return replace(case, deadline=replace(deadline, told=level)), level, why

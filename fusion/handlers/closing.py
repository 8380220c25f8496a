"""Closing by eye: what follows from what the terminals saw after "handled"."""

from dataclasses import replace

from fusion.handlers.ledger import CANNOT_SEE, Ledger
from fusion.incidents import lifecycle
from fusion.types.case import Case, CaseState, Deed, Seen
from fusion.types.deed import Given
from fusion.types.role import FUSION
from fusion.types.signal import Reason
from fusion.types.verdict import Clear, Verdict

_NO_TERMINAL = Reason("没有终端看得到此处，请人工核查", "no terminal sees the place: a person checks")
_NO_ANSWER = Reason("时限内没有终端给出画面，请人工核查", "no terminal showed the place in time: a person checks")


class Closing:
    """Within one transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._policy = ledger, ledger.zone.book.config.closing

    def look_again(self, case: Case) -> Case:
        """Somebody says that it is done: the terminals look, and where none can, a person does."""
        if self._policy.by_eye == "off":
            return case
        if case.terminal_id is None or case.box is None:
            return self._not_seen(case, _NO_TERMINAL)
        return self._ledger.put(replace(case, due_at=self._ledger.now + self._policy.look_within))

    def give_up(self, case: Case) -> Case:
        """No answer came in time."""
        return self._not_seen(case, _NO_ANSWER)

    def take(self, verdict: Verdict) -> None:
        """What the terminals saw; an answer to an older "handled", or to a case that moved on, changes nothing."""
        case = self._ledger.unit.case(verdict.case_id)
        if case is None or case.state is not CaseState.FEEDBACK or case.handled_at != verdict.handled_at:
            return
        case = self._ledger.add_evidence(case, verdict.evidence, FUSION)
        seen = Seen(
            verdict=verdict.clear,
            at=verdict.at,
            reason=verdict.reason,
            evidence_ids=tuple(ref.id for ref in verdict.evidence),
        )
        if verdict.clear is Clear.CLEAR and verdict.evidence:
            self.settle(self._ledger.put(replace(case, seen=seen, due_at=None)))
        elif verdict.clear is Clear.NOT_CLEAR and verdict.evidence:
            self._bounce(case, seen)
        else:
            self._not_seen(case, verdict.reason)

    def settle(self, case: Case) -> Case:
        """Verify what was seen to be clear; closing is then proposed, or done where the site wants that."""
        seen = case.seen
        if case.state is not CaseState.FEEDBACK or seen is None or seen.verdict != Clear.CLEAR or case.unfinished:
            return case
        given = Given(reason=seen.reason.en, pictures=seen.evidence_ids)
        verified = lifecycle.apply(case, Deed.VERIFY, self._ledger.now, given=given)
        case = self._ledger.keep(case, verified, Deed.VERIFY, FUSION, seen.reason)
        if self._policy.by_eye != "close":
            return case
        closed = lifecycle.apply(case, Deed.CLOSE, self._ledger.now)
        return self._ledger.keep(case, closed, Deed.CLOSE, FUSION, seen.reason)

    def _bounce(self, case: Case, seen: Seen) -> None:
        """Not clear: back to the worker, who is told so."""
        given = Given(reason=seen.reason.en, pictures=seen.evidence_ids)
        after = replace(lifecycle.apply(case, Deed.BOUNCE, self._ledger.now, given=given), seen=seen)
        kept = self._ledger.keep(case, after, Deed.BOUNCE, FUSION, seen.reason)
        if kept.worker_id is not None:
            self._ledger.tell_worker(kept, kept.worker_id, withdrawn=False)

    def _not_seen(self, case: Case, why: Reason) -> Case:
        seen = Seen(verdict=Clear.CANNOT_SEE, at=self._ledger.now, reason=why)
        after = self._ledger.put(replace(case, seen=seen, due_at=None))
        self._ledger.note(after, CANNOT_SEE, FUSION, why)
        return after

"""What workers' phones say: positions, receipts and answers. What does not fit the case is refused in words."""

from collections.abc import Callable

import structlog

from fusion import metrics
from fusion.handlers.cases import Cases
from fusion.incidents import lifecycle
from fusion.storage import Unit
from fusion.types.case import Case, Deed
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.phone import Answer, PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.role import worker

_LOG = structlog.get_logger()
_DEED = {
    Answer.ACCEPT: Deed.ACKNOWLEDGE,
    Answer.DECLINE: Deed.DECLINE,
    Answer.HANDLED: Deed.HANDLE,
    Answer.FALSE: Deed.REJECT,
}


class Phones:
    """Takes phones' messages within one transaction."""

    def __init__(self, unit: Unit, cases: Cases, first_time: Callable[[str], bool]) -> None:
        self._unit, self._cases, self._first_time = unit, cases, first_time
        self.told: list[Case] = []  #: cases of which a phone said for the first time that it has the alert

    def position(self, position: PhonePosition) -> None:
        """Where a worker is; only the newest counts, so it needs no memory of ids."""
        self._unit.put_position(position, self._cases.ledger.now)

    def receipt(self, receipt: PhoneReceipt) -> None:
        """An alert arrived; each alert counts once."""
        case = self._unit.case(receipt.case_id)
        if case is None or receipt.worker_id not in case.told:
            self._refuse("receipt", receipt.worker_id, receipt.case_id, "was not told of this case")
        elif self._first_time(f"receipt:{receipt.worker_id}:{receipt.alert_id}"):
            self._cases.received(case, receipt.worker_id)
            self.told.append(case)

    def answer(self, answer: PhoneAnswer) -> None:
        """The worker goes, will not go, or is done."""
        case = self._unit.case(answer.case_id)
        why = _why_not(case, answer)
        if case is None or why:
            self._refuse("answer", answer.worker_id, answer.case_id, why)
            return
        try:
            given = Given(reason=answer.reason, false_reason=answer.false_reason)
            self._cases.do(case, _DEED[answer.answer], worker(answer.worker_id), given)
            self._unit.put_answer(answer.worker_id, str(answer.answer), self._cases.ledger.now)
        except IllegalDeed as error:
            self._refuse("answer", answer.worker_id, answer.case_id, str(error))

    def _refuse(self, what: str, worker_id: str, case_id: str, why: str) -> None:
        metrics.REFUSED.labels("phone", what).inc()
        _LOG.warning("refused", what=what, worker=worker_id, case=case_id, why=why)


def _why_not(case: Case | None, answer: PhoneAnswer) -> str:
    """Why an answer does not count; empty when it does."""
    if case is None:
        return "there is no such case"
    if answer.worker_id not in case.told:
        return "was not told of this case"
    if answer.worker_id != case.worker_id:
        return f"too late: the case was passed on to {case.worker_id}"
    if case.state not in lifecycle.IN_HAND:
        return f"too late: the case is {case.state}"
    if answer.alert_id != case.alert_id:
        return "speaks of an alert that was withdrawn"
    return ""

"""The fusion engine: one thread that takes messages from the bus, decides, and commits; one transaction a message."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import structlog

from fusion import metrics
from fusion.bus import Bus, Entry
from fusion.handlers.cases import Cases, Zone
from fusion.handlers.wire import PHONES, SIGNALS, unpack
from fusion.incidents import lifecycle
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import (
    EndIncident,
    ExtendIncident,
    FusionPolicy,
    Instruction,
    OpenCase,
    OpenIncident,
    fuse,
    window,
)
from fusion.storage import Store, Unit
from fusion.types.case import Case, CaseState, Deed
from fusion.types.errors import FusionError, IllegalDeed, PeerFault
from fusion.types.phone import Answer, PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.signal import EvidenceRef, Signal

_LOG = structlog.get_logger()
_GROUP, _CONSUMER = "engine", "engine"
_TICK_S = 0.5
_PAUSE_S = 0.5
_REMEMBERED = timedelta(days=8)  # longer than the oldest message that a phone may bring (7 days)
_DEED = {Answer.ACCEPT: Deed.ACKNOWLEDGE, Answer.DECLINE: Deed.DECLINE, Answer.HANDLED: Deed.HANDLE}


class Engine:
    """The only writer of incidents and cases.

    A message is acknowledged to the bus after its transaction committed, and its id is in that
    transaction, so each counts exactly once whatever is killed in between.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        zone: Zone,
        policy: FusionPolicy,
        times: DispatchTimes,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._bus, self._zone, self._policy, self._times = store, bus, zone, policy, times
        self._clock, self._written = clock, written
        self._writing = threading.RLock()
        self._watchers: list[Callable[[Case], None]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Begin to take messages."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the message at hand and stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def subscribe(self, watcher: Callable[[Case], None]) -> Callable[[], None]:
        """Tell of each changed case after its commit; returns how to stop."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def deed(self, case_id: str, deed: Deed, *, actor: str, version: int | None = None, note: str = "") -> Case:
        """A deed of a person of the command room; IllegalDeed says why not."""

        def act(cases: Cases, unit: Unit) -> None:
            case = unit.case(case_id)
            if case is None:
                raise IllegalDeed(f"case {case_id}: there is none of this id")
            cases.do(case, deed, actor, note, version)

        return self._write(act)[-1]

    def add_evidence(self, case_id: str, refs: tuple[EvidenceRef, ...]) -> None:
        """Pictures that came after the case was opened."""

        def act(cases: Cases, unit: Unit) -> None:
            case = unit.case(case_id)
            if case is not None:
                cases.add_evidence(case, refs)

        self._write(act)

    def handle(self, message: Signal | PhonePosition | PhoneReceipt | PhoneAnswer) -> None:
        """One message; the same id twice changes nothing."""

        def act(cases: Cases, unit: Unit) -> None:
            if not unit.first_time(message.id, self._clock()):
                return
            if isinstance(message, Signal):
                self._signal(message, cases, unit)
            elif isinstance(message, PhonePosition):
                unit.put_position(message)
            elif isinstance(message, PhoneReceipt):
                self._receipt(message, cases, unit)
            else:
                self._answer(message, cases, unit)

        self._write(act)

    def tick(self) -> None:
        """Serve cases that wait for an answer or for somebody to tell."""
        waiting = self._store.cases(states=[CaseState.OPENED, CaseState.DISPATCHED], limit=10_000)
        for seen in waiting:

            def act(cases: Cases, unit: Unit, case_id: str = seen.id) -> None:
                case = unit.case(case_id)
                if case is not None:
                    cases.serve(case)

            if seen.due_at is None or seen.due_at <= self._clock():
                self._write(act)

    def _write(self, act: Callable[[Cases, Unit], None]) -> list[Case]:
        with self._writing:
            with self._store.transaction() as unit:
                cases = Cases(unit, self._zone, self._times, self._clock())
                act(cases, unit)
            changed = cases.changed
        if changed:
            self._written()
        for case in {case.id: case for case in changed}.values():
            for watcher in tuple(self._watchers):
                watcher(case)
        return changed

    def _signal(self, signal: Signal, cases: Cases, unit: Unit) -> None:
        incident_id = uuid5(NAMESPACE_URL, f"incident/{signal.id}").hex
        known = unit.incidents(signal.kind, window(signal, self._policy)[0])
        for instruction in fuse(signal, known, self._policy, incident_id):
            self._carry_out(instruction, signal, cases, unit)

    def _carry_out(self, instruction: Instruction, signal: Signal, cases: Cases, unit: Unit) -> None:
        incident = instruction.incident
        if isinstance(instruction, OpenCase):
            case = cases.file(incident, signal, f"C{uuid5(NAMESPACE_URL, incident.id).hex[:20]}")
            unit.put_incident(replace(incident, case_id=case.id))
            return
        unit.put_incident(incident)
        if isinstance(instruction, OpenIncident):
            metrics.INCIDENTS.labels(incident.kind).inc()
        case_known = unit.case(incident.case_id) if incident.case_id else None
        if case_known is None or case_known.state not in lifecycle.OPEN_STATES:
            return
        if isinstance(instruction, EndIncident):
            cases.cleared(case_known, signal.reason)
        elif isinstance(instruction, ExtendIncident) and signal.evidence:
            cases.add_evidence(case_known, signal.evidence)

    def _receipt(self, receipt: PhoneReceipt, cases: Cases, unit: Unit) -> None:
        case = unit.case(receipt.case_id)
        if case is None or receipt.worker_id not in case.told:
            self._refuse("receipt", receipt.worker_id, receipt.case_id)
            return
        cases.received(case, receipt.worker_id)
        metrics.TOLD_SECONDS.observe(max(0.0, (self._clock() - case.met_at).total_seconds()))

    def _answer(self, answer: PhoneAnswer, cases: Cases, unit: Unit) -> None:
        case = unit.case(answer.case_id)
        # Only the worker who was told last may answer: the case was taken back from the others.
        if case is None or case.worker_id != answer.worker_id:
            self._refuse("answer", answer.worker_id, answer.case_id)
            return
        try:
            cases.do(case, _DEED[answer.answer], f"worker:{answer.worker_id}", answer.reason)
        except IllegalDeed as error:
            self._refuse("answer", answer.worker_id, answer.case_id, str(error))

    def _refuse(self, what: str, worker_id: str, case_id: str, why: str = "not told of this case") -> None:
        metrics.REFUSED.labels("phone", what).inc()
        _LOG.warning("refused", what=what, worker=worker_id, case=case_id, why=why)

    def _run(self) -> None:
        ticked = datetime.min.replace(tzinfo=UTC)
        forgot = ticked
        while not self._stopping.is_set():
            try:
                now = datetime.now(UTC)
                if (now - ticked).total_seconds() >= _TICK_S or now < ticked:
                    self.tick()
                    ticked = now
                if now - forgot > timedelta(hours=1):
                    self._store.forget(self._clock() - _REMEMBERED)
                    forgot = now
                self._take(self._bus.read([SIGNALS, PHONES], _GROUP, _CONSUMER))
            except PeerFault as error:
                # Bus or store is away. Nothing was acknowledged, so nothing is lost.
                _LOG.warning("engine waits", error=str(error))
                self._bus.again([SIGNALS, PHONES])
                self._stopping.wait(_PAUSE_S)

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            try:
                self.handle(unpack(entry.payload))
            except PeerFault:
                raise
            except FusionError as error:
                metrics.REFUSED.labels("bus", "message").inc()
                _LOG.error("message refused", stream=entry.stream, error=str(error))
            metrics.HANDLED.labels(entry.stream).inc()
            self._bus.ack(_GROUP, [entry])

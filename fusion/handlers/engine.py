"""The fusion engine: one thread that takes messages from the bus, decides, and commits; one transaction a message."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from fusion import metrics
from fusion.bus import Bus, Entry
from fusion.handlers.cases import OPENED, Cases, Zone
from fusion.handlers.merging import Merging
from fusion.handlers.phones import Phones
from fusion.handlers.signals import Signals
from fusion.handlers.wire import PHONES, SIGNALS, Inbound, unpack
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.storage import Store, Unit
from fusion.types.case import Case, Deed
from fusion.types.deed import Given
from fusion.types.errors import FusionError, IllegalDeed, PeerFault
from fusion.types.phone import PhonePosition, PhoneReceipt
from fusion.types.role import Doer, Role
from fusion.types.signal import EvidenceRef, Signal
from fusion.types.verdict import Verdict

_LOG = structlog.get_logger()
_GROUP, _CONSUMER = "engine", "engine"
_TICK = timedelta(seconds=0.5)
_PAUSE_S = 0.5
_STOP_WITHIN_S = 10
_REMEMBERED = timedelta(days=8)  # longer than the oldest message that a phone may bring (7 days)
_FORGET_EACH = timedelta(hours=1)
_FORGET_POSITIONS_EACH = timedelta(minutes=1)
_JUMP = timedelta(seconds=10)  #: a clock that is disciplined moves by less between two turns
_NOTHING = Given()


@dataclass(frozen=True, slots=True)
class _Work:
    """What may be done within one transaction."""

    unit: Unit
    cases: Cases
    signals: Signals
    phones: Phones
    merging: Merging


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
        steady: Callable[[], float] = time.monotonic,
        written: Callable[[], None] = lambda: None,
        positions_kept: timedelta = timedelta(hours=1),
    ) -> None:
        """`steady` counts seconds whatever is done to the host's clock; `written` is called after each commit."""
        self._store, self._bus, self._zone, self._policy, self._times = store, bus, zone, policy, times
        self._clock, self._steady, self._written = clock, steady, written
        self._positions_kept = positions_kept
        self._clocks: tuple[datetime, float] | None = None
        self._writing = threading.RLock()
        self._watchers: list[Callable[[Case], None]] = []
        self._stopping = threading.Event()
        self._ticked = self._forgot = self._forgot_positions = datetime.min.replace(tzinfo=UTC)
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Begin to take messages."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the message at hand and stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_STOP_WITHIN_S)

    def subscribe(self, watcher: Callable[[Case], None]) -> Callable[[], None]:
        """Tell of each changed case after its commit; returns how to stop."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def deed(self, case_id: str, deed: Deed, *, by: Doer, given: Given = _NOTHING, version: int | None = None) -> Case:
        """A deed of a person of the command room; IllegalDeed says why not."""
        done: list[Case] = []

        def act(work: _Work) -> None:
            case = work.unit.case(case_id)
            if case is None:
                raise IllegalDeed(f"case {case_id}: there is none of this id")
            do = {Deed.MERGE: work.merging.merge, Deed.SPLIT: work.merging.split}.get(deed)
            done.append(do(case, by, given, version) if do else work.cases.do(case, deed, by, given, version))

        self._write(act)
        return done[0]

    def link_stall(self, case_id: str, stall_id: str, actor: str) -> Case:
        """A member found whose a case is; IllegalDeed when there is no such case or stall."""
        done: list[Case] = []

        def act(work: _Work) -> None:
            case = work.unit.case(case_id)
            if case is None:
                raise IllegalDeed(f"case {case_id[:64]}: there is none of this id")
            done.append(work.cases.link_stall(case, stall_id, Doer(name=actor, role=Role.MEMBER)))

        self._write(act)
        return done[0]

    def add_evidence(self, case_id: str, refs: tuple[EvidenceRef, ...]) -> None:
        """Pictures that came after the case was opened."""

        def act(work: _Work) -> None:
            case = work.unit.case(case_id)
            if case is not None:
                work.cases.add_evidence(case, refs)

        self._write(act)

    def handle(self, message: Inbound) -> None:
        """One message; the same id twice changes nothing."""

        def act(work: _Work) -> None:
            if isinstance(message, PhonePosition):
                work.phones.position(message)
            elif not work.unit.first_time(message.id, self._clock()):
                return
            elif isinstance(message, Signal):
                work.signals.take(message)
            elif isinstance(message, Verdict):
                work.cases.closing.take(message)
            elif isinstance(message, PhoneReceipt):
                work.phones.receipt(message)
            else:
                work.phones.answer(message)

        self._write(act)

    def tick(self) -> None:
        """What time alone brings: cases pass on, incidents end; and what people reported is placed."""
        now = self._clock()
        due: list[tuple[Callable[[str, _Work], None], str]] = []
        due += [(_report, report_id) for report_id in self._store.reports.waiting()]
        due += [(_serve, case_id) for case_id in self._store.cases_due(now)]
        due += [(_end, incident_id) for incident_id in self._store.incidents_due(now)]
        for act, its_id in due:
            try:
                self._write(partial(act, its_id))
            except PeerFault:
                raise
            except Exception:  # noqa: BLE001 - one case must not stop all others; it is tried again at the next tick
                _LOG.exception("not served", id=its_id)

    def mind_clock(self) -> None:
        """When the host's clock was set, what waits for an answer waits as long as it was to.

        Deadlines stay: they are times of the calendar. Histories stay in order: they are numbered.
        """
        now, steady_s = self._clock(), self._steady()
        before, self._clocks = self._clocks, (now, steady_s)
        if before is None:
            return
        jump = now - before[0] - timedelta(seconds=steady_s - before[1])
        if abs(jump) < _JUMP:
            return
        _LOG.warning("the host's clock was set", by_s=round(jump.total_seconds(), 1))
        with self._writing, self._store.transaction() as unit:
            for case in unit.waiting():
                if case.due_at is not None:
                    unit.put_case(replace(case, due_at=case.due_at + jump))

    def _write(self, act: Callable[[_Work], object]) -> None:
        with self._writing:
            now = self._clock()
            with self._store.transaction() as unit:
                cases = Cases(unit, self._zone, self._times, now)
                signals = Signals(unit, cases, self._policy, now)
                phones = Phones(unit, cases, lambda key: unit.first_time(key, now))
                act(_Work(unit, cases, signals, phones, Merging(unit, cases, self._policy)))
        _count(cases, signals, phones, now)
        if not cases.changed:
            return
        self._tell(self._written)
        for case in cases.changed.values():
            for watcher in tuple(self._watchers):
                self._tell(partial(watcher, case))

    @staticmethod
    def _tell(watcher: Callable[[], object]) -> None:
        try:
            watcher()
        except Exception:  # noqa: BLE001 - what is committed stands, whatever those who watch make of it
            _LOG.exception("watcher failed")

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except PeerFault as error:
                # Bus or store is away. Nothing was acknowledged, so nothing is lost.
                _LOG.warning("engine waits", error=str(error))
                self._rest()
            except Exception:  # noqa: BLE001 - a loop's top: the thread must outlive a fault of ours
                _LOG.exception("engine fault")
                self._rest()

    def _rest(self) -> None:
        self._bus.again([PHONES, SIGNALS])
        self._stopping.wait(_PAUSE_S)

    def _turn(self) -> None:
        self.mind_clock()
        now = self._clock()
        if not self._ticked <= now < self._ticked + _TICK:  # a clock that was set back ticks at once, too
            self.tick()
            self._ticked = now
        if not self._forgot <= now < self._forgot + _FORGET_EACH:
            self._store.forget(now - _REMEMBERED)
            self._store.forget_told(now - self._policy.replayable)
            self._forgot = now
        if not self._forgot_positions <= now < self._forgot_positions + _FORGET_POSITIONS_EACH:
            self._store.forget_positions(now - self._positions_kept)
            self._forgot_positions = now
        # Phones first: who goes is chosen by the newest positions, and an answer may free a worker.
        for entry in self._bus.read([PHONES, SIGNALS], _GROUP, _CONSUMER):
            if self._stopping.is_set():
                return  # the rest was not acknowledged and comes again
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        try:
            self.handle(unpack(entry.payload, self._clock()))
        except PeerFault:
            raise
        except FusionError as error:
            self._refuse(entry, "message", str(error))
        except Exception as error:  # noqa: BLE001 - one message must not stop all others; it is kept to be looked at
            _LOG.exception("message not handled", stream=entry.stream, entry=entry.entry_id)
            self._refuse(entry, "fault", repr(error))
        else:
            self._bus.ack(_GROUP, [entry])
        metrics.HANDLED.labels(entry.stream).inc()

    def _refuse(self, entry: Entry, reason: str, why: str) -> None:
        self._bus.set_aside(_GROUP, entry, why)
        metrics.REFUSED.labels("bus", reason).inc()
        _LOG.error("message refused", stream=entry.stream, entry=entry.entry_id, why=why)


def _report(report_id: str, work: _Work) -> None:
    work.signals.take_report(report_id)


def _serve(case_id: str, work: _Work) -> None:
    case = work.unit.case(case_id)
    if case is not None:
        work.cases.serve(case)


def _end(incident_id: str, work: _Work) -> None:
    work.signals.end(incident_id)


def _count(cases: Cases, signals: Signals, phones: Phones, now: datetime) -> None:
    """After the commit, so that what is tried twice counts once."""
    for incident in signals.opened:
        metrics.INCIDENTS.labels(incident.kind).inc()
    for event in cases.events:
        metrics.DEEDS.labels(event.deed).inc()
        if event.deed == OPENED:
            metrics.CASES.labels(cases.changed[event.case_id].kind).inc()
    for case in phones.told:
        metrics.TOLD_SECONDS.observe(max(0.0, (now - case.met_at).total_seconds()))

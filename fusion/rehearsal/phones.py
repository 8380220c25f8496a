"""All simulated phones on one thread."""

import random
import select
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from fusion.alerts.session import Address
from fusion.rehearsal.phone import Manner, Phone, Received
from fusion.rehearsal.walker import walker_in
from fusion.types.case import Worker
from fusion.types.phone import Answer
from fusion.types.place import Grid

_TURN_S = 0.1
_BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL


@dataclass(frozen=True, slots=True)
class Manners:
    """What the workers' behaviour is drawn from."""

    answers_after_s: tuple[float, float] = (1.0, 6.0)
    handles_after_s: tuple[float, float] = (15.0, 40.0)
    declining: float = 0.06  #: share of the workers who decline
    silent: float = 0.06  #: share of the workers who never answer

    def draw(self, rng: random.Random) -> Manner:
        """One worker's."""
        kind = rng.random()
        return Manner(
            answers_after_s=rng.uniform(*self.answers_after_s),
            handles_after_s=rng.uniform(*self.handles_after_s),
            silent=kind < self.silent,
            declines=self.silent <= kind < self.silent + self.declining,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetReport:
    """What came of it on the phones."""

    phones: int
    connections: int  #: all phones' together; more than `phones` when the broker was away
    deliveries: int  #: of alerts, by the broker
    alerts: int  #: different ones, each shown once
    delivered_again: int  #: the same id once more (allowed by QoS 1, not shown)
    told_again: int  #: another id for a case that the worker had in hand: doubled as new
    expired: int
    refused: int  #: payloads that were no message
    acknowledged: int
    declined: int
    handled: int
    log: tuple[Received, ...]  #: in the order of arrival


class PhoneFleet:
    """Phones of the workers on duty; `start` begins to connect them, `stop` ends all within a second."""

    def __init__(
        self,
        workers: Sequence[Worker],
        grids: Mapping[str, Grid],
        addresses: Mapping[str, Address],
        seed: int,
        manners: Manners = Manners(),
    ) -> None:
        rng = random.Random(seed)  # noqa: S311 - a rehearsal is repeatable, not secret
        self.phones = [self._phone(worker, grids, addresses, rng.random(), manners) for worker in workers]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="phones", daemon=True)

    @staticmethod
    def _phone(
        worker: Worker, grids: Mapping[str, Grid], addresses: Mapping[str, Address], seed: float, manners: Manners
    ) -> Phone:
        rng = random.Random(seed)  # noqa: S311 - as above
        return Phone(
            worker_id=worker.id,
            address=addresses[worker.id],
            walker=walker_in(grids[worker.grid_ids[0]], rng),
            manner=manners.draw(rng),
            rng=rng,
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Leave."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    @property
    def connected(self) -> int:
        """Phones that the broker has welcomed."""
        return sum(phone.connected for phone in self.phones)

    def received(self) -> Iterator[Received]:
        """Every alert that any phone saw."""
        return chain.from_iterable(list(phone.received.values()) for phone in self.phones)

    def report(self) -> FleetReport:
        """The figures until now."""
        log = sorted(self.received(), key=lambda entry: entry.at)
        return FleetReport(
            phones=len(self.phones),
            connections=sum(phone.connections for phone in self.phones),
            deliveries=sum(entry.times for entry in log),
            alerts=len(log),
            delivered_again=sum(entry.times - 1 for entry in log),
            told_again=sum(entry.again for entry in log),
            expired=sum(entry.expired for entry in log),
            refused=sum(phone.refused for phone in self.phones),
            acknowledged=sum(entry.answer is Answer.ACCEPT for entry in log),
            declined=sum(entry.answer is Answer.DECLINE for entry in log),
            handled=sum(entry.handled_at is not None for entry in log),
            log=tuple(log),
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            now_s = time.monotonic()
            for phone in self.phones:
                phone.turn(now_s)
            self._serve()
        for phone in self.phones:
            phone.close()

    def _serve(self) -> None:
        # poll, not select: select fails on descriptors above 1023, which a process with many streams has.
        poll, by_number = select.poll(), dict[int, Phone]()
        for phone in self.phones:
            sock = phone.socket
            if sock is not None and sock.fileno() >= 0:
                by_number[sock.fileno()] = phone
                poll.register(sock, select.POLLIN | (select.POLLOUT if phone.wants_write else 0))
        if not by_number:
            self._stopping.wait(_TURN_S)
            return
        for number, what in poll.poll(_TURN_S * 1000):
            phone = by_number[number]
            if what & select.POLLOUT:
                phone.writable()
            if what & (select.POLLIN | _BROKEN):
                phone.readable()

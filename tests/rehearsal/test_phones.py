"""Forty simulated phones on the real broker, with the engine's own link, publisher and inbound door."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.builders import alert_for, update_for
from fusion.alerts.inbound import Inbound
from fusion.alerts.link import Link
from fusion.alerts.messages import FromPhone
from fusion.alerts.publisher import Publisher
from fusion.alerts.session import Address
from fusion.alerts.topics import ENGINE
from fusion.geo.datum import to_wgs84
from fusion.rehearsal.phones import Manners, PhoneFleet
from fusion.storage import Store
from fusion.storage.store import StoreConfig
from fusion.types.case import Case, CaseState, Worker
from fusion.types.phone import Answer, OutboxMessage, PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.place import GeoPoint, Grid, Place
from fusion.types.signal import Reason

PHONES, SEED = 40, 7
QUICK = Manners(answers_after_s=(0.1, 0.6), handles_after_s=(0.5, 1.0), declining=0.1, silent=0.1)
RING = (
    GeoPoint(108.29, 22.85),
    GeoPoint(108.30, 22.85),
    GeoPoint(108.30, 22.86),
    GeoPoint(108.29, 22.86),
    GeoPoint(108.29, 22.85),
)
GRID = Grid(id="R-01", name="一", kind="rural", parent_id=None, ring=RING)
WORKERS = [
    Worker(id=f"W-{number:03d}", name="", grid_ids=("R-01",), skills=(), duty=(("00:00", "24:00"),))
    for number in range(PHONES)
]


def eventually(holds: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    deadline = datetime.now(UTC) + timedelta(seconds=timeout_s)
    pause = threading.Event()
    while not holds():
        if datetime.now(UTC) > deadline:
            return False
        pause.wait(0.02)
    return True


class Zone:
    """A zone of forty workers: broker, outbox, link, phones; what phones say is kept."""

    def __init__(self, folder: Path, stack: ExitStack, manners: Manners = QUICK) -> None:
        self.heard: list[FromPhone] = []
        self.broker = EmbeddedBroker(folder / "broker", [worker.id for worker in WORKERS])
        stack.callback(self.broker.stop)
        self.store = Store(StoreConfig().resolved(folder, folder))
        stack.callback(self.store.close)
        link = Link(self.address(ENGINE), self.broker.client_id, Inbound(self.heard.append, to_wgs84))
        self.publisher = Publisher(self.store, link)
        link.start()
        stack.callback(link.stop)
        assert link.connected.wait(10)  # a position (QoS 0) that nobody listens to is gone
        self.publisher.start()
        stack.callback(self.publisher.stop)
        addresses = {worker.id: self.address(worker.id) for worker in WORKERS}
        self.fleet = PhoneFleet(WORKERS, {"R-01": GRID}, addresses, SEED, manners)
        self.fleet.start()
        stack.callback(self.fleet.stop)
        assert eventually(lambda: self.fleet.connected == PHONES)
        assert eventually(lambda: len({m.worker_id for m in self.said(PhonePosition)}) == PHONES)

    def address(self, user: str) -> Address:
        return Address(self.broker.host, self.broker.port, user, self.broker.passwords[user])

    def said(self, kind: type[FromPhone]) -> list[FromPhone]:
        return [message for message in list(self.heard) if isinstance(message, kind)]

    def send(self, message: OutboxMessage) -> None:
        with self.store.transaction() as unit:
            unit.send(message, datetime.now(UTC))
        self.publisher.notify()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def a_case(number: int, worker: str) -> Case:
    now = datetime.now(UTC)
    return Case(
        id=f"C{number:04d}",
        number=f"2026-11-24-{number:04d}",
        incident_id=f"I{number}",
        kind="street_stall",
        state=CaseState.DISPATCHED,
        place=Place(GeoPoint(108.295, 22.855), 5.0),
        grid_id="R-01",
        small_grid_id=None,
        terminal_id=None,
        zone_id=None,
        reason=Reason("停留", "stayed"),
        box=None,
        opened_at=now,
        met_at=now,
        changed_at=now,
        version=2,
        worker_id=worker,
        worker_reason=Reason("最近", "nearest"),
    )


def alerts(count: int) -> list[OutboxMessage]:
    return [alert_for(a_case(n, WORKERS[n % PHONES].id), {}, datetime.now(UTC)) for n in range(count)]


def test_each_phone_tells_its_position_at_once_within_its_grid(tmp_path: Path, stack: ExitStack) -> None:
    zone = Zone(tmp_path, stack)
    points = [m.point for m in zone.said(PhonePosition) if isinstance(m, PhonePosition)]
    assert all(108.29 <= point.lon <= 108.30 and 22.85 <= point.lat <= 22.86 for point in points)
    assert len(set(points)) == PHONES


def test_every_alert_has_its_receipt_and_its_answer_or_none_of_a_silent_worker(
    tmp_path: Path, stack: ExitStack
) -> None:
    zone = Zone(tmp_path, stack)
    for message in alerts(PHONES):
        zone.send(message)
    manners = {phone.worker_id: phone.manner for phone in zone.fleet.phones}
    silent = {worker for worker, manner in manners.items() if manner.silent}
    declining = {worker for worker, manner in manners.items() if manner.declines}
    assert silent
    assert declining
    willing = PHONES - len(silent) - len(declining)
    assert eventually(lambda: zone.fleet.report().handled == willing)
    assert eventually(lambda: len(zone.said(PhoneAnswer)) == 2 * willing + len(declining))
    answers = [m for m in zone.said(PhoneAnswer) if isinstance(m, PhoneAnswer)]
    assert {m.worker_id for m in answers if m.answer is Answer.DECLINE} == declining
    assert {m.worker_id for m in answers} == {worker.id for worker in WORKERS} - silent
    assert len({m.alert_id for m in zone.said(PhoneReceipt) if isinstance(m, PhoneReceipt)}) == PHONES
    report = zone.fleet.report()
    assert (report.alerts, report.delivered_again, report.told_again, report.refused) == (PHONES, 0, 0, 0)
    assert (report.acknowledged, report.declined) == (willing, len(declining))


def test_two_hundred_alerts_over_a_broker_that_is_killed_reach_forty_phones_each_once_as_new(
    tmp_path: Path, stack: ExitStack
) -> None:
    zone = Zone(tmp_path, stack)
    messages = alerts(200)
    for number, message in enumerate(messages):
        zone.send(message)
        if number == 100:
            assert zone.broker.pid is not None
            os.kill(zone.broker.pid, signal.SIGKILL)
    assert eventually(lambda: zone.fleet.report().alerts == 200 and zone.store.unsent_count() == 0, 40)
    receipts = {message.id for message in messages}
    assert eventually(
        lambda: receipts == {m.alert_id for m in zone.said(PhoneReceipt) if isinstance(m, PhoneReceipt)}, 20
    )
    report = zone.fleet.report()
    assert (report.told_again, report.refused) == (0, 0)
    assert report.connections == 2 * PHONES


def test_a_case_that_is_withdrawn_is_not_answered_any_more(tmp_path: Path, stack: ExitStack) -> None:
    zone = Zone(tmp_path, stack, replace(QUICK, answers_after_s=(1.0, 1.0), declining=0.0, silent=0.0))
    case, worker = a_case(1, "W-001"), "W-001"
    zone.send(alert_for(case, {}, datetime.now(UTC)))
    assert eventually(lambda: zone.fleet.report().alerts == 1)
    zone.send(update_for(case, worker, datetime.now(UTC), withdrawn=True))
    assert eventually(lambda: zone.fleet.report().log[0].withdrawn)
    assert not eventually(lambda: bool(zone.said(PhoneAnswer)), 1.5)


def test_a_second_alert_for_a_case_in_hand_counts_as_doubled_and_the_same_id_does_not(
    tmp_path: Path, stack: ExitStack
) -> None:
    zone = Zone(tmp_path, stack, replace(QUICK, answers_after_s=(5.0, 5.0)))
    case = a_case(1, "W-001")
    first = alert_for(case, {}, datetime.now(UTC))
    zone.send(first)
    assert eventually(lambda: zone.fleet.report().alerts == 1)
    zone.send(replace(first, id="the same payload in another row"))
    assert eventually(lambda: zone.fleet.report().delivered_again == 1)
    assert zone.fleet.report().told_again == 0
    zone.send(alert_for(replace(case, version=3), {}, datetime.now(UTC)))
    assert eventually(lambda: zone.fleet.report().told_again == 1)


def test_the_same_seed_gives_the_same_workers() -> None:
    def fleet(seed: int) -> list[object]:
        addresses = {worker.id: Address("127.0.0.1", 1) for worker in WORKERS}
        made = PhoneFleet(WORKERS, {"R-01": GRID}, addresses, seed)
        return [(phone.manner, phone.walker.point) for phone in made.phones]

    assert fleet(1) == fleet(1)
    assert fleet(1) != fleet(2)

"""Alerts written to the real outbox reach real clients once, whatever is done to the broker."""

import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.engine import URL

from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.link import BrokerConfig, Link, address_of
from fusion.alerts.messages import Alert
from fusion.alerts.publisher import Publisher
from fusion.alerts.session import Address
from fusion.alerts.topics import ALERTS, ENGINE
from fusion.storage import Store

from .peers import Listener, Mosquitto, an_alert, eventually

ALERT_COUNT, PHONES = 200, 4
PAUSE_S = 2.0  # how long a broker is away here; by hand it was 20 s
WORKERS = [f"W-{number}" for number in range(PHONES)]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture
def store(tmp_path: Path, stack: ExitStack) -> Store:
    found = Store(URL.create("sqlite", database=str(tmp_path / "fusion.db")))
    stack.callback(found.close)
    return found


def write(store: Store, numbers: range, notify: Callable[[], None]) -> None:
    """As the engine does: a transaction for each, then a word to the publisher."""
    for number in numbers:
        now = datetime.now(UTC)
        with store.transaction() as unit:
            unit.send(an_alert(number, WORKERS[number % PHONES], now), now)
        notify()


def sending(store: Store, address: Address, stack: ExitStack, client_id: str = "engine") -> Publisher:
    link = Link(address, client_id, lambda _topic, _payload: None)
    publisher = Publisher(store, link)
    link.start()
    stack.callback(link.stop)
    publisher.start()
    stack.callback(publisher.stop)
    return publisher


def phones(stack: ExitStack, address: Callable[[str], Address]) -> list[Listener]:
    found = [Listener(address(worker), [ALERTS.of(worker)], f"phone-{worker}") for worker in WORKERS]
    for phone in found:
        stack.callback(phone.close)
    return found


def ids(listeners: list[Listener]) -> Counter[str]:
    return Counter(msgspec.json.decode(p, type=Alert).id for phone in listeners for p in phone.payloads())


def hang(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    threading.Event().wait(PAUSE_S)
    os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("fault", ["killed", "hangs"])
def test_none_of_200_alerts_is_lost_when_the_embedded_broker(
    fault: str, tmp_path: Path, store: Store, stack: ExitStack
) -> None:
    broker = EmbeddedBroker(tmp_path / "broker", WORKERS)
    stack.callback(broker.stop)

    def address(user: str) -> Address:
        return Address(broker.host, broker.port, user, broker.passwords[user])

    listeners = phones(stack, address)
    publisher = sending(store, address(ENGINE), stack, broker.client_id)
    write(store, range(ALERT_COUNT // 2), publisher.notify)
    assert broker.pid is not None
    if fault == "killed":
        os.kill(broker.pid, signal.SIGKILL)
    else:
        threading.Thread(target=hang, args=(broker.pid,)).start()
    write(store, range(ALERT_COUNT // 2, ALERT_COUNT), publisher.notify)
    assert eventually(lambda: len(ids(listeners)) == ALERT_COUNT and store.unsent_count() == 0, 40)
    if fault == "hangs":
        assert set(ids(listeners).values()) == {1}


@pytest.mark.parametrize("fault", ["restarts", "hangs"])
def test_none_of_200_alerts_is_lost_when_a_mosquitto_by_url(
    fault: str, tmp_path: Path, store: Store, stack: ExitStack
) -> None:
    server = Mosquitto(tmp_path / "mosquitto")
    stack.callback(server.stop)
    address = Address("127.0.0.1", server.port, Mosquitto.USER, Mosquitto.PASSWORD)
    listeners = phones(stack, lambda _worker: address)
    publisher = sending(store, address, stack)
    write(store, range(ALERT_COUNT // 2), publisher.notify)
    writing = threading.Thread(target=write, args=(store, range(ALERT_COUNT // 2, ALERT_COUNT), publisher.notify))
    writing.start()
    # Not on a thread: a child dies with the thread that started it.
    if fault == "restarts":
        server.restart(PAUSE_S / 2)
    else:
        hang(server.pid)
    writing.join()
    assert eventually(lambda: len(ids(listeners)) == ALERT_COUNT and store.unsent_count() == 0, 40)
    if fault == "hangs":
        assert set(ids(listeners).values()) == {1}


def test_an_engine_that_is_killed_after_the_broker_has_it_sends_it_again_with_the_same_id(
    tmp_path: Path, store: Store, stack: ExitStack
) -> None:
    broker = EmbeddedBroker(tmp_path / "broker", WORKERS)
    stack.callback(broker.stop)
    address = Address(broker.host, broker.port, ENGINE, broker.passwords[ENGINE])
    listeners = phones(stack, lambda user: Address(broker.host, broker.port, user, broker.passwords[user]))
    link = Link(address, broker.client_id)
    link.start()
    stack.callback(link.stop)
    assert link.connected.wait(10)
    write(store, range(1), lambda: None)
    sent = link.send(store.unsent()[0])  # and the engine dies before the outbox is marked
    assert sent is not None
    sent.result(5)
    link.stop()
    sending(store, address, stack, broker.client_id)
    assert eventually(lambda: store.unsent_count() == 0)
    assert eventually(lambda: set(ids(listeners).values()) == {2})
    assert len(ids(listeners)) == 1


@pytest.mark.parametrize("tls", [False, True])
def test_mosquitto_sub_receives_the_alerts_on_a_mosquitto_given_by_url(
    tls: bool, tmp_path: Path, store: Store, stack: ExitStack
) -> None:
    program = shutil.which("mosquitto_sub")
    if program is None:
        pytest.skip("Debian's mosquitto-clients is not installed")
    server = Mosquitto(tmp_path / "mosquitto", tls=tls)
    stack.callback(server.stop)
    (tmp_path / "password").write_text(Mosquitto.PASSWORD + "\n")
    login = ["-h", "localhost", "-p", str(server.port), "-u", Mosquitto.USER, "-P", Mosquitto.PASSWORD]
    login += ["--cafile", str(server.ca_file)] if tls else []
    wish = ["-q", "1", "-i", "receiver", "-c", "-C", "20", "-W", "30", "-t", ALERTS.pattern]
    receiver = subprocess.Popen([program, *login, *wish], stdout=subprocess.PIPE)
    stack.callback(receiver.wait)
    stack.callback(receiver.kill)
    config = BrokerConfig(
        url=f"{'mqtts' if tls else 'mqtt'}://{Mosquitto.USER}@localhost:{server.port}",
        password_file="password",
        ca_file="mosquitto/ca.pem" if tls else None,
    )
    publisher = sending(store, address_of(config, tmp_path), stack)
    assert eventually(lambda: server.says("receiver 1 fusion/v1/workers/+/alerts"), 20)
    write(store, range(20), publisher.notify)
    output, _ = receiver.communicate(timeout=30)
    alerts = [msgspec.json.decode(line, type=Alert) for line in output.splitlines()]
    assert [alert.id for alert in alerts] == [an_alert(number).id for number in range(20)]
    assert all(alert.why_zh == "两人一摊停留 22 秒" for alert in alerts)

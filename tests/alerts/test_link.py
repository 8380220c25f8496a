import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.link import BrokerConfig, Link, address_of
from fusion.alerts.messages import EngineStatus
from fusion.alerts.session import Address
from fusion.alerts.topics import ANSWERS, ENGINE, RECEIPTS, STATUS
from fusion.types.errors import PeerFault, SiteError

from .peers import Listener, Mosquitto, an_alert, eventually


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    server = EmbeddedBroker(tmp_path / "broker", ["W-1"])
    yield server
    server.stop()


def as_user(broker: EmbeddedBroker, user: str = ENGINE) -> Address:
    return Address(broker.host, broker.port, user, broker.passwords[user])


def test_an_address_is_read_with_user_password_port_and_tls(tmp_path: Path) -> None:
    plain = address_of(BrokerConfig(url="mqtt://fusion:p%40ss@broker.zone"), tmp_path)
    assert (plain.host, plain.port, plain.user, plain.password) == ("broker.zone", 1883, "fusion", "p@ss")
    assert plain.tls is None
    (tmp_path / "secret").write_text("from file\n")
    secure = address_of(BrokerConfig(url="mqtts://fusion@broker.zone", password_file="secret"), tmp_path)
    assert (secure.port, secure.password) == (8883, "from file")
    assert secure.tls is not None
    assert secure.tls.check_hostname
    assert repr(secure) == "mqtts://broker.zone:8883"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"url": "http://u:hunter2@x"}, "not an MQTT URL"),
        ({"url": "mqtt://u:hunter2@"}, "not an MQTT URL"),
        ({"url": "mqtt://u:hunter2@x:port"}, "bad host or port"),
        ({"url": "mqtt://u:hunter2@x/topic"}, "something follows"),
        ({"url": "mqtt://:hunter2@x"}, "a password without a user"),
        ({"url": "mqtt://u@x", "password_file": "missing"}, "missing: No such file"),
        ({"url": "mqtt://u@x", "password_file": "empty"}, "empty: is empty"),
        ({"url": "mqtts://x", "ca_file": "missing"}, "missing: No such file"),
        ({"url": "mqtts://x", "ca_file": "empty"}, "no certificates in it"),
    ],
)
def test_a_bad_broker_config_is_one_line_without_the_password(
    config: dict[str, str], says: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SiteError, match=says) as refused:
        address_of(BrokerConfig(**config), tmp_path)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_it_says_online_and_offline_and_its_last_will_when_it_is_killed(broker: EmbeddedBroker) -> None:
    watcher = Listener(as_user(broker), [STATUS.of()], "watcher")

    def states() -> list[bool]:
        return [msgspec.json.decode(payload, type=EngineStatus).online for payload in watcher.payloads()]

    link = Link(as_user(broker), broker.client_id, lambda _topic, _payload: None)
    try:
        link.start()
        assert eventually(lambda: states() == [True])
        assert link.well
        link.stop()
        assert eventually(lambda: states() == [True, False])
    finally:
        link.stop()
        watcher.close()


@pytest.mark.parametrize("user", ["engine", "nobody"])
def test_a_refused_login_is_said_without_the_password_and_not_hammered(broker: EmbeddedBroker, user: str) -> None:
    link = Link(Address(broker.host, broker.port, user, "hunter2"), "x", lambda _topic, _payload: None)
    try:
        link.start()
        assert eventually(lambda: "Not authorized" in link.detail)
        assert not link.well
        assert "hunter2" not in link.detail
        assert link.send(an_alert(1)) is None
    finally:
        link.stop()


def test_a_worker_that_takes_the_engines_place_is_told_its_subscriptions_are_refused(broker: EmbeddedBroker) -> None:
    link = Link(as_user(broker, "W-1"), "x", lambda _topic, _payload: None)
    try:
        link.start()
        assert eventually(lambda: "subscription refused: fusion/v1/workers/+/" in link.detail)
        assert not link.well
    finally:
        link.stop()


def test_an_inbound_message_that_the_bus_did_not_take_comes_again_until_it_does(broker: EmbeddedBroker) -> None:
    taken: list[bytes] = []
    away = [True]

    def take(_topic: str, payload: bytes) -> None:
        if away[0]:
            raise PeerFault("bus: away")
        taken.append(payload)

    phone = Listener(as_user(broker, "W-1"), [], "phone")
    first = Link(as_user(broker), "engine-a", take)
    try:
        first.start()
        assert first.connected.wait(10)
        for number in range(5):
            phone.client.publish(RECEIPTS.of("W-1"), str(number), qos=1).wait_for_publish(5)
        first.stop()  # the engine ends, nothing was taken
        assert taken == []
        away[0] = False
        second = Link(as_user(broker), "engine-a", take)
        try:
            second.start()
            assert eventually(lambda: len(taken) == 5)
            assert taken == [b"0", b"1", b"2", b"3", b"4"]
        finally:
            second.stop()
    finally:
        first.stop()
        phone.close()


def test_a_message_that_we_cannot_handle_is_left_behind_and_the_next_ones_go_on(broker: EmbeddedBroker) -> None:
    taken: list[bytes] = []

    def take(_topic: str, payload: bytes) -> None:
        if payload == b"bad":
            raise KeyError(payload)
        taken.append(payload)

    phone = Listener(as_user(broker, "W-1"), [], "phone")
    link = Link(as_user(broker), "engine-a", take)
    try:
        link.start()
        assert link.connected.wait(10)
        for payload in ("bad", "good"):
            phone.client.publish(ANSWERS.of("W-1"), payload, qos=1).wait_for_publish(5)
        assert eventually(lambda: taken == [b"good"])
    finally:
        link.stop()
        phone.close()


def test_it_stops_within_five_seconds_also_when_the_broker_hangs_with_messages_under_way(
    broker: EmbeddedBroker,
) -> None:
    link = Link(as_user(broker), "engine-a", lambda _topic, _payload: None)
    link.start()
    assert link.connected.wait(10)
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        # More than the socket holds, so that the farewell stays behind it.
        big = replace(an_alert(1), payload=b"x" * 500_000)
        under_way = [link.send(big) for _ in range(40)]
        began = time.monotonic()
        link.stop()
        assert time.monotonic() - began < 5
        assert all(future is not None and future.done() and future.exception() for future in under_way)
    finally:
        os.kill(broker.pid, signal.SIGCONT)


def test_tls_works_with_the_sites_authority_and_fails_without_it(tmp_path: Path) -> None:
    server = Mosquitto(tmp_path, tls=True)
    (tmp_path / "password").write_text(Mosquitto.PASSWORD)
    url = f"mqtts://{Mosquitto.USER}@localhost:{server.port}"
    good = BrokerConfig(url=url, password_file="password", ca_file="ca.pem")
    by_address = BrokerConfig(url=url.replace("localhost", "127.0.0.1"), password_file="password", ca_file="ca.pem")
    unknown = BrokerConfig(url=url, password_file="password")
    unchecked = BrokerConfig(url=url, password_file="password", verify=False)
    links = [Link(address_of(c, tmp_path), f"c{n}") for n, c in enumerate((good, unchecked, unknown, by_address))]
    try:
        for link in links:
            link.start()
        assert links[0].connected.wait(10)
        assert links[1].connected.wait(10)
        assert eventually(lambda: "certificate" in links[2].detail)
        assert eventually(lambda: "certificate" in links[3].detail)  # it is for localhost, not for the address
        sent = links[0].send(an_alert(1))
        assert sent is not None
        sent.result(5)
    finally:
        for link in links:
            link.stop()
        server.stop()

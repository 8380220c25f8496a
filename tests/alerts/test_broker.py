import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.session import Address
from fusion.alerts.topics import ALERTS, ANSWERS, ENGINE, POSITION, READINGS, RECEIPTS, STATUS
from fusion.children import free_port
from fusion.types.errors import PeerFault, SiteError

from .peers import Listener, eventually

WORKERS = ["W-1", "W-2"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    server = EmbeddedBroker(tmp_path / "broker", WORKERS, sensors={"B-1": READINGS.of("B-1")})
    yield server
    server.stop()


def address(broker: EmbeddedBroker, user: str) -> Address:
    return Address(broker.host, broker.port, user, broker.passwords[user])


def listener(broker: EmbeddedBroker, user: str, *topics: str, client_id: str = "") -> Listener:
    return Listener(address(broker, user), topics, client_id or user)


def test_a_worker_may_subscribe_only_to_the_own_alerts_and_to_who_runs_the_engine(broker: EmbeddedBroker) -> None:
    own = listener(broker, "W-1", ALERTS.of("W-1"), STATUS.of())
    others = [
        "#",
        "+/#",
        ALERTS.of("W-1"),
        ALERTS.pattern,
        POSITION.of("W-1"),
        POSITION.pattern,
        "$MQTT/sub/#",
        "$JS/#",
    ]
    curious = listener(broker, "W-2", *others, client_id="curious")
    engine = listener(broker, ENGINE)
    try:
        assert own.codes == [True, True]
        assert curious.codes == [False] * len(others)
        engine.client.publish(ALERTS.of("W-1"), b"for W-1", qos=1).wait_for_publish(5)
        assert eventually(lambda: own.payloads() == [b"for W-1"])
        assert curious.messages == []
    finally:
        for client in (own, curious, engine):
            client.close()


def test_a_sensor_may_publish_only_its_own_readings_and_hears_nothing(broker: EmbeddedBroker) -> None:
    engine = listener(broker, ENGINE, "#")
    sensor = listener(broker, "B-1", READINGS.of("B-1"), ALERTS.pattern, "#")
    worker = listener(broker, "W-1")
    try:
        assert sensor.codes == [False] * 3
        worker.client.publish(READINGS.of("B-1"), b"forged", qos=1)
        for topic in (READINGS.of("B-2"), POSITION.of("W-1"), STATUS.of()):
            sensor.client.publish(topic, b"forged", qos=1)
        sensor.client.publish(READINGS.of("B-1"), b"own", qos=1, retain=True)
        assert eventually(lambda: bool(engine.messages))
        assert [(topic, payload) for topic, payload, _retained in engine.messages] == [(READINGS.of("B-1"), b"own")]
        late = listener(broker, ENGINE, "fusion/v1/sensors/#", client_id="late")
        assert eventually(lambda: late.messages == [(READINGS.of("B-1"), b"own", True)])
        late.close()
    finally:
        for client in (sensor, worker, engine):
            client.close()


def test_a_sensor_and_a_worker_may_not_share_an_id(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="sensor id 'W-1': is a worker's too"):
        EmbeddedBroker(tmp_path / "broker", WORKERS, sensors={"W-1": "x"})


def test_a_worker_may_publish_only_under_the_own_id(broker: EmbeddedBroker) -> None:
    engine = listener(broker, ENGINE, "#")
    worker = listener(broker, "W-1")
    try:
        for topic in (POSITION.of("W-2"), RECEIPTS.of("W-2"), ALERTS.of("W-1"), ALERTS.of("W-2"), STATUS.of()):
            worker.client.publish(topic, b"forged", qos=1)
        for row in (POSITION, RECEIPTS, ANSWERS):
            worker.client.publish(row.of("W-1"), b"own", qos=1)
        # The last one to arrive shows that all before it have been judged.
        assert eventually(lambda: len(engine.messages) >= 3)
        assert {topic for topic, _payload, _retained in engine.messages} == {
            row.of("W-1") for row in (POSITION, RECEIPTS, ANSWERS)
        }
        assert set(engine.payloads()) == {b"own"}
    finally:
        worker.close()
        engine.close()


@pytest.mark.parametrize(("user", "password"), [("W-1", "wrong"), ("nobody", "x"), ("W-1", "")])
def test_a_wrong_login_is_refused(broker: EmbeddedBroker, user: str, password: str) -> None:
    client = Listener(Address(broker.host, broker.port, user, password), [], "stranger")
    try:
        assert client.refused == "Not authorized"
    finally:
        client.close()


def test_another_workers_client_id_does_not_give_that_workers_alerts(broker: EmbeddedBroker) -> None:
    engine = listener(broker, ENGINE)
    owner = listener(broker, "W-1", ALERTS.of("W-1"))
    owner.close()
    engine.client.publish(ALERTS.of("W-1"), b"secret", qos=1).wait_for_publish(5)
    thief = listener(broker, "W-2", ALERTS.of("W-2"), client_id="W-1")
    engine.client.publish(ALERTS.of("W-2"), b"own", qos=1).wait_for_publish(5)
    try:
        assert not eventually(lambda: b"secret" in thief.payloads(), 0.5)
        thief.close()
        owner = listener(broker, "W-1", ALERTS.of("W-1"))
        assert eventually(lambda: owner.payloads() == [b"secret"])
    finally:
        for client in (owner, thief, engine):
            client.close()


def test_the_brokers_own_protocol_is_closed_to_everybody(broker: EmbeddedBroker, tmp_path: Path) -> None:
    port = json.loads((tmp_path / "broker" / "broker.conf").read_text())["port"]
    for user in ("W-1", ENGINE):
        login = json.dumps({"user": user, "pass": broker.passwords[user], "verbose": False})
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            raw.sendall(f"CONNECT {login}\r\nSUB $MQTT.sub.> 1\r\nPING\r\n".encode())
            said = b""
            while chunk := raw.recv(4096):
                said += chunk
        assert b"-ERR" in said
        assert b"PONG" not in said


def test_it_comes_back_on_the_same_port_with_sessions_retained_messages_and_logins(broker: EmbeddedBroker) -> None:
    engine = listener(broker, ENGINE)
    phone = listener(broker, "W-1", ALERTS.of("W-1"))
    phone.close()
    engine.client.publish(STATUS.of(), b"online", qos=1, retain=True).wait_for_publish(5)
    engine.client.publish(ALERTS.of("W-1"), b"while away", qos=1).wait_for_publish(5)
    engine.close()
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    assert eventually(lambda: broker.restarts == 1)
    phone = listener(broker, "W-1", ALERTS.of("W-1"), STATUS.of())
    try:
        assert eventually(lambda: len(phone.messages) == 2)
        assert (STATUS.of(), b"online", True) in phone.messages
        assert (ALERTS.of("W-1"), b"while away", False) in phone.messages
    finally:
        phone.close()


def test_passwords_are_kept_for_the_owner_alone_and_stay_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    first = EmbeddedBroker(folder, WORKERS)
    first.stop()
    for name in ("passwords.json", "broker.conf"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    second = EmbeddedBroker(folder, [*WORKERS, "W-3"])
    second.stop()
    assert first.passwords == {user: second.passwords[user] for user in first.passwords}
    assert second.client_id == first.client_id
    assert len(set(second.passwords.values())) == 4
    assert not any(password in (folder / "broker.log").read_text() for password in second.passwords.values())


def test_what_cannot_be_a_user_or_a_password_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="'engine'"):
        EmbeddedBroker(tmp_path, ["engine"])
    with pytest.raises(SiteError, match=r"worker id 'W\.1'"):
        EmbeddedBroker(tmp_path, ["W.1"])
    (tmp_path / "passwords.json").write_text("{broken")
    with pytest.raises(SiteError, match=r"passwords\.json: not readable"):
        EmbeddedBroker(tmp_path, WORKERS)


def test_a_port_that_somebody_else_has_is_not_taken_for_our_broker(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as other:
        port = other.getsockname()[1]
        with pytest.raises(PeerFault, match=f"port {port} is taken"):
            EmbeddedBroker(tmp_path, WORKERS, port)

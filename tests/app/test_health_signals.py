import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.link import Link
from fusion.alerts.messages import TerminalHealth
from fusion.alerts.session import Address
from fusion.alerts.topics import ENGINE, HEALTH
from fusion.app.health_signals import HealthSignals
from fusion.types.terminal import Health, TerminalStatus, Trouble, TroubleKind

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def eventually(holds: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.01)
    return True


def status(name: str = "T-0001", *troubles: TroubleKind, health: Health = Health.LIVE) -> TerminalStatus:
    said = tuple(Trouble(kind=kind, since=NOW, zh="画面全黑", en="the picture is black") for kind in troubles)
    return TerminalStatus(terminal_id=name, health=health, since=NOW, troubles=said)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    server = EmbeddedBroker(tmp_path / "broker", ["W-1"])
    yield server
    server.stop()


@pytest.fixture
def link(broker: EmbeddedBroker) -> Iterator[Link]:
    link = Link(Address(broker.host, broker.port, ENGINE, broker.passwords[ENGINE]), broker.client_id)
    link.start()
    assert link.connected.wait(10)
    yield link
    link.stop()


def heard(broker: EmbeddedBroker, count: int) -> list[TerminalHealth]:
    """What somebody who comes now is given: the retained messages."""
    got: list[TerminalHealth] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"late-{count}-{time.monotonic_ns()}")
    client.username_pw_set(ENGINE, broker.passwords[ENGINE])
    client.on_connect = lambda client, *_rest: client.subscribe(HEALTH.pattern, 1)
    client.on_message = lambda _client, _data, message: got.append(
        msgspec.json.decode(message.payload, type=TerminalHealth)
    )
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert eventually(lambda: len(got) >= count)
    client.disconnect()
    client.loop_stop()
    return got


def said(broker: EmbeddedBroker, count: int) -> dict[str, TerminalHealth]:
    return {one.terminal_id: one for one in heard(broker, count)}


def told(signals: HealthSignals, count: int) -> None:
    """Rounds until so many changes have gone out."""
    sent = 0
    deadline_s = time.monotonic() + 10
    while sent < count and time.monotonic() < deadline_s:
        sent += signals.tell(NOW)
    assert sent == count
    assert eventually(lambda: all(taken.done() for _, taken in signals._sent.values()))


def test_a_camera_that_turns_black_is_told_once_and_again_when_that_is_over(broker: EmbeddedBroker, link: Link) -> None:
    known = [status(), status("T-0002")]
    signals = HealthSignals(lambda: known, link.send)
    told(signals, 2)  # how each is, once
    assert signals.tell(NOW) == 0
    known[0] = status("T-0001", TroubleKind.BLACK)
    told(signals, 1)
    black = said(broker, 2)["T-0001"]
    assert [t.kind for t in black.troubles] == ["black"]
    assert black.troubles[0].zh == "画面全黑"
    assert signals.tell(NOW) == 0
    known[0] = status()
    told(signals, 1)
    assert said(broker, 2)["T-0001"].troubles == ()


def test_what_an_engine_before_said_does_not_stay_when_it_is_no_longer_so(broker: EmbeddedBroker, link: Link) -> None:
    told(HealthSignals(lambda: [status("T-1", TroubleKind.BLACK)], link.send), 1)
    assert said(broker, 1)["T-1"].troubles
    known = [status("T-1", health=Health.CONNECTING)]
    after = HealthSignals(lambda: known, link.send)
    assert after.tell(NOW) == 0  # it is not known yet
    known[0] = status("T-1")
    told(after, 1)
    assert said(broker, 1)["T-1"].troubles == ()


def test_a_terminal_that_is_taken_off_the_register_is_spoken_of_no_more(broker: EmbeddedBroker, link: Link) -> None:
    known = [status("T-1", TroubleKind.BLACK), status("T-2")]
    signals = HealthSignals(lambda: known, link.send)
    told(signals, 2)
    del known[0]
    told(signals, 1)
    assert said(broker, 1).keys() == {"T-2"}
    assert signals.tell(NOW) == 0


def test_what_the_broker_did_not_take_is_told_when_it_is_back(broker: EmbeddedBroker, link: Link) -> None:
    away = HealthSignals(lambda: [status("T-1", TroubleKind.COVERED)], lambda _message: None)
    assert away.tell(NOW) == 0
    away._send = link.send
    told(away, 1)
    assert [one.terminal_id for one in heard(broker, 1)] == ["T-1"]


def test_500_cameras_gone_at_once_are_told_in_a_few_rounds(broker: EmbeddedBroker, link: Link) -> None:
    gone = [status(f"T-{n:04d}", TroubleKind.OFFLINE, health=Health.OFFLINE) for n in range(500)]
    signals = HealthSignals(lambda: gone, link.send)
    assert signals.tell(NOW) < 500
    deadline_s = time.monotonic() + 20
    while len(signals._said) < 500 and time.monotonic() < deadline_s:
        signals.tell(NOW + timedelta(seconds=1))
        time.sleep(0.01)
    assert len(signals._said) == 500
    assert len({one.terminal_id for one in heard(broker, 500)}) == 500

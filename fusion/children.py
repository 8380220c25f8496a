"""Servers that fusion starts itself (bus, broker, fleet): they die with their parent, however it dies."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog

from fusion.types.errors import FusionError, PeerFault

_LOG = structlog.get_logger()
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody accepts TCP connections there now."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def die_with_parent() -> None:
    """Called in a worker process: the kernel kills it when the thread that started it ends, however that ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_with(parent: int) -> Callable[[], None]:
    def before_exec() -> None:
        # A group of its own keeps the terminal's Ctrl-C for the parent, which then stops us in order.
        os.setpgid(0, 0)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return before_exec


class Child:
    """A child process that is killed by the kernel when the thread that started it ends.

    PR_SET_PDEATHSIG follows the *thread*: start children from a thread that lives as long as the
    process (the main thread).
    """

    def __init__(
        self,
        name: str,
        args: Sequence[str],
        *,
        log: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bool = False,
        stdout: bool = False,
        keep_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._log = log
        sink: IO[bytes] | int = log.open("ab") if log else subprocess.DEVNULL
        try:
            self.process = subprocess.Popen(
                list(args),
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE if stdout else sink,
                stderr=sink,
                cwd=cwd,
                env=dict(env) if env is not None else None,
                pass_fds=keep_fds,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - prctl must run in the child, and it takes no lock
            )
        except OSError as error:
            raise PeerFault(f"{name}: cannot start {args[0]}: {error.strerror}") from error
        finally:
            if not isinstance(sink, int):
                sink.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Return when `ready()` holds; PeerFault with the last line of its log when it ends or is too slow."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise PeerFault(
                    f"{self.name}: ended with code {self.process.returncode} at start: {self._last_words()}"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise PeerFault(f"{self.name}: not ready within {timeout_s:g} s: {self._last_words()}")
            time.sleep(0.02)

    def stop(self, timeout_s: float = 3.0) -> None:
        """SIGTERM, then SIGKILL after `timeout_s`; returns when it is gone. Twice is harmless."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def _last_words(self) -> str:
        if self._log is None or not self._log.exists():
            return "it said nothing"
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1][-300:] if lines else "it said nothing"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Supervised:
    """Keeps a server running: whatever ends it, it is started again in the same way, with growing pauses.

    The child is started by a thread of this object, since PR_SET_PDEATHSIG follows the starting thread;
    the thread lives until `stop`.
    """

    def __init__(self, name: str, start: Callable[[], Child]) -> None:
        self.name = name
        self.restarts = 0
        self._start = start
        self._child: Child | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._fault: FusionError | None = None
        self._thread = threading.Thread(target=self._watch, name=f"supervise-{name}", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._fault is not None:
            raise self._fault

    @property
    def child(self) -> Child | None:
        """The child that runs now."""
        return self._child

    def stop(self) -> None:
        """End the child and the watching."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            self._child = self._start()
        except FusionError as error:
            self._fault = error
            return
        finally:
            self._ready.set()
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.wait(0.2):
            if self._child is not None and self._child.running:
                continue
            _LOG.warning("child ended, starting it again", child=self.name, restarts=self.restarts)
            if self._stopping.wait(pause_s):
                break
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            try:
                self._child = self._start()
                self.restarts += 1
                pause_s = _FIRST_PAUSE_S
            except FusionError as error:
                _LOG.error("child does not start", child=self.name, error=str(error))
        if self._child is not None:
            self._child.stop()

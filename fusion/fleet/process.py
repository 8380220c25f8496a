"""A fleet in a child process, which ends with its parent however that dies."""

import json
import os
import queue
import sys
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from fusion.children import Child
from fusion.fleet.config import FleetConfig, dump_config
from fusion.fleet.faults import State
from fusion.fleet.mischief import Mischief
from fusion.fleet.timeline import Moment, Timeline
from fusion.types.errors import PeerFault, SiteError

_START_S = 30.0
_ANSWER_S = 10.0
_ALTERED_S = 300.0  # clips may have to be encoded again


class FleetProcess:
    """Use it as `with FleetProcess(config) as fleet`. One thread at a time may call it.

    Start it from a thread that lives as long as it is needed: see `fusion.children.Child`.
    """

    def __init__(self, config: FleetConfig, *, log: Path | None = None) -> None:
        self._config = config
        self._configs = {stream.path: stream for stream in config.streams}
        self._log = log
        self._child: Child | None = None
        self._answers: queue.Queue[Mapping[str, Any] | None] = queue.Queue()
        self._timelines: dict[str, Timeline] = {}
        self.port = 0
        #: When every stream was at its phase, aware UTC; the same clock moves all of them.
        self.epoch = datetime.fromtimestamp(0, UTC)

    def start(self) -> None:
        """Start the child and wait until it serves; SiteError or PeerFault in the child's own words."""
        descriptor, name = tempfile.mkstemp(prefix="fleet-", suffix=".json")  # readable by nobody else
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(dump_config(self._config), file)
            args = [sys.executable, "-m", "fusion.fleet", "--config", name]
            self._child = Child("fleet", args, log=self._log, stdin=True, stdout=True)
            threading.Thread(target=_read, args=(self._child.process.stdout, self._answers), daemon=True).start()
            ready = self._answer(_START_S)
        finally:
            Path(name).unlink()
        self.port = int(ready["port"])
        self.epoch = datetime.fromtimestamp(ready["epoch"], UTC)
        self._timelines = {path: Timeline(self.epoch, **line) for path, line in ready["streams"].items()}

    def stop(self) -> None:
        """End the child; twice is harmless."""
        if self._child:
            self._child.stop()

    @property
    def pid(self) -> int:
        """The child's process id; 0 before the start."""
        return self._child.pid if self._child else 0

    def url(self, path: str) -> str:
        """The stream's RTSP URL with its login, for clients; never for a log."""
        return self._configs[path].url(self._config.host, self.port)

    def timeline(self, path: str) -> Timeline:
        """How that stream's clip lies on wall time."""
        return self._timelines[path]

    def position(self, path: str, now: datetime) -> Moment:
        """The loop and clip time of that stream at `now` (aware)."""
        return self.timeline(path).position(now)

    def set_state(self, pattern: str, state: State | str) -> int:
        """Switch the streams whose path matches; how many. When it returns, it is done. SiteError for none."""
        return int(self._ask(f"{State(state)} {pattern}"))

    def begin(self, pattern: str, mischief: Mischief, *, of: float = 1.0) -> int:
        """As `Fleet.begin`: let matching streams, or a share of them, be up to a mischief; how many."""
        given = mischief.model_dump(mode="json", exclude={"kind"})
        words = [
            f"{name}={value.replace(' ', '') if isinstance(value, str) else json.dumps(value)}"
            for name, value in given.items()
        ]
        return int(self._ask(" ".join(("begin", pattern, mischief.kind, *words, f"of={of}")), _ALTERED_S))

    def end(self, pattern: str, *kinds: str) -> int:
        """As `Fleet.end`: stop mischief of those kinds, or all, of matching streams; how many were up to it."""
        return int(self._ask(" ".join(("end", pattern, *kinds))))

    def stats(self) -> Mapping[str, Mapping[str, Any]]:
        """As `Fleet.stats`."""
        answer: Mapping[str, Mapping[str, Any]] = self._ask("stats")
        return answer

    def _ask(self, line: str, timeout_s: float = _ANSWER_S) -> Any:
        pipe = self._child.process.stdin if self._child else None
        if pipe is None:
            raise PeerFault("fleet: not started")
        try:
            pipe.write(f"{line}\n".encode())
            pipe.flush()
        except (OSError, ValueError) as error:  # ValueError: closed by stop()
            raise PeerFault("fleet: has ended") from error
        return self._answer(timeout_s)["ok"]

    def _answer(self, timeout_s: float) -> Mapping[str, Any]:
        try:
            answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            self.stop()
            raise PeerFault(f"fleet: no answer within {timeout_s:g} s") from None
        if answer is None:
            self.stop()
            raise PeerFault("fleet: has ended")
        if "error" in answer:
            raise SiteError(str(answer["error"]))
        return answer

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _read(pipe: IO[bytes], answers: "queue.Queue[Mapping[str, Any] | None]") -> None:
    try:
        for line in pipe:
            answers.put(json.loads(line))
    finally:
        answers.put(None)

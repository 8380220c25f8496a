"""CPU time by stage inside a process of ours: the stages' own functions, timed with the clock of their thread."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from fusion.ingest.change import ChangeGate
from fusion.ingest.decoding import KeyframeDecoder, WholeDecoder
from fusion.ingest.troubles.picture import PictureTroubles
from fusion.pipeline.judge import TerminalJudge

#: stage -> the function whose time it is; a stage holds no other
STAGES: Mapping[str, tuple[type, str]] = {
    "decode": (KeyframeDecoder, "decode"),
    "gate": (ChangeGate, "judge"),
    "health": (PictureTroubles, "judge"),
    "judge": (TerminalJudge, "look"),
}
BURSTS = (WholeDecoder, "frames")


class StageClock:
    """Adds up CPU seconds and calls by stage, over all threads of this process from `install` on.

    It takes the place of the stages' functions: only a bench may do so, and before anything has started. The time of
    detector threads does not show in "judge", which waits for them: see `threads_s`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent_s: defaultdict[str, float] = defaultdict(float)
        self._calls: Counter[str] = Counter()

    def install(self) -> None:
        """Time every stage from now on."""
        for stage, (owner, name) in STAGES.items():
            setattr(owner, name, self._timed(stage, getattr(owner, name)))
        setattr(*BURSTS, self._timed_steps("burst", getattr(*BURSTS)))

    def read(self) -> Mapping[str, tuple[float, int]]:
        """CPU seconds and calls by stage, since `install`."""
        with self._lock:
            return {stage: (self._spent_s[stage], self._calls[stage]) for stage in (*STAGES, "burst")}

    def _add(self, stage: str, spent_s: float, calls: int = 1) -> None:
        with self._lock:
            self._spent_s[stage] += spent_s
            self._calls[stage] += calls

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            began_s = time.thread_time()
            try:
                return function(*args, **named)
            finally:
                self._add(stage, time.thread_time() - began_s)

        return timed

    def _timed_steps(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same for a generator: only its own steps count."""

        @wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            steps = function(*args, **named)
            while True:
                began_s = time.thread_time()
                step = next(steps, self)
                self._add(stage, time.thread_time() - began_s, calls=step is not self)
                if step is self:
                    return
                yield step

        return timed


def threads_s(prefix: str) -> float:
    """CPU seconds of this process's living threads whose names begin so (proc(5), task/*/schedstat, nanoseconds)."""
    total = 0.0
    for thread in threading.enumerate():
        if thread.name.startswith(prefix) and thread.native_id is not None:
            try:
                spent = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text("ascii")
            except OSError:
                continue  # it has just ended
            total += int(spent.split()[0]) / 1e9
    return total

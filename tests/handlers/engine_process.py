"""An engine in a process of its own, to be killed: python engine_process.py FOLDER BUS_URL.

Each line on standard input, "POINT NUMBER", starts one: it kills itself with SIGKILL when it comes to that point
for that time. "forever 0" runs until somebody else kills it. Standard output tells each one's process id at its
start and "dead" at its end.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from fusion.bus import Bus
from fusion.handlers.engine import Engine
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.storage import Unit

sys.path.insert(0, str(Path(__file__).parent.parent))
from handlers.zone import sqlite, the_zone

POINTS = ("case written", "alert written", "before commit", "after commit", "after ack")


class Trap:
    """Kills this process when a point is reached for the given time."""

    def __init__(self, point: str, number: int) -> None:
        self._point, self._left = point, number

    def at(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def after(self, point: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def trapped(*args: Any, **kwargs: Any) -> Any:
            answer = call(*args, **kwargs)
            self.at(point)
            return answer

        return trapped


def run(folder: Path, url: str, trap: Trap) -> None:
    """Until killed."""
    store, bus = sqlite(folder), Bus(url, folder)
    plain = store.transaction

    @contextmanager
    def transaction() -> Iterator[Unit]:
        with plain() as unit:
            yield unit
            trap.at("before commit")
        trap.at("after commit")

    store.transaction = transaction  # type: ignore[method-assign]
    bus.ack = trap.after("after ack", bus.ack)  # type: ignore[method-assign]
    Unit.put_case = trap.after("case written", Unit.put_case)  # type: ignore[method-assign]
    Unit.send = trap.after("alert written", Unit.send)  # type: ignore[method-assign]
    times = DispatchTimes(acknowledge_within=timedelta(hours=1))
    engine = Engine(store, bus, the_zone(store), FusionPolicy(), times)
    engine.start()
    threading.Event().wait()


def main() -> None:
    """Fork one engine a line; nothing here has threads, so that a fork is safe."""
    folder, url = Path(sys.argv[1]), sys.argv[2]
    for line in sys.stdin:
        point, _, number = line.strip().rpartition(" ")
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)  # its log is not for whoever reads our lines
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: dies with this process
            run(folder, url, Trap(point, int(number)))
        _say(str(child))
        os.waitpid(child, 0)
        _say("dead")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

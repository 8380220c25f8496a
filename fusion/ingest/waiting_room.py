"""Where newest keyframes wait for a decoder, and the budget that says how many are let in."""

import threading
import time

from fusion.ingest.budget import Budget
from fusion.ingest.reader import Encoded
from fusion.ingest.schedule import Call, Schedule

_PATIENCE_S = 0.05  #: how soon the budget is asked again when it lets nobody in
_MEASURE_S = 0.02  #: reading the processor time costs a system call


class WaitingRoom:
    """A `Schedule` and a `Budget` for many threads. The budget counts this whole process: reading, looking, judging."""

    def __init__(self, cores: float | None) -> None:
        self._schedule = Schedule()
        self._changed = threading.Condition()
        self._closed = False
        self._budget = Budget(cores, time.monotonic(), time.process_time())
        self._measured_s = 0.0

    def offer(self, terminal_id: str, packet: Encoded, call: Call, due_s: float) -> bool:
        """As `Schedule.offer`."""
        with self._changed:
            replaced = self._schedule.offer(terminal_id, packet, call, due_s)
            self._changed.notify()
            return replaced

    def take(self) -> tuple[str, Encoded] | None:
        """Wait for the next keyframe that may be looked at. None: closed."""
        with self._changed:
            while not self._closed:
                taken = self._schedule.take(self._level())
                if taken is not None:
                    return taken
                self._changed.wait(_PATIENCE_S if len(self._schedule) else None)
            return None

    def done(self, terminal_id: str) -> None:
        """As `Schedule.done`."""
        with self._changed:
            self._schedule.done(terminal_id)
            self._changed.notify()

    def forget(self, terminal_id: str) -> None:
        """As `Schedule.forget`."""
        with self._changed:
            self._schedule.forget(terminal_id)

    def close(self) -> None:
        """Wake all takers for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def budget_cores(self) -> float | None:
        """What may be used; None: all."""
        return self._budget.cores

    @property
    def level(self) -> float:
        """As `Budget.level`."""
        with self._changed:
            return self._level()

    @property
    def use_cores(self) -> float:
        """What this process has used of late."""
        with self._changed:
            self._level()
            return self._budget.use_cores

    def _level(self) -> float:
        now_s = time.monotonic()
        if now_s - self._measured_s >= _MEASURE_S:
            self._measured_s = now_s
            self._budget.update(now_s, time.process_time())
        return self._budget.level

"""The one clock of a fleet: the system's time at its start, and the monotonic clock since then."""

import time
from datetime import UTC, datetime

from fusion.fleet.timeline import TICKS_PER_S


class FleetClock:
    """Wall time that neither stops nor steps while the fleet lives."""

    def __init__(self) -> None:
        self.epoch = datetime.now(UTC)
        self._start_s = time.monotonic()
        self._epoch_unix_s = self.epoch.timestamp()

    def elapsed_s(self) -> float:
        """Seconds since the epoch."""
        return time.monotonic() - self._start_s

    def elapsed_ticks(self) -> int:
        """The same in 1/90000 s."""
        return int(self.elapsed_s() * TICKS_PER_S)

    def unix_s(self, ticks: int) -> float:
        """The wall time so many ticks after the epoch, in Unix seconds."""
        return self._epoch_unix_s + ticks / TICKS_PER_S

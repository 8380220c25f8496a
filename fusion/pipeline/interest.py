"""How often a quiet terminal deserves a look where the budget allows: by its zones, the hour, and what was there."""

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from fusion.rules.windows import is_open
from fusion.types.terminal import Terminal

_HOUR_EITHER_SIDE = timedelta(hours=1)
_REMEMBERED = 200
_A_DAY = timedelta(days=1)


class Interest:
    """Stalls come back to the same place at the same hours; a zone out of its hours has nothing to show."""

    def __init__(self, zone_gap: timedelta, history_gap: timedelta) -> None:
        self._zone_gap, self._history_gap = zone_gap, history_gap
        self._history: dict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    def learn(self, terminal_id: str, times: Iterable[datetime]) -> None:
        """Something was there at these times (aware)."""
        self._history[terminal_id].extend(times)

    def of(self, terminal: Terminal, local_now: datetime) -> timedelta | None:
        """The gap between looks that is wanted now (local time of the site, aware); None: the longest will do."""
        times = self._history.get(terminal.id, ())
        if any(_same_hour(local_now, at) for at in times):
            return self._history_gap
        if any(is_open(zone.windows, local_now) for zone in terminal.zones):
            return self._zone_gap
        return None


def _same_hour(now: datetime, at: datetime) -> bool:
    apart = (now - at) % _A_DAY
    return min(apart, _A_DAY - apart) <= _HOUR_EITHER_SIDE

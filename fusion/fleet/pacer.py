"""One timer for all players of a fleet: at each tick it calls those whose next picture has come due since."""

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from fusion.fleet.clock import FleetClock
from fusion.fleet.timeline import TICKS_PER_S

_LOG = structlog.get_logger()


class Paced(Protocol):
    """Who sends in time."""

    #: Its place with the pacer: the tick at which it is called, or None.
    slot: int | None

    def send_due(self, elapsed_ticks: int) -> int:
        """Send everything due `elapsed_ticks` (1/90000 s) after the fleet's epoch; when the next will be due."""


class Pacer:
    """A picture leaves at most one `tick` after it is due, and what is due for one player leaves together.

    A player that fails is logged and not called again.
    """

    def __init__(self, clock: FleetClock, tick: timedelta) -> None:
        #: The longest that a tick came late so far, in 1/90000 s: several ticks mean that the CPU does not suffice.
        self.latest_ticks = 0
        self._clock = clock
        self._tick_ticks = max(1, round(tick.total_seconds() * TICKS_PER_S))
        self._served = 0  # the number of the newest tick; who is due by tick n stands in slot n
        self._slots: dict[int, list[Paced]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick in the running loop."""
        self._served = self._clock.elapsed_ticks() // self._tick_ticks
        self._arm()

    def stop(self) -> None:
        """Tick no more."""
        if self._timer:
            self._timer.cancel()

    def add(self, player: Paced) -> None:
        """Call it at the next tick, and then as it says."""
        self.drop(player)
        self._put(player, self._served + 1)

    def drop(self, player: Paced) -> None:
        """Do not call it again; harmless for one that is not there."""
        if player.slot is not None:
            self._slots[player.slot].remove(player)
            player.slot = None

    def _put(self, player: Paced, slot: int) -> None:
        player.slot = slot
        players = self._slots.get(slot)
        if players is None:
            self._slots[slot] = [player]
        else:
            players.append(player)

    def _arm(self) -> None:
        wait_s = ((self._served + 1) * self._tick_ticks - self._clock.elapsed_ticks()) / TICKS_PER_S
        self._timer = asyncio.get_running_loop().call_later(max(0.0, wait_s), self._tick)

    def _tick(self) -> None:
        now_ticks = self._clock.elapsed_ticks()
        self.latest_ticks = max(self.latest_ticks, now_ticks - (self._served + 1) * self._tick_ticks)
        first, self._served = self._served + 1, now_ticks // self._tick_ticks
        self._arm()
        for slot in range(first, self._served + 1):
            for player in self._slots.pop(slot, ()):
                player.slot = None
                try:
                    due_ticks = player.send_due(now_ticks)
                except Exception:  # noqa: BLE001 - the other terminals go on
                    _LOG.exception("fleet_player_failed")
                else:
                    self._put(player, max(self._served + 1, -(-due_ticks // self._tick_ticks)))

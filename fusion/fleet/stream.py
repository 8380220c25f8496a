"""One terminal of a running fleet: its clip, its place on the clock, its state, and who is connected to it."""

from dataclasses import dataclass
from typing import Protocol

from fusion.fleet.auth import Login
from fusion.fleet.clock import FleetClock
from fusion.fleet.config import StreamConfig
from fusion.fleet.faults import State
from fusion.fleet.reel import Reel
from fusion.fleet.timeline import TICKS_PER_S, Timeline


@dataclass(slots=True)
class Counters:
    """What one terminal has done since the start, over all its sessions."""

    sessions: int = 0
    units_sent: int = 0
    packets_sent: int = 0
    bytes_sent: int = 0
    #: Given up because a client read too slowly.
    units_dropped: int = 0
    reports_sent: int = 0
    logins_refused: int = 0


class Visitor(Protocol):
    """A connection that has asked for the stream."""

    def obey(self, state: State) -> None:
        """The stream's state has changed."""


class Stream:
    """A terminal. `visitors` holds every open connection that asked for it and was not turned away."""

    def __init__(self, config: StreamConfig, reel: Reel, clock: FleetClock) -> None:
        self.path = config.path
        self.reel = reel
        self.clock = clock
        self.state = State.ONLINE
        self.counters = Counters()
        self.visitors: set[Visitor] = set()
        self.login: Login | None = None
        if config.user is not None and config.password is not None:
            self.login = Login(config.auth, config.user, config.password.get_secret_value())
        self._phase_ticks = round(config.phase_s * TICKS_PER_S) % reel.duration_ticks

    @property
    def timeline(self) -> Timeline:
        """How its clip lies on wall time."""
        return Timeline(self.clock.epoch, self._phase_ticks, self.reel.duration_ticks)

    def now_ticks(self) -> int:
        """The present on the reel's own scale, on which loop 0 begins at 0."""
        return self.clock.elapsed_ticks() + self._phase_ticks

    def unix_s(self, reel_ticks: int) -> float:
        """The wall time of a tick on the reel's scale."""
        return self.clock.unix_s(reel_ticks - self._phase_ticks)

    def switch(self, state: State) -> None:
        """Change the state, for those connected too."""
        if state is not self.state:
            self.state = state
            for visitor in tuple(self.visitors):
                visitor.obey(state)

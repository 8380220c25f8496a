"""One terminal of a running fleet: its clip, its place on the clock, its mischief, and who is connected to it."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from fusion.fleet.auth import Login
from fusion.fleet.clock import FleetClock
from fusion.fleet.config import StreamConfig
from fusion.fleet.faults import State
from fusion.fleet.mischief import Line, Mischief, Pictures
from fusion.fleet.reel import Reel
from fusion.fleet.timeline import TICKS_PER_S, Timeline

_M = TypeVar("_M")


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

    def obey(self, stream: "Stream") -> None:
        """The stream's mischief has changed."""


class Stream:
    """A terminal. `visitors` holds every open connection that asked for it and was not turned away."""

    def __init__(self, config: StreamConfig, reel: Reel, clock: FleetClock) -> None:
        self.path = config.path
        self.clip = config.clip
        self.clock = clock
        self.counters = Counters()
        self.visitors: set[Visitor] = set()
        self.login: Login | None = None
        if config.user is not None and config.password is not None:
            self.login = Login(config.auth, config.user, config.password.get_secret_value())
        self.phase_ticks = round(config.phase_s * TICKS_PER_S) % reel.duration_ticks
        self._own_reel = reel
        self._mischief: dict[str, Mischief] = {}  # by kind, the newest last
        self._reels: dict[str, Reel] = {}  # of those that act on pictures

    @property
    def timeline(self) -> Timeline:
        """How its clip lies on wall time."""
        return Timeline(self.clock.epoch, self.phase_ticks, self._own_reel.duration_ticks)

    @property
    def reel(self) -> Reel:
        """What is played: the clip, or what the newest mischief with its pictures makes of it."""
        return next(reversed(self._reels.values()), self._own_reel)

    @property
    def state(self) -> State:
        """The state that its mischief amounts to."""
        return next((state for state in (State.OFFLINE, State.HANG) if state in self._mischief), State.ONLINE)

    @property
    def kinds(self) -> list[str]:
        """The kinds of mischief that it is up to."""
        return list(self._mischief)

    @property
    def line(self) -> Line | None:
        """The newest mischief with its connections; one that ends them comes first."""
        found = self.up_to(Line)
        return next((line for line in found if line.ends), found[-1] if found else None)

    def up_to(self, kind: type[_M]) -> list[_M]:
        """Its mischief of that sort."""
        return [mischief for mischief in self._mischief.values() if isinstance(mischief, kind)]

    def now_ticks(self) -> int:
        """The present on the reel's own scale, on which loop 0 begins at 0."""
        return self.clock.elapsed_ticks() + self.phase_ticks

    def unix_s(self, reel_ticks: int) -> float:
        """The wall time of a tick on the reel's scale."""
        return self.clock.unix_s(reel_ticks - self.phase_ticks)

    def begin(self, mischief: Mischief, reel: Reel | None = None) -> None:
        """Be up to it, in place of what it was up to of the same kind; `reel` where it acts on pictures."""
        self._forget(mischief.kind)
        self._mischief[mischief.kind] = mischief
        if isinstance(mischief, Pictures) and reel is not None:
            self._reels[mischief.kind] = reel
        self._tell()

    def end(self, *kinds: str) -> bool:
        """Stop mischief of those kinds, or of all; whether there was any."""
        found = [kind for kind in kinds or self.kinds if kind in self._mischief]
        for kind in found:
            self._forget(kind)
        if found:
            self._tell()
        return bool(found)

    def _forget(self, kind: str) -> None:
        self._mischief.pop(kind, None)
        self._reels.pop(kind, None)

    def _tell(self) -> None:
        for visitor in tuple(self.visitors):
            visitor.obey(self)

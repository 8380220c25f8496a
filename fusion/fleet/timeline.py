"""The common clock: which second of a clip plays at which wall time, and in which loop. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: The RTP clock of H.264 and H.265 video (RFC 6184 8.2.1, RFC 7798 7.1).
TICKS_PER_S = 90_000


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in a stream that loops: `loop` counts from 0 at the epoch, `offset` is clip time."""

    loop: int
    offset: timedelta


@dataclass(frozen=True, slots=True)
class Timeline:
    """How one stream's clip lies on wall time: at `epoch` (aware UTC) it is `phase_ticks` into loop 0."""

    epoch: datetime
    phase_ticks: int
    duration_ticks: int

    @property
    def duration(self) -> timedelta:
        """How long one loop is."""
        return _seconds(self.duration_ticks)

    def position(self, now: datetime) -> Moment:
        """(now - epoch + phase) mod duration, and the loop; loops before the epoch are negative."""
        loop, rest = divmod(_ticks(now - self.epoch) + self.phase_ticks, self.duration_ticks)
        return Moment(loop, _seconds(rest))

    def wall_time(self, loop: int, offset: timedelta) -> datetime:
        """When that second of the clip is captured in that loop."""
        return self.epoch + _seconds(loop * self.duration_ticks + _ticks(offset) - self.phase_ticks)

    def occurrences(self, offset: timedelta, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
        """Every (loop, wall time) in [since, until) at which that second of the clip is captured."""
        first, last = self.position(since).loop, self.position(until).loop
        times = ((loop, self.wall_time(loop, offset)) for loop in range(first, last + 1))
        return [(loop, at) for loop, at in times if since <= at < until]


def _ticks(time: timedelta) -> int:
    return round(time.total_seconds() * TICKS_PER_S)


def _seconds(ticks: int) -> timedelta:
    return timedelta(seconds=ticks / TICKS_PER_S)

"""Everything that the looker keeps of one terminal, and the rules of when it is looked at."""

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog

from fusion.ingest.change import Change, ChangeGate
from fusion.ingest.health import HealthCard
from fusion.ingest.policy import LookingPolicy
from fusion.ingest.reader import Encoded, StreamHead
from fusion.ingest.ring import Ring
from fusion.types.picture import Picture

_NEVER = datetime.min.replace(tzinfo=UTC)
_WHOLE_EVERY = timedelta(seconds=2)

_log = structlog.get_logger()


class Desk:
    """State of one terminal. Times are those of its pictures (aware, UTC) unless they are named monotonic."""

    def __init__(self, terminal_id: str, policy: LookingPolicy) -> None:
        self.terminal_id = terminal_id
        self.ring = Ring(policy.reading.ring, policy.reading.ring_bytes)
        self.health = HealthCard(terminal_id, max(policy.reading.read_timeout, 2 * policy.longest_gap))
        #: Held while a picture is judged and given out: no two at once, and never back in time.
        self.judging = threading.Lock()
        self.newest: Picture | None = None  #: the last one given out
        self.last_look_at = _NEVER
        self.last_judged_at = _NEVER
        self.followed = False  #: a follower decodes it whole; the keyframe decoders leave it alone
        self.unfollowable = False  #: whole decoding failed on this connection
        self.connections = 0
        self._policy = policy
        self._gate = ChangeGate(policy.change)
        self._attend_until = self._awake_until = _NEVER
        self._keyframe_at: datetime | None = None
        self._sparse = False
        self._burst_until_s = 0.0  #: monotonic

    def opened(self, head: StreamHead) -> None:
        """Another connection: its packets do not continue those before."""
        self.connections += 1
        self._keyframe_at = None
        self.unfollowable = self._sparse = False
        self.ring.clear()
        self.health.opened(head)

    def packet(self, packet: Encoded) -> None:
        """Keep a packet, and measure how far keyframes are apart."""
        self.ring.push(packet)
        longest = self._policy.longest_gap
        if packet.keyframe:
            self.health.keyframe(packet.at)
            if self._keyframe_at is not None:
                if packet.at < self._keyframe_at:
                    self._clock_set_back()
                self._sparse = packet.at - self._keyframe_at > longest
            self._keyframe_at = packet.at
        elif self._keyframe_at is not None and packet.at - self._keyframe_at > longest:
            self._sparse = True

    def _clock_set_back(self) -> None:
        """This machine's clock was: without this, nothing would be looked at until it is as late as before."""
        _log.warning("clock_set_back", terminal=self.terminal_id)
        self.last_look_at = self.last_judged_at = self._attend_until = self._awake_until = _NEVER

    @property
    def sparse(self) -> bool:
        """Whether its keyframes come further apart than the longest gap between looks."""
        return self._sparse

    def attend(self, until: datetime) -> None:
        """A candidate is there: look at every keyframe until then."""
        self._attend_until = max(self._attend_until, until)

    def burst(self, for_: timedelta) -> None:
        """Look several times a second from now on, for this long."""
        self._burst_until_s = max(self._burst_until_s, time.monotonic() + for_.total_seconds())

    @property
    def bursting(self) -> bool:
        """Whether a burst is on."""
        return time.monotonic() < self._burst_until_s

    @property
    def followed_every(self) -> timedelta:
        """The time between the pictures that a follower judges now."""
        if self.bursting:
            return timedelta(seconds=1 / self._policy.burst_fps)
        return min(_WHOLE_EVERY, self._policy.longest_gap / 2)

    def due(self, at: datetime) -> bool:
        """Whether a keyframe of this time is worth decoding."""
        if at - self.last_judged_at < self._policy.shortest_gap:
            return False
        return at - self.last_judged_at >= self._policy.look_every or self._awake(at) or self._last_chance(at)

    def judge(self, picture: Picture) -> Change | None:
        """Compare a decoded picture with the background; None where nothing calls for a look at it."""
        self.last_judged_at = picture.at
        self.health.decoded(picture.size_px)
        change = self._gate.judge(picture.y, picture.at)
        news = bool(change.boxes) or change.sudden
        if news:
            self._awake_until = picture.at + self._policy.linger
        if not (news or self.bursting or self._awake(picture.at) or self._last_chance(picture.at)):
            return None
        self.newest, self.last_look_at = picture, picture.at
        return change

    def _awake(self, at: datetime) -> bool:
        return at <= self._attend_until or at <= self._awake_until

    def _last_chance(self, at: datetime) -> bool:
        """Whether the longest gap would be passed if one waited for the next picture."""
        gap = self.followed_every if self.followed else self.health.keyframe_gap or timedelta(0)
        return self.last_look_at == _NEVER or at + gap - self.last_look_at > self._policy.longest_gap

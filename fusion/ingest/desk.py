"""Everything that the looker keeps of one terminal, and the rules of when it is looked at."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from fusion.ingest.change import Change, ChangeGate
from fusion.ingest.counters import Drop
from fusion.ingest.health import HealthCard
from fusion.ingest.look import Look
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.main_streams import MainStream
from fusion.ingest.masks import PictureMasks, same_shape
from fusion.ingest.reader import Encoded, ReadFacts, StreamHead
from fusion.ingest.ring import Ring
from fusion.ingest.schedule import Call
from fusion.ingest.troubles.picture import PictureTroubles
from fusion.ingest.troubles.stream import StreamFacts, StreamTroubles
from fusion.types.masks import NO_MASKS, Masks
from fusion.types.picture import Picture
from fusion.types.terminal import TerminalStatus, Trouble

_NEVER = datetime.min.replace(tzinfo=UTC)
_WHOLE_EVERY = timedelta(seconds=2)
#: Troubles last for half a minute before they are told. Half a second less than two usual keyframes, whose times are
#: never quite two seconds apart: else it would be three of them.
_TROUBLES_EVERY = timedelta(seconds=3.5)

_log = structlog.get_logger()


class Desk:
    """State of one terminal. Times are those of its pictures (aware, UTC) unless they are named monotonic."""

    def __init__(
        self,
        terminal_id: str,
        policy: LookingPolicy,
        masks: Masks = NO_MASKS,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock_s`: what bursts are timed by, in seconds; a file's is its own time."""
        self.terminal_id = terminal_id
        self.masks = PictureMasks(masks)
        self._clock_s = clock_s
        self.ring = Ring(policy.reading.ring, policy.reading.ring_bytes)
        self.health = HealthCard(terminal_id, max(policy.reading.read_timeout, 2 * policy.longest_gap))
        #: Held while a picture is judged and given out: no two at once, and never back in time.
        self.judging = threading.Lock()
        self.last_look_at = _NEVER
        self.last_judged_at = _NEVER
        self.longest_gap_s = 0.0  #: between two judged pictures, since it was last asked for
        self.followed = False  #: a follower decodes it whole; the keyframe decoders leave it alone
        self.unfollowable = False  #: whole decoding failed on this connection
        self.retired = False  #: the site reads it no more
        self.main: MainStream | None = None  #: its main stream while that is open for a burst
        self.on_main = False  #: what is judged now comes from its main stream
        self.connections = 0
        self.prefer: timedelta | None = None  #: look at least so often, where the budget allows
        self._policy = policy
        self._gate = ChangeGate(policy.change)
        self._picture_troubles = PictureTroubles(policy.troubles)
        self._stream_troubles = StreamTroubles(policy.troubles, policy.longest_gap)
        self._attend_until = self._awake_until = _NEVER
        self._confirmed = False  #: whether the change that it is awake for was seen twice
        self._news_before = False  #: whether the picture judged before showed a change
        self._troubles_due = _NEVER
        self._keyframe_at: datetime | None = None
        self._sparse = False
        self._burst_until_s = -math.inf  #: of the clock
        self._facts, self._facts_at = ReadFacts(), datetime.now(UTC)

    def opened(self, head: StreamHead) -> None:
        """Another connection: its packets do not continue those before."""
        self.connections += 1
        self._keyframe_at = None
        self.unfollowable = self._sparse = False
        self.ring.clear()
        self.health.opened(head)

    def packets(self, batch: Sequence[Encoded]) -> Encoded | None:
        """Keep packets, and measure how far keyframes are apart; the newest keyframe among them."""
        self.ring.push(batch)
        keyframe = None
        for packet in batch:
            if packet.keyframe:
                self._keyframe(packet.at)
                keyframe = packet
        longest_s = self._policy.longest_gap.total_seconds()
        if self._keyframe_at is not None and batch[-1].at_s - self._keyframe_at.timestamp() > longest_s:
            self._sparse = True
        return keyframe

    def _keyframe(self, at: datetime) -> None:
        self.health.keyframe(at)
        if self._keyframe_at is not None:
            if at < self._keyframe_at:
                self._clock_set_back()
            self._sparse = at - self._keyframe_at > self._policy.longest_gap
        self._keyframe_at = at

    def _clock_set_back(self) -> None:
        """This machine's clock was: without this, nothing would be looked at until it is as late as before."""
        _log.warning("clock_set_back", terminal=self.terminal_id)
        self.last_look_at = self.last_judged_at = self._attend_until = self._awake_until = _NEVER
        self._troubles_due = _NEVER

    @property
    def sparse(self) -> bool:
        """Whether its keyframes come further apart than the longest gap between looks."""
        return self._sparse

    def attend(self, until: datetime) -> None:
        """A candidate is there: look at every keyframe until then."""
        self._attend_until = max(self._attend_until, until)

    def burst(self, for_: timedelta) -> None:
        """Look several times a second from now on, for this long."""
        self._burst_until_s = max(self._burst_until_s, self._clock_s() + for_.total_seconds())

    @property
    def bursting(self) -> bool:
        """Whether a burst is on."""
        return self._clock_s() < self._burst_until_s

    @property
    def followed_every(self) -> timedelta:
        """The time between the pictures that a follower judges now."""
        if self.bursting:
            return timedelta(seconds=1 / self._policy.burst_fps)
        return min(_WHOLE_EVERY, self._policy.longest_gap / 2)

    def call(self, at: datetime) -> Call | None:
        """How much a keyframe of this time is worth decoding; None: not at all."""
        gap = at - self.last_judged_at
        if gap < self._policy.shortest_gap:
            return None
        if self._last_chance(at):
            return Call.MUST
        if at <= self._attend_until or (self._confirmed and at <= self._awake_until):
            return Call.ACTIVE
        if at <= self._awake_until or (self.prefer is not None and gap >= self.prefer):
            return Call.WANT
        return Call.SPARE if self._policy.spare and gap >= self._policy.look_every else None

    def look(self, picture: Picture, *, burst: bool) -> Look | Drop:
        """A decoded picture as the look that the pipeline is given, or why it is not given."""
        if picture.at <= self.last_judged_at:
            return Drop.OVERTAKEN
        picture, unmasked = self.masks.both(picture)
        change = self.judge(picture)
        if change is None:
            return Drop.QUIET
        return Look(picture, change.boxes, change.share, burst=burst, sudden=change.sudden, unmasked=unmasked)

    def judge(self, picture: Picture) -> Change | None:
        """Compare a decoded picture with the background; None where nothing calls for a look at it."""
        if self.judged:
            self.longest_gap_s = max(self.longest_gap_s, (picture.at - self.last_judged_at).total_seconds())
        self.last_judged_at = picture.at
        self.health.decoded(None if self.on_main else picture.size_px)
        change = self._gate.judge(picture.y, picture.at)
        if picture.at >= self._troubles_due:
            self._troubles_due = picture.at + _TROUBLES_EVERY
            self._picture_troubles.judge(self._gate.small, picture.at, luma=picture.y, keyframe=picture.keyframe)
        news = bool(change.boxes) or change.sudden
        if news:
            # One change alone may be rain or a lamp: the next keyframe says whether it was more.
            once, linger = self._policy.linger_once, self._policy.linger
            self._confirmed = self._news_before or (self._confirmed and picture.at <= self._awake_until)
            self._awake_until = picture.at + (linger if self._confirmed else min(once, linger))
        self._news_before = news
        if not (news or self.bursting or self._awake(picture.at) or self._look_due(picture.at)):
            return None
        self.last_look_at = picture.at
        return change

    def mind(self, facts: ReadFacts, now: datetime) -> None:
        """Every few seconds: what came since the last time, and how the connection is."""
        before, seconds = self._facts, (now - self._facts_at).total_seconds()
        self._facts, self._facts_at = facts, now
        status = self.health.status(now)
        if seconds > 0 and facts.packets >= before.packets:
            window = StreamFacts(
                at=now,
                seconds=seconds,
                packets=facts.packets - before.packets,
                lost=facts.lost - before.lost,
                octets=facts.octets - before.octets,
                pictures=facts.pictures - before.pictures,
                keyframe_gap_s=self._keyframe_gap_s(now, status.keyframe_gap_s),
            )
            self._stream_troubles.window(window)
        self._stream_troubles.state(status.health, status.detail, now)
        report = facts.report
        if report is not None and report != before.report:
            self._stream_troubles.clock(report.offset_s, now)

    def _keyframe_gap_s(self, now: datetime, usual_s: float | None) -> float | None:
        """The usual time between keyframes, or the time since the last one where that is more."""
        if usual_s is None or self._keyframe_at is None:
            return usual_s
        return max(usual_s, (now - self._keyframe_at).total_seconds())

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong with it, longest lasting first."""
        found = (*self._stream_troubles.troubles(), *self._picture_troubles.troubles())
        return tuple(sorted(found, key=lambda trouble: trouble.since))

    def shows_the_same(self, picture: Picture) -> bool:
        """Whether a main stream's picture has the proportions of the sub-stream's; if not, that stream is left alone.

        A camera may cut them differently: then places in one are not places in the other.
        """
        size_px = self.health.size_px
        if size_px is None:
            return True
        same = same_shape(picture.size_px, size_px)
        if not same and self.main is not None:
            self.main.ready, self.main.failed = False, True
            _log.warning("main_stream_of_another_shape", terminal=self.terminal_id)
        return same

    @property
    def judged(self) -> bool:
        """Whether a picture of it was ever judged."""
        return self.last_judged_at != _NEVER

    def status(self, now: datetime) -> TerminalStatus:
        """How it is doing at `now` (aware)."""
        report = self._facts.report
        return replace(
            self.health.status(now),
            troubles=self.troubles,
            reader=self._facts.reader,
            clock_offset_s=report.offset_s if report else None,
            clock_at=datetime.fromtimestamp(report.arrival_s, UTC) if report else None,
        )

    def _awake(self, at: datetime) -> bool:
        return at <= self._attend_until or at <= self._awake_until

    def _last_chance(self, at: datetime) -> bool:
        """Whether the longest gap between decoded pictures would be passed if one waited for the next keyframe."""
        return self._too_long_since(self.last_judged_at, at)

    def _look_due(self, at: datetime) -> bool:
        """The same between looks that are judged further."""
        return self._too_long_since(self.last_look_at, at)

    def _too_long_since(self, last: datetime, at: datetime) -> bool:
        gap = self.followed_every if self.followed else self.health.keyframe_gap or timedelta(0)
        return last == _NEVER or at + gap - last > self._policy.longest_gap

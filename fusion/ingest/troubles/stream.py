"""Troubles that the packets of one terminal show: how many come, how many are lost, how far keyframes are apart."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from fusion.ingest.troubles import words
from fusion.ingest.troubles.latch import Latch
from fusion.ingest.troubles.policy import TroublePolicy
from fusion.ingest.troubles.told import Told
from fusion.ingest.troubles.usual import Usual
from fusion.types.terminal import Health, Trouble, TroubleKind

_AWAY = {
    Health.OFFLINE: TroubleKind.OFFLINE,
    Health.REFUSED: TroubleKind.REFUSED,
    Health.SILENT: TroubleKind.NO_VIDEO,
    Health.UNDECODABLE: TroubleKind.UNSUPPORTED,
}
_MEASURED = (TroubleKind.RATE_FALLEN, TroubleKind.PACKET_LOSS, TroubleKind.SPARSE_KEYFRAMES)
_NO_CLOCK_BEFORE = datetime(1975, 1, 1, tzinfo=UTC)
_FARTHEST = timedelta(days=36_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """What came of one terminal's video in one window of about 5 s."""

    at: datetime  #: end of the window, aware
    seconds: float  #: its length
    packets: int  #: RTP packets received
    lost: int  #: RTP packets missing by their sequence numbers
    octets: int  #: of the packets received
    pictures: int  #: access units, whole or not
    keyframe_gap_s: float | None  #: median time between the last keyframes, or the time since the last if that is more


class StreamTroubles:
    """Hysteresis over packet facts of one terminal; about 3 KB.

    `window`, `state` and `clock` are called by one thread at a time, `troubles` by any.
    """

    def __init__(self, policy: TroublePolicy, keyframes_every: timedelta) -> None:
        """`keyframes_every` is the longest gap between looks that the terminal's zones allow."""
        stream = policy.stream
        self._policy, self._keyframes_every_s = stream, keyframes_every.total_seconds()
        self._told = Told(policy.ignored)
        away, rate, brief = stream.away_after, stream.rate_after, timedelta(0)
        self._latches = {kind: Latch(away, 2, away, 2) for kind in _AWAY.values()} | {
            TroubleKind.RATE_FALLEN: Latch(rate, 3, rate, 3),
            TroubleKind.PACKET_LOSS: Latch(stream.loss_after, 3, stream.loss_after, 3),
            TroubleKind.SPARSE_KEYFRAMES: Latch(brief, 3, brief, 3),
            TroubleKind.CLOCK_OFF: Latch(brief, stream.clock_reports, brief, stream.clock_reports),
        }
        self._fps, self._bps = (Usual(stream.settle, stream.memory, stream.rate_learnt_after) for _ in range(2))
        self._recent: deque[tuple[float, int, int]] = deque()  #: (seconds, packets, lost) of the last `loss_over`

    def window(self, facts: StreamFacts) -> None:
        """Take a window's facts in. One without any packet says nothing here: `state` tells of it."""
        if facts.packets <= 0 or facts.seconds <= 0 or facts.pictures < 0 or facts.octets < 0 or facts.lost < 0:
            return
        self._judge_rate(facts)
        self._judge_loss(facts)
        gap_s = facts.keyframe_gap_s
        sparse = None if gap_s is None else gap_s > self._keyframes_every_s
        self._judge(
            TroubleKind.SPARSE_KEYFRAMES, sparse, facts.at, lambda: words.sparse(gap_s or 0.0, self._keyframes_every_s)
        )

    def state(self, health: Health, detail: str, at: datetime) -> None:
        """Take in how the connection is; to be called every few seconds, and not only when it changed.

        Args:
            health: as `HealthCard` tells it. CONNECTING neither mends nor makes a trouble: it goes on as it was.
            detail: a plain English sentence without secrets; added to the English text.
            at: when (aware).
        """
        if health is Health.CONNECTING:
            return
        for state, kind in _AWAY.items():
            self._judge(kind, health is state, at, partial(words.away, kind, detail))
        if any(self._latches[kind].raised for kind in _AWAY.values()):
            self._forget_measured()

    def clock(self, offset_s: float | None, at: datetime) -> None:
        """Take in what a sender report says of the camera's clock.

        Args:
            offset_s: its NTP time less ours when it came; None: the report had no NTP time (RFC 3550 6.4.1: zero).
                Where its NTP time counts from the camera's start, it lies in the years after 1900 or 1970: such a
                camera's clock is unknown, which is no trouble.
            at: when it came (aware).
        """
        off = None if offset_s is None or not _is_a_clock(offset_s, at) else abs(offset_s) > self._policy.clock_off_s
        self._judge(TroubleKind.CLOCK_OFF, off, at, lambda: words.clock(offset_s or 0.0))

    def troubles(self) -> tuple[Trouble, ...]:
        """Those that are raised now, longest lasting first."""
        return self._told.troubles

    def _judge_rate(self, facts: StreamFacts) -> None:
        """Fewer pictures are a trouble; fewer bits alone are none.

        A quiet night, or an encoder that smooths noise, takes a tenth of a busy day. Few bits count where pictures
        became somewhat fewer too, as on a line that chokes. What black or frozen pictures save is told of those.
        """
        policy = self._policy
        fps, bps = facts.pictures / facts.seconds, 8 * facts.octets / facts.seconds
        fps_ratio, bps_ratio = self._fps.ratio(fps), self._bps.ratio(bps)
        fallen: bool | None = None
        if fps_ratio is not None and bps_ratio is not None:
            choked = bps_ratio < policy.bits_ratio and fps_ratio < policy.bits_rate_ratio
            fallen = fps_ratio < policy.rate_ratio or choked
        sentence = partial(words.rate_fallen, fps, self._fps.value, bps, self._bps.value)
        self._judge(TroubleKind.RATE_FALLEN, fallen, facts.at, sentence)
        for usual, value in ((self._fps, fps), (self._bps, bps)):
            usual.learn(value, facts.at, usual_now=not fallen)

    def _judge_loss(self, facts: StreamFacts) -> None:
        self._recent.append((facts.seconds, facts.packets, facts.lost))
        over_s = self._policy.loss_over.total_seconds()
        while sum(seconds for seconds, _, _ in self._recent) - self._recent[0][0] >= over_s:
            self._recent.popleft()
        came, lost = (sum(column) for column in list(zip(*self._recent, strict=True))[1:])
        share = lost / (came + lost)
        if self._latches[TroubleKind.PACKET_LOSS].raised:
            lossy = share > self._policy.loss_share / 2
        else:
            # Less its own chance: a slim stream has few packets, of which 0.4 % may be four by bad luck.
            lossy = lost - math.sqrt(lost) > self._policy.loss_share * (came + lost)
            lossy = lossy and sum(lost > 0 for _, _, lost in self._recent) >= self._policy.loss_windows
        self._judge(TroubleKind.PACKET_LOSS, lossy, facts.at, lambda: words.packet_loss(share, over_s))

    def _judge(self, kind: TroubleKind, bad: bool | None, at: datetime, sentence: Callable[[], words.Sentence]) -> None:
        self._latches[kind].judge(bad, at)
        self._told.update(kind, self._latches[kind].since, sentence)

    def _forget_measured(self) -> None:
        """A stream that is away has no rate; when it is back, all is counted afresh."""
        self._recent.clear()
        for kind in _MEASURED:
            self._latches[kind].reset()
            self._told.update(kind, None, words.none)


def _is_a_clock(offset_s: float, at: datetime) -> bool:
    """Whether the time that it shows can have been set by anybody."""
    if not abs(offset_s) < _FARTHEST.total_seconds():  # also not a number
        return False
    return at + timedelta(seconds=offset_s) >= _NO_CLOCK_BEFORE

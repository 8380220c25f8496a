"""A made-up line from a camera for `bench.health`: packets, losses, keyframes and sender reports, by chance."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from fusion.ingest.troubles.policy import TroublePolicy
from fusion.ingest.troubles.stream import StreamFacts, StreamTroubles
from fusion.types.terminal import Health, TroubleKind

_WINDOW_S = 5.0
_KEYFRAMES_EVERY = timedelta(seconds=10)
_OCTETS_A_PACKET = 1000
Raised = dict[TroubleKind, float]  #: seconds until it was raised


class Line:
    """15 pictures/s and 500 kbit/s, more or less; each window its troubles are judged."""

    def __init__(self, seed: int) -> None:
        self.troubles = StreamTroubles(TroublePolicy(), _KEYFRAMES_EVERY)
        self.now = datetime(2026, 11, 24, tzinfo=UTC)
        self._rng = np.random.default_rng(seed)

    def flow(
        self,
        seconds: float,
        *,
        fps: float = 15.0,
        kbps: float = 500.0,
        loss: float = 0.0,
        gap_s: float = 2.0,
        offset_s: float | None = 0.1,
    ) -> Raised:
        """It streams for so long, with so much loss (share), keyframes so far apart, and such a clock."""

        def window() -> None:
            packets = max(1, round(kbps * 125 * _WINDOW_S / _OCTETS_A_PACKET * self._rng.uniform(0.8, 1.2)))
            lost = int(self._rng.binomial(packets, loss))
            facts = StreamFacts(
                at=self.now,
                seconds=_WINDOW_S,
                packets=packets - lost,
                lost=lost,
                octets=_OCTETS_A_PACKET * (packets - lost),
                pictures=max(0, round(fps * _WINDOW_S + self._rng.normal(0, 1))),
                keyframe_gap_s=gap_s * self._rng.uniform(0.97, 1.03),
            )
            self.troubles.window(facts)
            self.troubles.state(Health.LIVE, "", self.now)
            self.troubles.clock(None if offset_s is None else offset_s + self._rng.normal(0, 0.2), self.now)

        return self._pass(seconds, window)

    def be(self, health: Health, seconds: float) -> Raised:
        """It gives nothing for so long."""
        return self._pass(seconds, lambda: self.troubles.state(health, "", self.now))

    def until_clear(self, kind: TroubleKind, at_most_s: float) -> float:
        """Seconds of usual streaming until it is told no more."""
        began = self.now
        while any(trouble.kind is kind for trouble in self.troubles.troubles()):
            if (self.now - began).total_seconds() >= at_most_s:
                break
            self.flow(_WINDOW_S)
        return (self.now - began).total_seconds()

    def _pass(self, seconds: float, window: Callable[[], None]) -> Raised:
        began, raised = self.now, Raised()
        while (self.now - began).total_seconds() < seconds:
            self.now += timedelta(seconds=_WINDOW_S)
            window()
            for trouble in self.troubles.troubles():
                raised.setdefault(trouble.kind, (self.now - began).total_seconds())
        return raised


PLANTED_LINES: tuple[tuple[TroubleKind, str, Callable[[Line], Raised]], ...] = (
    (TroubleKind.OFFLINE, "offline", lambda line: line.be(Health.OFFLINE, 90)),
    (TroubleKind.REFUSED, "refused", lambda line: line.be(Health.REFUSED, 90)),
    (TroubleKind.NO_VIDEO, "silent", lambda line: line.be(Health.SILENT, 90)),
    (TroubleKind.UNSUPPORTED, "undecodable", lambda line: line.be(Health.UNDECODABLE, 90)),
    (TroubleKind.RATE_FALLEN, "5 pictures/s instead of 15", lambda line: line.flow(90, fps=5, kbps=170)),
    (TroubleKind.RATE_FALLEN, "10 pictures/s at a tenth of the bits", lambda line: line.flow(90, fps=10, kbps=50)),
    (TroubleKind.PACKET_LOSS, "2 % lost", lambda line: line.flow(120, loss=0.02)),
    (TroubleKind.PACKET_LOSS, "5 % lost", lambda line: line.flow(120, loss=0.05)),
    (TroubleKind.SPARSE_KEYFRAMES, "a keyframe each 12 s", lambda line: line.flow(90, gap_s=12)),
    (TroubleKind.CLOCK_OFF, "3 s behind", lambda line: line.flow(90, offset_s=-3.0)),
    (TroubleKind.CLOCK_OFF, "an hour ahead", lambda line: line.flow(90, offset_s=3600.0)),
)


def _drops(line: Line) -> Raised:
    raised: Raised = {}
    for _ in range(144):
        raised |= line.flow(590) | line.be(Health.OFFLINE, 10)
    return raised


def _days(line: Line) -> Raised:
    """Quiet nights and busy days, with a slow shutter at night."""
    raised = line.flow(3600)
    for _ in range(3):
        for kbps in (500, 350, 200, 90, 60, 40, 40, 60, 150, 300, 600, 800):
            raised |= line.flow(3600, kbps=kbps, fps=15 if kbps > 100 else 8)
    return raised


#: (name, hours, what goes on)
HARMLESS_LINES: tuple[tuple[str, float, Callable[[Line], Raised]], ...] = (
    ("usual", 24, lambda line: line.flow(24 * 3600)),
    ("0.4 % lost", 24, lambda line: line.flow(24 * 3600, loss=0.004)),
    ("quiet nights, slow shutter", 37, _days),
    ("drops of 10 s", 24, _drops),
    ("keyframes 9.5 s apart", 24, lambda line: line.flow(24 * 3600, gap_s=9.5)),
    ("a clock 1.2 s late", 24, lambda line: line.flow(24 * 3600, offset_s=-1.2)),
    ("no clock at all", 24, lambda line: line.flow(24 * 3600, offset_s=None)),
    ("a clock from the camera's start", 24, lambda line: line.flow(24 * 3600, offset_s=-3.99e9)),
)

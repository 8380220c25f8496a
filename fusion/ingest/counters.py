"""What went through the ingest, counted once for `Looker.counters` and once for Prometheus."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fusion import metrics
from fusion.ingest.reader import ReadFacts

_SERIES = {"packets": metrics.PACKETS, "lost": metrics.LOST, "octets": metrics.OCTETS}


class Drop(StrEnum):
    """Why a keyframe or picture was given up."""

    NEWER = "newer_keyframe"  #: a newer one of the same terminal came before a decoder was free
    NOT_DUE = "not_due"  #: `shortest_gap` has not passed, or nothing goes on there and `look_every` has not
    QUIET = "quiet"  #: decoded, nothing changed, and the longest gap is not reached
    OVERTAKEN = "overtaken"  #: a burst had looked at a later picture already
    UNDECODABLE = "undecodable"
    BROKEN = "broken_packet"
    BEHIND = "burst_behind"  #: a burst was slower than the ring is long, and went on at the newest keyframe
    NO_BURST = "burst_cap"  #: a burst was asked for while too many ran


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals since the start, over all terminals."""

    packets: int
    lost: int  #: packets whose numbers never came
    octets: int
    keyframes: int
    looked: int
    reconnects: int
    dropped: Mapping[str, int]  #: by the reasons of `Drop`


class Counting:
    """The counters of one looker; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._read: dict[str, ReadFacts] = {}

    def keyframes(self, terminal_id: str, count: int) -> None:
        """Keyframes were read."""
        if count:
            metrics.KEYFRAMES.labels(terminal_id).inc(count)
            self._add("keyframes", count)

    def read(self, terminal_id: str, facts: ReadFacts) -> None:
        """So much has come of a stream in all; a reader that began anew counts from nothing."""
        with self._lock:
            before = self._read.get(terminal_id, ReadFacts())
            self._read[terminal_id] = facts
            for name in ("packets", "lost", "octets"):
                now, then = getattr(facts, name), getattr(before, name)
                more = now - then if now >= then else now
                if more:
                    self._totals[name] += more
                    _SERIES[name].labels(terminal_id).inc(more)

    def looked(self, terminal_id: str) -> None:
        """A picture was given to be judged."""
        metrics.LOOKS.labels(terminal_id).inc()
        self._add("looked")

    def reconnected(self, terminal_id: str) -> None:
        """A connection was opened again."""
        metrics.RECONNECTS.labels(terminal_id).inc()
        self._add("reconnects")

    def dropped(self, reason: Drop, count: int = 1) -> None:
        """Keyframes or pictures were given up."""
        if count:
            metrics.DROPS.labels(reason.value).inc(count)
            with self._lock:
                self._dropped[reason.value] += count

    def now(self) -> Counters:
        """The totals of this moment."""
        with self._lock:
            total = self._totals
            return Counters(
                packets=total["packets"],
                lost=total["lost"],
                octets=total["octets"],
                keyframes=total["keyframes"],
                looked=total["looked"],
                reconnects=total["reconnects"],
                dropped=dict(self._dropped),
            )

    def _add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self._totals[name] += count

"""The last seconds of a stream as original packets, from which a burst catches up and a clip can be remuxed."""

import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from fusion.ingest.reader import Encoded


class Ring:
    """Packets in decoding order; the first one is always a keyframe, or there is none.

    It covers at least `span` where the stream is that old, goes back one group of pictures further at most, and never
    holds more than `most_bytes`: a single group that would is given up, and nothing is kept until the next keyframe.
    Each packet has a number, later packets a higher one. Safe for many threads.
    """

    def __init__(self, span: timedelta, most_bytes: int) -> None:
        self._span_s, self._most_bytes = span.total_seconds(), most_bytes
        self._packets: deque[Encoded] = deque()
        self._first = 0  #: number of the first packet kept
        self._keys: deque[int] = deque()  #: numbers of the keyframes kept
        self._bytes = 0
        self._changed = threading.Condition()
        self.overflows = 0  #: groups given up because they alone were over `most_bytes`

    def push(self, batch: Iterable[Encoded]) -> None:
        """Keep packets; those before the first keyframe are not kept."""
        with self._changed:
            for packet in batch:
                if packet.keyframe:
                    self._keys.append(self._first + len(self._packets))
                elif not self._packets:
                    continue
                self._packets.append(packet)
                self._bytes += len(packet.raw)
                if packet.keyframe or self._bytes > self._most_bytes:
                    self._trim(packet.at_s)
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget everything: another connection begins. Numbers go on, so that a follower notices the gap."""
        with self._changed:
            self._drop_to(self._first + len(self._packets))
            self._first += 1
            self._changed.notify_all()

    def start_at(self, at: datetime | None) -> int:
        """The number of the last keyframe not after `at`, or of the first one kept; None: of the newest."""
        with self._changed:
            older = [k for k in self._keys if at is None or self._packets[k - self._first].at_s <= at.timestamp()]
            return older[-1] if older else self._first

    def after(self, number: int, timeout_s: float) -> tuple[list[Encoded], int, bool]:
        """Wait for packets from `number` on; give them, the number to go on from, and whether some were missed.

        Where some were missed, the packets begin at the newest keyframe.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._first + len(self._packets) > number, timeout_s)
            missed = number < self._first
            start = number
            if missed:
                start = self._keys[-1] if self._keys else self._first
            packets = list(islice(self._packets, start - self._first, None))
            return packets, start + len(packets), missed

    def snapshot(self) -> list[Encoded]:
        """All packets kept, oldest first."""
        with self._changed:
            return list(self._packets)

    @property
    def newest_keyframe(self) -> Encoded | None:
        """The last keyframe kept."""
        with self._changed:
            return self._packets[self._keys[-1] - self._first] if self._keys else None

    @property
    def size_bytes(self) -> int:
        """Bytes of coded data kept."""
        return self._bytes

    def _trim(self, now_s: float) -> None:
        while len(self._keys) > 1:
            second_s = self._packets[self._keys[1] - self._first].at_s
            if now_s - second_s < self._span_s and self._bytes <= self._most_bytes:
                return
            self._drop_to(self._keys[1])
        if self._bytes > self._most_bytes:
            self.overflows += 1
            self._drop_to(self._first + len(self._packets))

    def _drop_to(self, number: int) -> None:
        while self._first < number:
            self._bytes -= len(self._packets.popleft().raw)
            self._first += 1
        while self._keys and self._keys[0] < number:
            self._keys.popleft()

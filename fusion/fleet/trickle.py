"""A line that passes on only so many bytes a second; the rest waits. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator

from fusion.fleet.timeline import TICKS_PER_S


class Trickle:
    """Whole frames in, the same frames out later, in order."""

    def __init__(self, bytes_per_s: float, now_ticks: int) -> None:
        #: Bytes that wait.
        self.waiting = 0
        self._bytes_per_tick = bytes_per_s / TICKS_PER_S
        self._at_ticks = now_ticks
        self._credit = 0.0
        self._frames: deque[bytes | bytearray] = deque()

    def add(self, frames: Iterable[bytes | bytearray]) -> None:
        """Let them wait."""
        for frame in frames:
            self._frames.append(frame)
            self.waiting += len(frame)

    def passed(self, now_ticks: int) -> Iterator[bytes | bytearray]:
        """What may go by now; who has nothing to send saves nothing up."""
        self._credit += (now_ticks - self._at_ticks) * self._bytes_per_tick
        self._at_ticks = now_ticks
        while self._frames and self._credit >= len(self._frames[0]):
            frame = self._frames.popleft()
            self._credit -= len(frame)
            self.waiting -= len(frame)
            yield frame
        if not self._frames:
            self._credit = 0.0

    def rest(self) -> list[bytes | bytearray]:
        """All that waits."""
        frames = list(self._frames)
        self._frames.clear()
        self.waiting = 0
        return frames

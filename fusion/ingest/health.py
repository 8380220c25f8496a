"""How one terminal is doing, in words, and since when."""

import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from fusion.ingest.reader import StreamFault, StreamHead
from fusion.types.terminal import Health, TerminalStatus

_UNDECODABLE_AFTER = 2  #: one broken keyframe is no state


class HealthCard:
    """Written by the reader's and the decoders' threads, read by anybody."""

    def __init__(self, terminal_id: str, keyframe_due: timedelta) -> None:
        self._terminal_id = terminal_id
        self._keyframe_due = keyframe_due
        self._lock = threading.Lock()
        self._health, self._since, self._detail = Health.CONNECTING, datetime.now(UTC), "not connected yet"
        self._codec: str | None = None
        self._size_px: tuple[int, int] | None = None
        self._keyframes: deque[datetime] = deque(maxlen=6)
        self._bad_keyframes = 0
        self._note = ""  #: added to the detail while it is live

    def opened(self, head: StreamHead) -> None:
        """Connected; no picture yet."""
        with self._lock:
            self._codec, self._size_px = head.codec, head.size_px or self._size_px
            self._keyframes.clear()
            self._bad_keyframes = 0
            self._set(Health.CONNECTING, "connected, waiting for the first keyframe")

    def lost(self, fault: StreamFault) -> None:
        """The attempt or the connection failed."""
        with self._lock:
            self._set(fault.health, str(fault))

    def keyframe(self, at: datetime) -> None:
        """A keyframe came."""
        with self._lock:
            self._keyframes.append(at)

    def decoded(self, size_px: tuple[int, int] | None) -> None:
        """A picture could be decoded; of this size, where it is one of the sub-stream."""
        with self._lock:
            self._bad_keyframes, self._size_px = 0, size_px or self._size_px
            self._set(Health.LIVE, "")

    def undecodable(self, fault: StreamFault) -> None:
        """A keyframe could not."""
        with self._lock:
            self._bad_keyframes += 1
            if self._bad_keyframes >= _UNDECODABLE_AFTER:
                self._set(fault.health, str(fault))

    def note(self, text: str) -> None:
        """A plain sentence to show while it is live; empty: none."""
        with self._lock:
            self._note = text

    @property
    def size_px(self) -> tuple[int, int] | None:
        """(width, height) of the sub-stream; None: not yet known."""
        return self._size_px

    @property
    def keyframe_gap(self) -> timedelta | None:
        """The usual time between its last keyframes; None before the second."""
        with self._lock:
            return self._gap()

    def status(self, now: datetime) -> TerminalStatus:
        """Everything known at `now` (aware)."""
        with self._lock:
            health, detail = self._health, self._detail
            if health is Health.CONNECTING and self._codec is not None and now - self._since > self._keyframe_due:
                health = Health.SILENT
                detail = f"connected, but no keyframe for {self._keyframe_due.total_seconds():g} s"
            gap = self._gap()
            return TerminalStatus(
                terminal_id=self._terminal_id,
                health=health,
                since=self._since,
                detail=self._note if health is Health.LIVE else detail,
                last_keyframe_at=self._keyframes[-1] if self._keyframes else None,
                codec=self._codec,
                size_px=self._size_px,
                keyframe_gap_s=gap.total_seconds() if gap else None,
            )

    def _gap(self) -> timedelta | None:
        gaps_s = [(later - sooner).total_seconds() for sooner, later in pairwise(self._keyframes)]
        return timedelta(seconds=median(gaps_s)) if gaps_s else None

    def _set(self, health: Health, detail: str) -> None:
        if health is not self._health:
            self._health, self._since = health, datetime.now(UTC)
        self._detail = detail

"""When each packet was shown: arrival times jitter, presentation stamps do not but start anywhere and drift."""

_JUMP_S = 2.0
_FOLLOW_S = 60.0


class PtsClock:
    """Wall time (Unix seconds) of a stream's packets from their pts, anchored to arrivals.

    The first pts is anchored to its arrival. Later anchors follow the camera's drift with a time constant of a minute.
    A time off by more than 2 s (reset, wrap, clock change) is anchored anew; none lies after its arrival, so that the
    packets which a server sends at once at the start count as older, not as of the future.
    """

    def __init__(self) -> None:
        self._anchor_s: float | None = None  #: wall time of pts 0 s
        self._last_pts_s = 0.0

    def at_s(self, pts_s: float | None, arrival_s: float) -> float:
        """Wall time of a packet with this pts (seconds, any origin) that came at `arrival_s`; never after it."""
        if pts_s is None:
            return arrival_s
        if self._anchor_s is None:
            self._anchor_s, self._last_pts_s = arrival_s - pts_s, pts_s
            return arrival_s
        late_s = arrival_s - (self._anchor_s + pts_s)
        if late_s < 0.0 or late_s > _JUMP_S:
            self._anchor_s = arrival_s - pts_s
        else:
            self._anchor_s += late_s * min(1.0, max(0.0, pts_s - self._last_pts_s) / _FOLLOW_S)
        self._last_pts_s = pts_s
        return self._anchor_s + pts_s

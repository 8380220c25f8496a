"""When each packet was shown: arrival times jitter, presentation stamps do not but start anywhere and drift."""

from datetime import datetime, timedelta

_JUMP_S = 2.0
_FOLLOW_S = 60.0


class PtsClock:
    """Wall time of a stream's packets from their pts, anchored to arrivals.

    The first pts is anchored to its arrival. Later anchors follow the camera's drift with a time constant of a minute.
    A time off by more than 2 s (reset, wrap, clock change) is anchored anew; none lies after its arrival, so that the
    packets which a server sends at once at the start count as older, not as of the future.
    """

    def __init__(self) -> None:
        self._anchor: datetime | None = None  #: wall time of pts 0 s
        self._last_pts_s = 0.0

    def at(self, pts_s: float | None, arrival: datetime) -> datetime:
        """Wall time of a packet with this pts (seconds, any origin) that came at `arrival`; never after it."""
        if pts_s is None:
            return arrival
        pts = timedelta(seconds=pts_s)
        if self._anchor is None:
            self._anchor, self._last_pts_s = arrival - pts, pts_s
            return arrival
        late_s = (arrival - (self._anchor + pts)).total_seconds()
        if abs(late_s) > _JUMP_S or late_s < 0:
            self._anchor = arrival - pts
        else:
            share = min(1.0, max(0.0, pts_s - self._last_pts_s) / _FOLLOW_S)
            self._anchor += timedelta(seconds=late_s * share)
        self._last_pts_s = pts_s
        return self._anchor + pts

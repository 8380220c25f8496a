"""When a zone's rule holds: daily windows in the site's local time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fusion.types.zone import TimeWindow

_DAY = timedelta(days=1)


def opened_at(windows: Iterable[TimeWindow], local_now: datetime) -> datetime | None:
    """When the window that is open now opened, the longest-open one; None: none is open.

    Without any window the zone holds always: it opened at `datetime.min` in the zone of `local_now`.
    A window that ends before it starts runs over midnight and belongs to the weekday of its start; one
    that ends when it starts lasts the whole day. The start belongs to the window, the end does not.
    """
    windows = tuple(windows)
    if not windows:
        return datetime.min.replace(tzinfo=local_now.tzinfo)
    opened = [start for window in windows if (start := _start(window, local_now)) is not None]
    return min(opened, default=None)


def is_open(windows: Iterable[TimeWindow], local_now: datetime) -> bool:
    """Whether the zone's rule holds now."""
    return opened_at(windows, local_now) is not None


def window_at(windows: Iterable[TimeWindow], local_now: datetime) -> TimeWindow | None:
    """The window that is open now, the longest-open one; None: none is, or the zone has none and holds always."""
    windows = tuple(windows)
    starts = [(start, number) for number, each in enumerate(windows) if (start := _start(each, local_now)) is not None]
    return windows[min(starts)[1]] if starts else None


def _start(window: TimeWindow, local_now: datetime) -> datetime | None:
    for day in (local_now, local_now - _DAY):
        start = day.replace(
            hour=window.start.hour, minute=window.start.minute, second=window.start.second, microsecond=0
        )
        end = start.replace(hour=window.end.hour, minute=window.end.minute, second=window.end.second)
        if end <= start:
            end += _DAY
        if start.weekday() in window.weekdays and start <= local_now < end:
            return start
    return None

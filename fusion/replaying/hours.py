"""For how long a zone's windows were open while a thing was there."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from fusion.rules.windows import is_open
from fusion.types.zone import TimeWindow

_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(days=2)  #: what was there for longer is judged by its first days


def longest_open(windows: Sequence[TimeWindow], begins: datetime, ends: datetime, site_tz: tzinfo) -> timedelta:
    """The longest stretch between two times in which a window was open; windows change at whole minutes alone."""
    if not windows:
        return ends - begins
    ends = min(ends, begins + _LONGEST)
    longest, stretch, at = timedelta(0), timedelta(0), begins
    while at < ends:
        later = min((at + _MINUTE).replace(second=0, microsecond=0), ends)
        stretch = stretch + (later - at) if is_open(windows, at.astimezone(site_tz)) else timedelta(0)
        longest, at = max(longest, stretch), later
    return longest

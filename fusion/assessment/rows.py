"""What is counted: one row a case, with the times of its life. Made from the case's history by whoever has it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fusion.types.place import GeoPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case as the assessment sees it."""

    case_id: str
    number: str
    kind: str
    grid_id: str | None
    small_grid_id: str | None
    platform: str | None  #: which of the four; None: not routed
    worker_id: str | None  #: who handled it, else who had it last
    source: str  #: who told first: "video", "sensor", "hotline", "tip_off", "worker", "room"
    point: GeoPoint
    found_at: datetime  #: when the rule was met, or the report says so
    opened_at: datetime
    told_at: datetime | None = None  #: when a worker was told for the first time
    received_at: datetime | None = None  #: when a phone had the alert for the first time
    acknowledged_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    false: bool = False  #: rejected as a false alarm
    merged: bool = False  #: it is another case: counted nowhere
    bounced: int = 0  #: how often it came back from "handled"
    recurrence: bool = False  #: the thing was dealt with before, and came back
    overdue: bool | None = None  #: whether a deadline was missed; None: it has none

    def took(self, start: str, end: str) -> timedelta | None:
        """From one of its times to another; None while one is missing, or where they are out of order."""
        a, b = getattr(self, start), getattr(self, end)
        return b - a if a is not None and b is not None and b >= a else None

"""What was told, and what people said of it: all that can be judged again later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fusion.types.false_reason import FalseReason
from fusion.types.signal import Signal


class Outcome(StrEnum):
    """What a case turned out to be."""

    TRUE = "true"  #: somebody dealt with it on the ground
    FALSE = "false"  #: a person said that it was a false alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What people said of a case, for one source that had told of it; the newest word counts."""

    case_id: str
    source_id: str
    zone_id: str | None
    kind: str  #: of the event
    outcome: Outcome
    reason: FalseReason | None  #: of a false alarm; None: no reason was given
    actor: str  #: "worker:W-012", "user:admin"
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldThing:
    """One thing as one source told of it from beginning to end: its first signal, and how long it was there."""

    id: str  #: made from source, kind, name and beginning
    first: Signal  #: the first that came, as it was told
    seen_at: datetime  #: event time of the last signal that saw it there
    gone_at: datetime | None  #: event time of the signal that saw it gone; None: nobody has
    belief: float  #: 0-1, the strongest that counted, after the source's reliability
    incident_id: str  #: the one that it was taken for; that may have been merged into another since

    @property
    def lasted(self) -> tuple[timedelta, timedelta | None]:
        """(at least, at most) so long it was there; None: nobody saw its end."""
        since = self.first.since
        return self.seen_at - since, None if self.gone_at is None else self.gone_at - since

"""What the engine asks of the zone that it works for."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from fusion.incidents.codes import Book
from fusion.incidents.deadlines import Counting
from fusion.incidents.repeats import RepeatPolicy
from fusion.incidents.timing import Timing
from fusion.types.case import Case
from fusion.types.phone import OutboxMessage
from fusion.types.place import GeoPoint
from fusion.types.signal import Reason


class Hit(Protocol):
    """The grids of a point."""

    @property
    def grid_id(self) -> str:
        """Full grid."""

    @property
    def small_grid_id(self) -> str | None:
        """Small grid."""


class Chosen(Protocol):
    """Who goes, and why."""

    @property
    def worker_id(self) -> str:
        """The worker."""

    @property
    def reason(self) -> Reason:
        """The sentence."""


Choose = Callable[[Case, Collection[str], datetime], Chosen | None]  #: (case, told already, now)


def _nobody(_case: Case, _told: Collection[str], _now: datetime) -> Chosen | None:
    return None


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone's grids, people, messages and limits."""

    locate: Callable[[GeoPoint], Hit | None]
    choose: Choose
    alert: Callable[[Case, datetime], OutboxMessage]
    update: Callable[[Case, str, datetime, bool], OutboxMessage]  #: (case, worker, now, withdrawn)
    clock: ZoneInfo
    #: a message as the outbox's rows: itself, and one for each notifier beside MQTT that wants it
    rows: Callable[[OutboxMessage, datetime], tuple[OutboxMessage, ...]] = lambda message, _now: (message,)
    leader: Choose = _nobody  #: the grid's leader, when no worker is left
    named: Callable[[str, datetime], Chosen | None] = lambda _worker, _now: None  #: whom a person chose
    repeats: RepeatPolicy = field(default_factory=RepeatPolicy)  #: when it is said of a case that it is one of many
    book: Book = field(default_factory=Book)

    @property
    def timing(self) -> Timing:
        """The limits of its stages."""
        config = self.book.config
        return Timing(self.book, Counting(config.working_times, self.clock, config.amber_share))

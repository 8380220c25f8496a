"""What really happens in a clip, whatever file said so. Seconds count from the clip's first picture."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from fusion.types.sighting import Box
from fusion.types.zone import Zone

#: Where media time is zero when the truth does not say: any moment serves, as long as it is the same in every run.
MEDIA_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Course:
    """Where a thing is in the picture over time; empty: nobody said."""

    boxes: tuple[tuple[float, Box], ...] = ()  #: (seconds, box in shares of the picture), times rising

    def at(self, second: float) -> Box | None:
        """Its box at the time that is nearest; None where there is none at all."""
        if not self.boxes:
            return None
        index = bisect_left(self.boxes, second, key=lambda entry: entry[0])
        near = self.boxes[max(0, index - 1) : index + 1]
        return min(near, key=lambda entry: abs(entry[0] - second))[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEvent:
    """One thing that should be told."""

    id: str
    kind: str  #: an `EventKind`, or a site's own word
    start_s: float  #: the stall stops, or the first thing is put down
    left_s: float | None = None  #: dumping: who brought it has gone; None: not said
    end_s: float
    course: Course = Course()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that should not be told, by its name: people chat, a car parks."""

    name: str
    start_s: float
    end_s: float
    course: Course = Course()


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Of one clip."""

    clip: str  #: the file's name; empty: the file that the truth is named after
    scene: str = ""  #: what it shows, as one word
    starts_at: datetime = MEDIA_ZERO  #: when the first picture was shown (aware); windows are in its time zone
    zones: tuple[Zone, ...] = ()  #: empty: the whole picture, for both kinds
    events: tuple[TrueEvent, ...] = ()
    happenings: tuple[Happening, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)  #: such as {"light": "dusk", "size": "small"}

    @property
    def site_tz(self) -> tzinfo:
        """The time zone in which the zones' windows are."""
        return self.starts_at.tzinfo or UTC

    def local(self, second: float) -> datetime:
        """The local time of a second of the clip."""
        return self.starts_at + timedelta(seconds=second)

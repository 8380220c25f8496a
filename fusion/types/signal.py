"""Signals: what a camera, sensor, hotline or worker says about one thing at one place."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fusion.types.place import Place
from fusion.types.sighting import Box


class EventKind(StrEnum):
    """The kinds that fusion ships rules for; a site's own rule may name others in its own words."""

    STREET_STALL = "street_stall"
    WASTE_DUMPING = "waste_dumping"


class Phase(StrEnum):
    """Where in the life of the thing a signal speaks from."""

    STARTED = "started"  #: the rule is met for the first time
    CONTINUING = "continuing"  #: still there
    ENDED = "ended"  #: seen to be gone


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a sentence in both languages and as the numbers in it."""

    zh: str
    en: str
    data: dict[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """One file kept for a case."""

    id: str  #: unique; also its file name without suffix
    kind: str  #: "plain", "annotated", "main", "annotated_main"
    path: str  #: relative to the evidence folder, POSIX
    sha256: str
    at: datetime
    media_type: str = "image/jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One statement. Its id is made from what it says, so saying it twice changes nothing."""

    id: str
    kind: str
    phase: Phase
    source: str  #: "video", "sensor", "hotline", "tip_off", "worker", "room"
    source_id: str  #: the terminal's, sensor's or worker's id, or the hotline's name
    thing_id: str  #: what the source calls the thing; the same while it lasts
    at: datetime  #: event time
    since: datetime  #: when the thing began, as far as the source knows
    met_at: datetime  #: when the rule was met (event time)
    place: Place
    belief: float  #: 0-1
    zone_id: str | None
    reason: Reason
    box: Box | None = None
    evidence: tuple[EvidenceRef, ...] = ()
    clock_error: timedelta = timedelta(0)  #: by how much `at` may be wrong (95 %)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found in a terminal's sightings; a place on the ground makes it a signal."""

    kind: str
    phase: Phase
    thing_id: str  #: unique within the terminal, the same while the thing lasts
    zone_id: str
    at: datetime
    since: datetime
    met_at: datetime
    belief: float  #: 0-1
    box: Box  #: around everything that belongs to the thing
    reason: Reason

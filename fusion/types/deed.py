"""What a deed wants to be given, and which deeds somebody may do."""

from dataclasses import dataclass
from enum import StrEnum

from fusion.types.case import Deed
from fusion.types.false_reason import FalseReason


class Wants(StrEnum):
    """What a deed must come with."""

    REASON = "reason"  #: a sentence
    FALSE_REASON = "false_reason"  #: why it is a false alarm: one of the list, or else a sentence
    OTHER = "other"  #: the id of another case
    SOURCES = "sources"  #: whose signals
    PLATFORMS = "platforms"  #: two or more, the lead first
    PLATFORM = "platform"  #: whose part
    PICTURE = "picture"  #: evidence
    PARTS = "parts"  #: every platform of a joint case has done its part


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a deed comes with."""

    reason: str = ""
    worker_id: str | None = None  #: for a dispatch: this one, instead of the nearest
    other: str | None = None  #: for a merge: the id of the case that stays
    sources: tuple[tuple[str, str], ...] = ()  #: for a split: (source, its name for the thing)
    platforms: tuple[str, ...] = ()  #: for a joint case, the lead first; for a part, the one whose it is
    pictures: tuple[str, ...] = ()  #: ids of evidence
    false_reason: FalseReason | None = None  #: for a rejection alone; `reason` is then what was added in free text


@dataclass(frozen=True, slots=True)
class Allowed:
    """A deed that somebody may do now, and what it wants."""

    deed: Deed
    wants: frozenset[Wants]

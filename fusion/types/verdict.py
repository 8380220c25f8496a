"""What terminals saw when they looked again at a place that is said to be clear."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fusion.types.signal import EvidenceRef, Reason


class Clear(StrEnum):
    """Whether the thing is gone."""

    CLEAR = "clear"
    NOT_CLEAR = "not_clear"
    CANNOT_SEE = "cannot_see"  #: night, covered, offline, no camera: a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to one "handled" of one case."""

    id: str  #: made from case and time of the question, so that a second answer changes nothing
    case_id: str
    handled_at: datetime  #: the "handled" that it answers
    at: datetime
    clear: Clear
    reason: Reason
    evidence: tuple[EvidenceRef, ...] = ()  #: the pictures after, and those before that are not in the case yet

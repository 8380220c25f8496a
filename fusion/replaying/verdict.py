"""What another set of rules would have made of a thing that was told, and how that is known."""

from dataclasses import dataclass
from enum import StrEnum


class Again(StrEnum):
    """Whether it would be told again."""

    TOLD = "told"
    NOT_TOLD = "not_told"
    UNKNOWN = "unknown"  #: neither the numbers nor a clip can tell


class Level(StrEnum):
    """How it is known."""

    NUMBERS = "numbers"  #: by the numbers of its signals
    CLIP = "clip"  #: the clip that was kept was judged again
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing, judged again."""

    again: Again
    level: Level
    zh: str
    en: str
    #: Told again if somebody stood by for as long as the goods lay there: signals tell of goods, not of attendance.
    assumed: bool = False


def told(zh: str, en: str, *, assumed: bool = False) -> Verdict:
    """By its numbers it would be told again."""
    return Verdict(again=Again.TOLD, level=Level.NUMBERS, zh=zh, en=en, assumed=assumed)


def not_told(zh: str, en: str) -> Verdict:
    """By its numbers it would not be told."""
    return Verdict(again=Again.NOT_TOLD, level=Level.NUMBERS, zh=zh, en=en)


def unknown(zh: str, en: str) -> Verdict:
    """Its numbers do not say."""
    return Verdict(again=Again.UNKNOWN, level=Level.NOTHING, zh=zh, en=en)

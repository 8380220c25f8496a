"""What a crop may show, as people mark it: the right ones, and the reasons why an alarm was false.

The words are those of the one-tap list that the command room offers.
"""

from fusion.types.errors import SiteError
from fusion.types.false_reason import FalseReason
from fusion.types.signal import EventKind

#: (Chinese, English) of each class that is rightly told
RIGHT: dict[str, tuple[str, str]] = {
    "stall": ("摆摊经营", "stall at work"),
    "stall_closed": ("收摊停放的摊位", "stall that is closed"),
    "rubbish": ("垃圾", "rubbish"),
}
#: (Chinese, English) of each reason for a false alarm
FALSE: dict[str, tuple[str, str]] = {str(reason): (reason.zh, reason.en) for reason in FalseReason}
OTHER = str(FalseReason.OTHER)
NAMES: dict[str, tuple[str, str]] = {**RIGHT, **FALSE}
#: which classes make an event of a kind right; a site's own kind is not judged by the second stage
RIGHT_FOR: dict[str, frozenset[str]] = {
    EventKind.STREET_STALL: frozenset({"stall", "stall_closed"}),
    EventKind.WASTE_DUMPING: frozenset({"rubbish"}),
}
#: the class of an event that was handled as told, where nobody said more
USUAL: dict[str, str] = {EventKind.STREET_STALL: "stall", EventKind.WASTE_DUMPING: "rubbish"}


def check_class(word: str, where: str) -> str:
    """The class itself, or SiteError that lists the valid ones."""
    if word not in NAMES:
        raise SiteError(f"{where}: {word!r} is no class; valid: {', '.join(NAMES)}")
    return word

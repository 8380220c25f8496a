"""Words of people: shown as the text that they are, whatever characters they hold."""

import unicodedata
from typing import Final

_FSI, _PDI = "\u2068", "\u2069"
#: explicit embeddings, overrides and isolates (UAX #9, 2): one left open turns round what stands after the text
_OPENING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: what makes a reader order the characters around it anew
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_UNSEEN: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


def plain(text: str) -> str:
    """One line of text: breaks become spaces, and what cannot be shown (controls, halves of pairs) is left out."""
    shown = (" " if char.isspace() else char for char in text if char.isspace() or not _unseen(char))
    return " ".join("".join(shown).split())


def isolated(text: str) -> str:
    """Text to stand in a sentence of ours.

    Marks that would turn round what follows are taken out, and text with right-to-left letters stands between
    FSI and PDI (UAX #9), so that it orders itself and nothing else. Other text stays as it is.
    """
    kept = "".join(char for char in plain(text) if char not in _OPENING)
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT or char in "\u200f\u061c" for char in kept):
        return f"{_FSI}{kept}{_PDI}"
    return kept


def shortened(text: str, most: int) -> str:
    """At most so many characters, an ellipsis among them where it was longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def masked(name: str) -> str:
    """A name for those who may know that there is one, not whose: its first character."""
    return f"{name[0]}**" if name else ""


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN

"""Areas of a terminal's picture that are not looked at, and areas that nobody is to see."""

from dataclasses import dataclass
from enum import StrEnum

Polygon = tuple[tuple[float, float], ...]  #: >= 3 corners, shares 0-1 of the picture, y downwards


class PrivacyClip(StrEnum):
    """What becomes of a clip of original packets where a privacy mask would be in it."""

    REENCODE = "reencode"  #: decoded, greyed and coded again; its metadata say so
    NONE = "none"  #: not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """The masks of one terminal; they hold for its sub-stream and its main stream alike."""

    ignored: tuple[Polygon, ...] = ()  #: nothing in them is judged; people still see them
    private: tuple[Polygon, ...] = ()  #: grey in every picture that is judged, shown or kept
    clip: PrivacyClip = PrivacyClip.REENCODE

    @property
    def unjudged(self) -> tuple[Polygon, ...]:
        """All areas of which nothing is judged: what is private is grey there too."""
        return self.ignored + self.private

    def __bool__(self) -> bool:
        return bool(self.ignored or self.private)


NO_MASKS = Masks()

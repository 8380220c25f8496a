"""One look at one terminal: what the pipeline is given."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fusion.ingest.change import ChangeGate
from fusion.ingest.policy import ChangePolicy
from fusion.types.picture import Picture
from fusion.types.sighting import Box


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A picture that is worth judging, and where it differs from the background."""

    picture: Picture
    changes: tuple[Box, ...]  #: changed places, merged, largest first; shares of the picture
    change_share: float  #: of the picture's pixels that changed, 0-1
    burst: bool  #: one of several a second, from whole decoding
    sudden: bool = False  #: the whole picture changed at once: light switched, camera moved, lens covered
    unmasked: Picture | None = None  #: as people may see it, where that differs from what is judged

    @property
    def shown(self) -> Picture:
        """The picture as it may be kept and seen: what is not judged is in it, what is private is not."""
        return self.unmasked or self.picture


def looks_of(pictures: Iterable[Picture], policy: ChangePolicy | None = None) -> Iterator[Look]:
    """Each picture of a file as a look, in order; the background is theirs alone."""
    gate = ChangeGate(policy or ChangePolicy())
    for picture in pictures:
        change = gate.judge(picture.y, picture.at)
        yield Look(picture, change.boxes, change.share, burst=False, sudden=change.sudden)

"""What the numbers of a thing that was told say of other rules: was it there for long enough, does it lie in a mask."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from fusion.types.masks import Polygon
from fusion.types.sighting import Box
from fusion.types.told import ToldThing

_STEPS = 8
MOST_OF = 0.6  #: of a box in an area: nothing of the thing is judged any more


@dataclass(frozen=True, slots=True)
class Asked:
    """The time that a rule asks for, as reasons and configs name it."""

    data: str  #: key in a reason's data, seconds
    config: str  #: key of the rule's config
    zh: str
    en: str


DWELL = Asked("dwell_s", "dwell", "停留时长", "the dwell")
RESIDUE = Asked("residue_s", "residue", "静置时长", "the residue time")
UNATTENDED = Asked("unattended_s", "unattended", "无人遗留物的静置时长", "the time of what nobody was seen to leave")
ALL_ASKED = (DWELL, RESIDUE, UNATTENDED)


def share_in(box: Box, area: Polygon) -> float:
    """The share of a box that lies in an area, 0-1, to about a fiftieth."""
    steps = [(number + 0.5) / _STEPS for number in range(_STEPS)]
    wide, high = box.right - box.left, box.bottom - box.top
    points = [(box.left + wide * across, box.top + high * down) for across in steps for down in steps]
    return sum(_inside(point, area) for point in points) / len(points)


def _inside(point: tuple[float, float], area: Polygon) -> bool:
    x, y = point
    odd = False
    for (x1, y1), (x2, y2) in pairwise((*area, area[0])):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def asked(thing: ToldThing) -> tuple[Asked, timedelta] | None:
    """What its rule asked for when it was told, and for how long; None: its reason does not say."""
    for which in ALL_ASKED:
        value = thing.first.reason.data.get(which.data)
        if isinstance(value, float | int) and value > 0:
            return which, timedelta(seconds=float(value))
    return None


def would_last(thing: ToldThing, lasts: timedelta) -> bool | None:
    """Whether it was there for as long as another rule asks, counted from where its own rule counts; None: unknown.

    A rule was met when the time that it asks for was over: what came before does not count. The thing was there at
    least until it was last seen, and at most until it was seen to be gone.
    """
    found = asked(thing)
    if found is None:
        return None
    counts_from = thing.first.met_at - found[1]
    if thing.seen_at - counts_from >= lasts:
        return True
    if thing.gone_at is not None and thing.gone_at - counts_from < lasts:
        return False
    return None

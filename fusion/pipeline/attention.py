"""Which part of a picture a detector is asked about: where a zone holds now, or soon will."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fusion.rules.windows import is_open
from fusion.rules.zones import around, grown
from fusion.types.sighting import Box
from fusion.types.zone import Zone

_BEFORE_IT_OPENS = timedelta(minutes=5)  #: who stands there when it opens should be known by then
_BESIDE = 0.08  #: share of the picture: who comes to a zone is seen a step before it
_ABOVE = 0.15  #: somebody who stands at its far edge reaches above it
_LEAST = 0.01  #: share of the picture's width or height that must be left of a place


class Attention:
    """Where nothing can be told, nobody needs to know what moves there: on a street that is half of the picture."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._places = [(zone, _place(zone)) for zone in zones]

    def on(self, interests: Sequence[Box], local_now: datetime) -> tuple[Box, ...]:
        """The interests, cut to the places in which a zone holds (local time of the site, aware)."""
        places = [
            place
            for zone, place in self._places
            if is_open(zone.windows, local_now) or is_open(zone.windows, local_now + _BEFORE_IT_OPENS)
        ]
        kept = [_shared(box, place) for place in dict.fromkeys(places) for box in interests]
        return tuple(dict.fromkeys(box for box in kept if box is not None))


def _place(zone: Zone) -> Box:
    corners = around(Box(x, y, x, y) for x, y in zone.polygon)
    place = grown(corners, _BESIDE, _ABOVE, _BESIDE)
    return Box(max(place.left, 0.0), max(place.top, 0.0), min(place.right, 1.0), min(place.bottom, 1.0))


def _shared(box: Box, place: Box) -> Box | None:
    both = Box(
        max(box.left, place.left), max(box.top, place.top), min(box.right, place.right), min(box.bottom, place.bottom)
    )
    return both if both.right - both.left >= _LEAST and both.bottom - both.top >= _LEAST else None

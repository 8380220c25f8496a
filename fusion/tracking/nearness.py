"""Who is at a thing that lies on the ground: the one question that residues ask of tracks.

All boxes are [left, top, right, bottom] in pixels of the working picture.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fusion.tracking.tracks import Followed

Rect = NDArray[np.float32]

_BY_HAND = 1.6  #: own sizes; what is larger was not carried
_LEAST = 0.08
_BELOW, _ABOVE = 0.6, 0.45  #: own sizes: how far its foot may be from the bringer's, down and up the picture


def at_thing(group: str, person: Rect, thing: Rect, *, reach: float, above: float = _ABOVE) -> bool:
    """Whether a person (or vehicle) in its box can reach the thing: beside it, on about the same ground.

    `reach` is in own sizes (a person's height). Depth is judged by where the two touch the ground, so
    that somebody who passes far behind or in front is not at it; `above` is how far the thing may end above
    his feet, in own sizes.
    """
    size = _size(group, person)
    gap = max(float(max(thing[0] - person[2], person[0] - thing[2])), 0.0)
    if gap > reach * size:
        return False
    if group == "person":
        # His legs may be behind it: then he ends where it hides him.
        if thing[1] <= person[3] <= thing[3] and gap == 0:
            return True
        return -above * size <= float(thing[3] - person[3]) <= _BELOW * size
    return max(float(max(thing[1] - person[3], person[1] - thing[3])), 0.0) <= reach * size


def bringer_of(
    thing: Rect, first_s: float, gap_s: float, tracks: Iterable[Followed], *, reach: float = 0.35
) -> Followed | None:
    """The person or vehicle that was at the thing when it appeared, the nearest first; None: nobody was seen."""
    best: tuple[float, Followed] | None = None
    longer = float(max(thing[2] - thing[0], thing[3] - thing[1]))
    for track in tracks:
        if track.group not in {"person", "vehicle"} or not track.alive:
            continue
        for time_s, rect in track.path:
            if not first_s - 4.0 - gap_s <= time_s <= first_s + 1.5 + gap_s:
                continue
            size = _size(track.group, rect)
            if not _LEAST * size <= longer <= _BY_HAND * size or not at_thing(track.group, rect, thing, reach=reach):
                continue
            distance = abs(float(rect[0] + rect[2] - thing[0] - thing[2])) / 2 / size + 0.1 * abs(time_s - first_s)
            if best is None or distance < best[0]:
                best = distance, track
    return best[1] if best else None


def last_at(track: Followed, thing: Rect) -> float:
    """When the track was last at the thing."""
    path = [*track.path, (track.last_s, track.rect)]
    return max(
        (time_s for time_s, rect in path if at_thing(track.group, rect, thing, reach=0.2)), default=float("-inf")
    )


def _size(group: str, rect: Rect) -> float:
    width, height = float(rect[2] - rect[0]), float(rect[3] - rect[1])
    return max(height if group == "person" else max(width, height), 1.0)

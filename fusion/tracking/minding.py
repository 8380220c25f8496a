"""Who minds a thing that lies there: who brought it, whether he is still at it, and when he left."""

from collections.abc import Iterable

from fusion.tracking.config import PERSON
from fusion.tracking.kept import Kept, near
from fusion.tracking.nearness import at_thing, bringer_of, last_at
from fusion.tracking.tracks import Followed, Tracks

_LEFT_S = 0.9  #: not at it for so long: he left
_HIDES = 0.8  #: of a person's height: a thing at least so tall may hide one
_HIDDEN_BEHIND_S = 60.0
_TOGETHER_S = 30.0
_REACH_STAYING = 0.6  #: own sizes from a small thing
_AT_HAND = 1.0  #: own sizes above the feet: what lies on a table is minded too
_LINGERS_S = 3.0  #: who stays at a thing for so long minds it


def attend(kept: Kept, tracks: Tracks, at_s: float, gap_s: float) -> None:
    """Find who brought it, as long as that can be told, and note whether anybody minds it now."""
    if kept.bringer is None and at_s - kept.made_s < 6.0 + 1.5 * gap_s:
        kept.bringer = bringer_of(kept.box_px, kept.first_s, gap_s, [*tracks.now, *tracks.left])
    minding = any(_minds(kept, track, at_s) for track in tracks.now)
    if minding or any(_hides(kept, track, at_s) for track in tracks.left):
        kept.attended_s = at_s


def _minds(kept: Kept, track: Followed, at_s: float) -> bool:
    """Whether the track belongs to the thing and is at it now."""
    if track.group not in {PERSON, "vehicle"} or not track.alive:
        return False
    staying = track.still and track.last_s - (track.stay_since_s or track.last_s) >= _LINGERS_S
    if at_s - track.last_s > (30.0 if staying else 1.0):
        return False
    # Around a large thing one stands further off: a vendor behind his table, two steps from his cart.
    longer_px = max(kept.rect[2] - kept.rect[0], kept.rect[3] - kept.rect[1])
    stays_within = max(_REACH_STAYING, 0.4 + 0.8 * min(longer_px / track.size_px, 1.5))
    if track is kept.bringer:
        return staying and at_thing(track.group, track.rect, kept.box_px, reach=stays_within, above=_AT_HAND)
    if track.group != PERSON or kept.bringer is None:
        return False
    # The same person under a new number: it began at the thing, and after it.
    began_here = track.first_s > kept.first_s and at_thing(PERSON, track.path[0][1], kept.box_px, reach=0.2)
    if staying:
        return at_thing(PERSON, track.rect, kept.box_px, reach=stays_within, above=_AT_HAND)
    return began_here and at_thing(PERSON, track.rect, kept.box_px, reach=0.2)


def _hides(kept: Kept, track: Followed, at_s: float) -> bool:
    """Whether somebody who was lost from sight at the thing may stand behind it: it is large enough."""
    if track.gone or track.group != PERSON or not track.alive or at_s - track.last_s > _HIDDEN_BEHIND_S:
        return False
    if track is not kept.bringer and (kept.bringer is None or track.last_s < kept.first_s):
        return False
    upright_px = max((float(rect[3] - rect[1]) for _, rect in track.path), default=track.size_px)
    tall = kept.rect[3] - kept.rect[1] >= _HIDES * upright_px
    return tall and at_thing(PERSON, track.rect, kept.box_px, reach=0.2)


def left_at_s(kept: Kept, others: Iterable[Kept], at_s: float) -> float | None:
    """When the last one who minded it left; None while somebody is at it, or if nobody brought it."""
    bringer = kept.bringer
    if bringer is None or any(_is_part_of(kept, other, at_s) for other in others):
        return None
    # Asked of his path anew each time: the thing was taken for larger while his shadow lay beside it.
    last_s = max(kept.attended_s, last_at(bringer, kept.box_px))
    return last_s if at_s - last_s >= _LEFT_S else None


def _is_part_of(kept: Kept, other: Kept, at_s: float) -> bool:
    """Whether it lies beside another thing that somebody still minds: goods of his, not rubbish.

    The other one is larger and was there before, or came at about the same time.
    """
    if other is kept or other.bringer is None:
        return False
    before = other.first_s <= kept.first_s and other.mask.sum() >= kept.mask.sum()
    if not before and abs(other.first_s - kept.first_s) > _TOGETHER_S:
        return False
    reach = max(kept.rect[2] - kept.rect[0], kept.rect[3] - kept.rect[1])
    minded_s = max(other.attended_s, last_at(other.bringer, other.box_px))
    return at_s - minded_s < _LEFT_S and near(kept.rect, other.rect, reach)

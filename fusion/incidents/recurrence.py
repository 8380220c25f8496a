"""Whether a thing was here before and was cleared: its new case is then linked with that one."""

from collections.abc import Iterable

from fusion.incidents.association import distance_m
from fusion.types.case import Case, CaseState
from fusion.types.place import Place

#: Somebody had dealt with it before it came back.
DEALT = frozenset({CaseState.FEEDBACK, CaseState.VERIFIED, CaseState.CLOSED})


def earlier(place: Place, cases: Iterable[Case], near_m: float) -> Case | None:
    """The newest of the cases that were dealt with at this place; places err, but not by more than `near_m` again."""
    here = [
        case
        for case in cases
        if case.state in DEALT
        and distance_m(case.place.point, place.point)
        <= near_m + min(near_m, case.place.uncertainty_m + place.uncertainty_m)
    ]
    return max(here, key=lambda case: (case.opened_at, case.number), default=None)

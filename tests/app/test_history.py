from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fusion.app.history import times_of
from fusion.types.case import Case, CaseState
from fusion.types.place import GeoPoint, Place
from fusion.types.signal import Reason

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
CASE = Case(
    id="C1", number="1", incident_id="I1", kind="street_stall", state=CaseState.OPENED,
    place=Place(GeoPoint(108.29, 22.85), 5.0), grid_id=None, small_grid_id=None, terminal_id="T-1", zone_id=None,
    reason=Reason("停留", "stayed"), box=None, opened_at=NOON, met_at=NOON, changed_at=NOON, version=1,
)  # fmt: skip


def test_a_terminal_is_known_by_the_times_of_its_cases_and_reports_of_people_count_for_none() -> None:
    later = replace(CASE, id="C2", met_at=NOON + timedelta(hours=1))
    elsewhere = replace(CASE, id="C3", terminal_id="T-2")
    by_hotline = replace(CASE, id="C4", terminal_id=None)
    assert times_of([CASE, later, elsewhere, by_hotline]) == {"T-1": (NOON, later.met_at), "T-2": (NOON,)}
    assert times_of([]) == {}

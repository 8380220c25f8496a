from datetime import datetime, time, timedelta, timezone
from typing import Any

from fusion.judging.due import due
from fusion.judging.piece import SHORT_RULES
from fusion.judging.truth import Truth
from fusion.pipeline.watch import whole_picture
from fusion.types.zone import TimeWindow, Zone

from .things import event

CHINA = timezone(timedelta(hours=8))
HALF_PAST_FIVE = datetime(2026, 5, 4, 17, 30, tzinfo=CHINA)


def zone(start: time, end: time) -> Zone:
    windows = (TimeWindow(start, end),)
    return Zone(id="Z1", name="S-01", kind="no_stall", polygon=((0, 0), (1, 0), (1, 1)), windows=windows)


def met(start_s: float, end_s: float, **facts: Any) -> float | str:
    found = due(event(start_s, end_s, **facts), Truth(clip="c"), whole_picture(), SHORT_RULES, 50.0)
    return found.why_not if found.met_s is None else found.met_s


def test_a_dumping_is_due_when_the_residue_time_has_passed_since_its_bringer_left() -> None:
    assert met(17.4, 50, left_s=21.5) == 31.5
    assert met(17.4, 50) == 27.4


def test_a_stall_is_due_after_the_dwell() -> None:
    assert met(11, 50, kind="street_stall") == 31.0


def test_what_is_over_or_cut_off_before_its_rule_is_met_is_not_due() -> None:
    assert met(11, 25, kind="street_stall") == "over before its rule is met"
    assert met(35, 60, kind="street_stall") == "the clip ends before its rule is met"
    assert met(11, 50, kind="loitering") == "no rule tells of this kind"


def test_a_dwell_counts_from_the_windows_opening_in_the_local_time_of_the_truth() -> None:
    truth = Truth(clip="c", starts_at=HALF_PAST_FIVE)
    stall = event(5, 200, kind="street_stall")

    def with_windows(start: time, end: time) -> tuple[float | None, str]:
        found = due(stall, truth, [zone(start, end)], SHORT_RULES, 200.0)
        return found.met_s, found.why_not

    assert with_windows(time(17), time(19, 30)) == (25.0, "")
    assert with_windows(time(17, 31), time(19, 30)) == (80.0, "")
    assert with_windows(time(6), time(8)) == (None, "outside the zone's windows")


def test_an_event_without_a_zone_in_which_its_rule_holds_is_not_due() -> None:
    found = due(event(5, 60), Truth(clip="c"), [zone(time(0), time(0))], SHORT_RULES, 60.0)
    assert found.why_not == "no zone in which the rule holds"

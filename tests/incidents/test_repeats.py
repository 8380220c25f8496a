"""Who does it again and again."""

from dataclasses import replace
from datetime import timedelta

from fusion.incidents.repeats import Past, RepeatPolicy, repeated
from fusion.types.case import Case, CaseState
from fusion.types.place import Place

from .saying import NOON, Desk, away, filed, said

POLICY = RepeatPolicy(cases=3, within=timedelta(days=30), near_m=50)


def a_case(number: int, *, days_ago: float = 0, east_m: float = 0.0, **change: object) -> Case:
    desk = Desk()
    desk.hear(said(0))
    (incident,) = desk.things
    case = replace(
        filed(incident, said(0), number=f"2026-11-{24 - int(days_ago):02d}-{number:04d}"),
        id=f"C{number}",
        opened_at=NOON - timedelta(days=days_ago),
        place=Place(away(east_m), 2.0),
    )
    return replace(case, **change)  # type: ignore[arg-type]  # fields of the case


def test_the_third_case_at_a_place_within_a_month_is_a_repeat_offender() -> None:
    past = [Past(a_case(1, days_ago=20, east_m=30)), Past(a_case(2, days_ago=3, east_m=-20))]
    why = repeated(a_case(3), None, past, POLICY)
    assert why is not None
    assert why.zh == "多次上榜：近 30 天内此处（50 米内）第 3 次立案，上次 2026-11-21-0002"
    assert why.en == "repeat offender: case 3 within 30 days and 50 m, the last one 2026-11-21-0002"


def test_cases_too_far_too_old_of_another_kind_or_false_do_not_count() -> None:
    others = (
        a_case(2, east_m=60),
        a_case(2, days_ago=31),
        a_case(2, kind="waste_dumping"),
        a_case(2, state=CaseState.REJECTED),
    )
    for other in others:
        assert repeated(a_case(3), None, [Past(a_case(1)), Past(other)], POLICY) is None


def test_the_same_registered_vendor_counts_wherever_it_was() -> None:
    past = [Past(a_case(1, days_ago=9, east_m=900), "S-1"), Past(a_case(2, days_ago=2, east_m=-900), "S-1")]
    why = repeated(a_case(3), "S-1", past, POLICY)
    assert why is not None
    assert why.en == "registered stall S-1: case 3 within 30 days, the last one 2026-11-22-0002"
    assert repeated(a_case(3), "S-2", past, POLICY) is None
    assert repeated(a_case(3), None, past, POLICY) is None


def test_a_case_does_not_count_itself() -> None:
    assert repeated(a_case(3), None, [Past(a_case(3)), Past(a_case(1))], POLICY) is None

"""What people say of alarms: kept with its reason, and weighed on what the same source says next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fusion.handlers.learning import Learner
from fusion.storage import Store
from fusion.types.case import CaseState, Deed
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.false_reason import FalseReason
from fusion.types.phone import Answer
from fusion.types.role import FUSION
from fusion.types.signal import Phase, Signal
from fusion.types.told import Mark, Outcome, ToldThing

from .zone import ADMIN, NOON, SHANGHAI, Site, answered, said


def marks(store: Store) -> list[Mark]:
    with store.learnt() as learnt:
        return learnt.marks()


def things(store: Store) -> list[ToldThing]:
    with store.learnt() as learnt:
        return learnt.things(NOON - timedelta(days=1), NOON + timedelta(days=30))


def a_false_alarm(site: Site, number: int) -> None:
    """Another thing, told of and rejected; hours later, so that it is not the one before."""
    site.now += timedelta(hours=13)
    site.hear(said(site.now, thing=f"Z/P{number}"))
    site.engine.deed(site.case.id, Deed.REJECT, by=ADMIN, given=Given(false_reason=FalseReason.PARKED_CAR))


def test_a_reason_stands_in_the_history_in_both_languages_and_is_kept_as_a_mark(site: Site) -> None:
    case = site.hear()
    site.engine.deed(
        case.id, Deed.REJECT, by=ADMIN, given=Given(reason="白色面包车", false_reason=FalseReason.PARKED_CAR)
    )
    event = site.history[-1]
    assert (event.deed, event.false_reason, site.case.state) == ("reject", FalseReason.PARKED_CAR, CaseState.REJECTED)
    assert event.note_zh == "停放的车辆：白色面包车"
    assert event.note_en == "A parked car: 白色面包车"
    (mark,) = marks(site.store)
    assert (mark.source_id, mark.zone_id, mark.kind) == ("T-1", "Z", "street_stall")
    assert (mark.outcome, mark.reason, mark.actor) == (Outcome.FALSE, FalseReason.PARKED_CAR, ADMIN.name)


def test_a_worker_on_the_ground_can_say_that_it_is_false_and_why(site: Site) -> None:
    case = site.hear()
    answer = replace(answered(case, Answer.FALSE), false_reason=FalseReason.BIN_PUT_OUT, reason="绿色大桶")
    site.engine.handle(answer)
    assert site.case.state is CaseState.REJECTED
    assert site.history[-1].note_zh == "待收运的垃圾桶：绿色大桶"
    assert [mark.actor for mark in marks(site.store)] == [f"worker:{case.worker_id}"]


def test_a_case_that_somebody_dealt_with_was_true_and_the_last_word_counts(site: Site) -> None:
    case = site.hear()
    site.engine.deed(case.id, Deed.HANDLE, by=ADMIN)
    assert [mark.outcome for mark in marks(site.store)] == [Outcome.TRUE]
    site.engine.deed(case.id, Deed.REJECT, by=ADMIN, given=Given(false_reason=FalseReason.CHAT))
    assert [mark.outcome for mark in marks(site.store)] == [Outcome.FALSE]


def test_closing_says_nothing_of_the_alarm_nor_does_what_fusion_does_itself(site: Site) -> None:
    case = site.hear()
    site.now += timedelta(minutes=1)
    other = site.hear(said(site.now, source="T-2", east_m=300))
    site.engine.deed(case.id, Deed.MERGE, by=FUSION, given=Given(other=other.id))
    assert marks(site.store) == []
    site.engine.deed(other.id, Deed.HANDLE, by=ADMIN)
    before = marks(site.store)
    site.engine.deed(other.id, Deed.CLOSE, by=ADMIN)
    assert marks(site.store) == before


def test_a_reason_with_any_other_deed_is_refused(site: Site) -> None:
    case = site.hear()
    with pytest.raises(IllegalDeed, match="belongs to reject"):
        site.engine.deed(case.id, Deed.HANDLE, by=ADMIN, given=Given(false_reason=FalseReason.CHAT))
    assert marks(site.store) == []


def test_all_sources_that_had_told_of_a_false_thing_are_marked(site: Site) -> None:
    site.hear(said(NOON, source="T-1"))
    case = site.hear(said(NOON, source="T-2", east_m=2))
    site.engine.deed(case.id, Deed.REJECT, by=ADMIN, given=Given(false_reason=FalseReason.SHADOW))
    assert sorted(mark.source_id for mark in marks(site.store)) == ["T-1", "T-2"]


def test_a_terminal_with_many_false_alarms_needs_more_before_a_case_is_filed_but_is_not_muted(site: Site) -> None:
    for number in range(7):
        a_false_alarm(site, number)
    filed = len(site.store.cases())
    site.now += timedelta(hours=13)
    first = said(site.now, thing="Z/next")
    site.engine.handle(first)
    assert len(site.store.cases()) == filed
    for minutes in range(1, 10):
        site.now = first.at + timedelta(minutes=minutes)
        site.engine.handle(_goes_on(first, site))
    assert len(site.store.cases()) == filed
    site.now = first.at + timedelta(minutes=10)
    site.engine.handle(_goes_on(first, site))
    assert len(site.store.cases()) == filed + 1
    assert "10 分钟仍在" in site.case.reason.zh


def test_another_source_that_sees_it_too_is_enough(site: Site) -> None:
    for number in range(7):
        a_false_alarm(site, number)
    filed = len(site.store.cases())
    site.now += timedelta(hours=13)
    site.engine.handle(said(site.now, thing="Z/next"))
    assert len(site.store.cases()) == filed
    site.engine.handle(said(site.now, source="T-2", east_m=2))
    assert len(site.store.cases()) == filed + 1


def test_what_is_told_is_kept_from_beginning_to_end_under_its_incident(site: Site) -> None:
    first = said(NOON)
    site.hear(first)
    site.now += timedelta(seconds=40)
    site.engine.handle(_goes_on(first, site))
    site.now += timedelta(seconds=20)
    site.engine.handle(replace(_goes_on(first, site), phase=Phase.ENDED))
    (thing,) = things(site.store)
    assert thing.first == first
    assert thing.lasted == (timedelta(seconds=40), timedelta(seconds=60))
    with site.store.learnt() as learnt:
        incident_id, case = learnt.cases_of([thing.incident_id])[thing.incident_id]
    assert case == site.case
    assert incident_id == site.case.incident_id


def test_what_was_told_long_ago_is_dropped_and_what_people_said_of_it_stays(site: Site) -> None:
    case = site.hear()
    site.engine.deed(case.id, Deed.HANDLE, by=ADMIN)
    site.store.forget_told(NOON + timedelta(seconds=1))
    assert things(site.store) == []
    assert len(marks(site.store)) == 1


def test_pages_are_told_what_marks_say(site: Site) -> None:
    for number in range(6):
        a_false_alarm(site, number)
    learner = Learner(site.store, site.policy, SHANGHAI, clock=lambda: site.now)
    (record,) = learner.of("T-1").sources
    assert (record.trues, record.falses, record.false_reasons) == (0, 6, {FalseReason.PARKED_CAR: 6})
    assert record.reliability < 0.65
    (mask,) = [one for one in learner.of("T-1").suggestions if one.change == "mask"]
    assert (mask.falses, mask.falses_less, mask.trues_lost) == (6, 6, 0)
    assert learner.of("T-9").sources == ()
    assert learner.of().suggestions == learner.of("T-1").suggestions


def _goes_on(first: Signal, site: Site) -> Signal:
    return replace(first, id=f"{first.id}/{site.now}", phase=Phase.CONTINUING, at=site.now)

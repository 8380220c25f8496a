"""What follows from signals."""

from dataclasses import replace

import pytest

from fusion.incidents.fuse import AddEvidence, AddSignal, DropCase, EndIncident, OpenCase, OpenIncident, over
from fusion.types.case import CaseState, Deed
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Phase

from .saying import NOON, POLICY, Desk, after, said


def test_a_believed_thing_becomes_a_case_at_once() -> None:
    opened, filed = Desk().hear(said(0))
    assert isinstance(opened, OpenIncident)
    assert isinstance(filed, OpenCase)


def test_a_thing_that_one_source_hardly_believes_waits_for_a_second_one() -> None:
    desk = Desk()
    desk.hear(said(0, belief=0.5), said(10, since_s=0, belief=0.5))
    assert not desk.cases  # the same camera again is no second opinion
    desk.hear(said(12, source="T-2", belief=0.65))
    (thing,) = desk.things
    assert thing.belief == pytest.approx(0.65)
    assert len(desk.cases) == 1


def test_two_sources_that_agree_are_believed_more_than_either() -> None:
    desk = Desk()
    desk.hear(said(0, belief=0.55), said(1, source="T-2", belief=0.58))
    assert desk.things[0].belief == pytest.approx(0.628, abs=0.001)  # odds 1.222 * 1.381
    assert len(desk.cases) == 1


def test_a_second_camera_and_more_pictures_go_into_the_case_that_is_there() -> None:
    picture = EvidenceRef(id="e2", kind="plain", path="e2.jpg", sha256="0" * 64, at=NOON)
    desk = Desk()
    desk.hear(said(0))
    _, told, shown = desk.hear(said(5, source="T-2", evidence=(picture,)))
    assert isinstance(told, AddSignal)
    assert not told.came_back
    assert isinstance(shown, AddEvidence)
    assert shown.evidence == (picture,)
    assert len(desk.cases) == 1


def test_a_thing_has_ended_when_every_source_has_seen_it_gone_for_a_while() -> None:
    desk = Desk()
    desk.hear(said(0), said(5, source="T-2"), said(30, since_s=0, phase=Phase.ENDED))
    assert not desk.wait_until(after(300))  # the other camera still has it
    desk.hear(said(40, source="T-2", since_s=5, phase=Phase.ENDED))
    assert not desk.wait_until(after(59))
    (end,) = desk.wait_until(after(60))
    assert end.seen_gone
    assert end.incident.ended_at == after(40)
    assert not desk.wait_until(after(61))
    assert desk.open_cases[0].state is CaseState.OPENED  # seen to be gone is not closed


def test_a_thing_of_which_nobody_speaks_is_given_up_but_was_not_seen_gone() -> None:
    desk = Desk()
    desk.hear(said(0))
    assert not desk.wait_until(after(599))
    (end,) = desk.wait_until(after(600))
    assert not end.seen_gone


def test_after_a_restart_the_older_name_of_a_thing_does_not_keep_it_from_ending() -> None:
    desk = Desk()
    desk.hear(said(0, thing="Z/P7"), said(60, thing="Z/P1"), said(90, thing="Z/P1", since_s=60, phase=Phase.ENDED))
    (end,) = desk.wait_until(after(110))
    assert end.seen_gone


def test_a_thing_that_was_only_hidden_goes_on() -> None:
    desk = Desk()
    desk.hear(said(0), said(30, since_s=0, phase=Phase.ENDED))
    desk.wait_until(after(60))
    desk.hear(said(70, thing="Z/P2"))
    (thing,) = desk.things
    assert thing.ended_at is None
    assert len(desk.cases) == 1


def test_a_start_that_comes_after_its_end_is_still_a_case() -> None:
    desk = Desk()
    desk.hear(said(40, since_s=0, phase=Phase.ENDED))
    assert not desk.cases
    desk.hear(said(20, since_s=0))
    assert len(desk.cases) == 1
    (end,) = desk.wait_until(after(60))
    assert end.seen_gone


def test_a_thing_that_comes_back_while_nobody_has_dealt_with_its_case_is_no_new_case() -> None:
    desk = Desk()
    desk.hear(said(0))
    desk.do(Deed.DISPATCH)
    told = desk.hear(said(3600, thing="Z/P2"))[1]
    assert isinstance(told, AddSignal)
    assert told.came_back
    assert len(desk.things) == 2
    assert len({thing.case_id for thing in desk.things}) == len(desk.cases) == 1


@pytest.mark.parametrize("deed", [Deed.HANDLE, Deed.CLOSE, Deed.REJECT])
def test_a_thing_that_comes_back_after_its_case_was_dealt_with_is_a_new_case(deed: Deed) -> None:
    desk = Desk()
    desk.hear(said(0))
    desk.do(deed)
    desk.hear(said(3600, thing="Z/P2"))
    assert len(desk.cases) == 2


def test_a_case_that_was_closed_is_not_opened_again_by_the_thing_that_stays() -> None:
    desk = Desk()
    desk.hear(said(0))
    desk.do(Deed.REJECT)
    desk.hear(*(said(at_s, since_s=0, phase=Phase.CONTINUING) for at_s in range(10, 600, 10)))
    assert len(desk.cases) == 1


def test_another_thing_of_the_same_camera_is_no_coming_back() -> None:
    desk = Desk()
    desk.hear(said(0), said(3600, thing="Z/P2", east_m=40, box=Box(0.8, 0.4, 0.9, 0.6)))
    assert len(desk.cases) == 2


def test_a_late_signal_that_joins_two_things_leaves_one_case() -> None:
    desk = Desk()
    desk.hear(said(0, thing="Z/P1"), said(200, thing="Z/P3"))
    # Between them was a second name for the same thing, told late.
    done = desk.hear(said(110, thing="Z/P2", since_s=90))
    assert sum(isinstance(i, DropCase) for i in done) == (1 if len(desk.cases) == 2 else 0)
    assert len(desk.things) == len(desk.open_cases) == 1


def test_two_cases_for_which_people_are_on_the_way_are_left_to_people() -> None:
    desk = Desk()
    desk.hear(said(0, east_m=-10), said(0, source="T-2", east_m=10))
    for case in list(desk.cases.values()):
        desk.cases[case.id] = replace(case, state=CaseState.ACKNOWLEDGED)
    desk.hear(said(5, source="T-3", uncertainty_m=30))
    assert len(desk.open_cases) == 2


def test_a_thing_with_a_hundred_names_keeps_a_bounded_memory() -> None:
    desk = Desk()
    desk.hear(*(said(10 * n, thing=f"Z/P{n}", belief=0.9 if n == 0 else 0.7) for n in range(100)))
    (thing,) = desk.things
    assert len(thing.traces) <= 32
    assert thing.belief == pytest.approx(0.9)
    assert thing.first_at == after(0)
    assert thing.signals == 100


def test_what_has_ended_does_not_end_again() -> None:
    desk = Desk()
    desk.hear(said(0), said(30, since_s=0, phase=Phase.ENDED))
    (end,) = desk.wait_until(after(100))
    assert isinstance(end, EndIncident)
    assert over(end.incident, after(1000), POLICY) is None

"""The life of a case is the table and nothing else."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.incidents import lifecycle
from fusion.incidents.dispatching import DispatchTimes, Need, due, may_tell, try_again_after
from fusion.types.case import Case, CaseState, Deed
from fusion.types.errors import IllegalDeed
from fusion.types.signal import Reason

from .saying import NOON, after, filed, said
from .saying import Desk as _Desk

WHY = Reason("最近", "the nearest")


def a_case() -> Case:
    desk = _Desk()
    desk.hear(said(0))
    (incident,) = desk.things
    return filed(incident, said(0))


@settings(max_examples=300, deadline=None)
@given(deeds=st.lists(st.sampled_from(list(Deed)), max_size=25))
def test_every_history_is_a_path_of_the_table(deeds: list[Deed]) -> None:
    case = a_case()
    for number, deed in enumerate(deeds):
        before = dataclasses.asdict(case)
        try:
            after_deed = lifecycle.apply(case, deed, after(number))
        except IllegalDeed:
            assert (case.state, deed) not in lifecycle.TABLE
            assert dataclasses.asdict(case) == before
            continue
        assert after_deed.state is lifecycle.TABLE[case.state, deed]
        assert after_deed.version == case.version + 1
        assert after_deed.changed_at == after(number)
        case = after_deed


def test_every_state_but_the_last_two_has_a_way_on_and_they_have_none() -> None:
    leads_on = {state for state, _ in lifecycle.TABLE}
    assert set(CaseState) - leads_on == {CaseState.CLOSED, CaseState.REJECTED}
    assert set(CaseState) - leads_on == set(CaseState) - lifecycle.OPEN_STATES


def test_every_state_can_be_reached() -> None:
    reached = {CaseState.OPENED}
    for _ in CaseState:
        reached |= {to for (state, _), to in lifecycle.TABLE.items() if state in reached}
    assert reached == set(CaseState)


def test_a_deed_on_a_case_that_changed_meanwhile_is_refused_in_words() -> None:
    case = lifecycle.apply(a_case(), Deed.DISPATCH, NOON)
    with pytest.raises(IllegalDeed, match=r"2026-11-24-0001: changed meanwhile \(version 2, looked at 1\)"):
        lifecycle.apply(case, Deed.REJECT, NOON, version=1)


def test_an_illegal_deed_is_refused_with_what_would_be_possible() -> None:
    with pytest.raises(IllegalDeed, match="acknowledge is not possible when opened; possible: close, dispatch"):
        lifecycle.apply(a_case(), Deed.ACKNOWLEDGE, NOON)


def test_a_case_passes_on_when_the_worker_is_silent() -> None:
    case = lifecycle.dispatched(a_case(), "W-1", WHY, NOON, timedelta(seconds=90))
    assert due(case, after(89)) is Need.NOTHING
    assert due(case, after(90)) is Need.PASS_ON
    going = lifecycle.apply(case, Deed.ACKNOWLEDGE, after(10))
    assert due(going, after(10_000)) is Need.NOTHING


def test_a_case_that_nobody_could_be_told_of_is_tried_again() -> None:
    case = lifecycle.escalated(a_case(), NOON, timedelta(seconds=60))
    assert case.escalated
    assert due(case, after(59)) is Need.NOTHING
    assert due(case, after(60)) is Need.TELL
    told = lifecycle.dispatched(case, "W-1", WHY, after(60), timedelta(seconds=90))
    assert not told.escalated


def test_after_so_many_silent_workers_only_a_person_moves_the_case_on() -> None:
    times, case = DispatchTimes(most_told=2), a_case()
    for number, worker in enumerate(("W-1", "W-2")):
        assert may_tell(case, times)
        told = lifecycle.dispatched(case, worker, WHY, after(number), times.acknowledge_within)
        case = lifecycle.apply(told, Deed.PASS_ON, after(number))
    assert not may_tell(case, times)
    waits = lifecycle.escalated(case, NOON, try_again_after(case, times))
    assert due(waits, after(1_000_000)) is Need.NOTHING


def test_a_worker_who_is_told_twice_stands_once_among_the_told() -> None:
    case = a_case()
    for worker in ("W-1", "W-2", "W-1"):
        told = lifecycle.dispatched(case, worker, WHY, NOON, timedelta(seconds=90))
        case = lifecycle.apply(told, Deed.DECLINE, NOON)
    assert case.told == ("W-2", "W-1")

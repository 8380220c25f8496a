"""The life of a case is the table and nothing else."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.incidents import lifecycle, table
from fusion.incidents.dispatching import DispatchTimes, Need, due, may_tell, try_again_after
from fusion.types.case import Case, CaseState, Deed
from fusion.types.deed import Given, Wants
from fusion.types.errors import IllegalDeed
from fusion.types.role import FUSION, Doer, Role, worker
from fusion.types.signal import Reason

from .saying import ADMIN, NOON, after, filed, said
from .saying import Desk as _Desk

WHY = Reason("最近", "the nearest")
ALL = Given(
    reason="看过", other="C-9", sources=(("T-1", "Z/P1"),), platforms=("enforcement", "market"), pictures=("e1",)
)
ENDS = {CaseState.CLOSED, CaseState.REJECTED, CaseState.MERGED}
DOERS = (
    FUSION,
    ADMIN,
    Doer(name="user:m", role=Role.MEMBER),
    Doer(name="user:p", role=Role.PLATFORM_LIAISON, scope=("enforcement",)),
    Doer(name="user:g", role=Role.GRID_LIAISON, scope=("G",)),
    worker("W-1"),
)


def a_case(state: CaseState = CaseState.FILED) -> Case:
    desk = _Desk()
    desk.hear(said(0))
    (incident,) = desk.things
    return dataclasses.replace(filed(incident, said(0)), state=state, platform="enforcement", worker_id="W-1")


_GIVENS = st.builds(
    Given,
    reason=st.sampled_from(["", "看过"]),
    other=st.sampled_from([None, "C-9"]),
    sources=st.sampled_from([(), (("T-1", "Z/P1"),)]),
    platforms=st.sampled_from([(), ("market",), ("enforcement", "market")]),
    pictures=st.sampled_from([(), ("e1",)]),
)
_DONE = st.lists(st.tuples(st.sampled_from(list(Deed)), st.sampled_from(DOERS), _GIVENS), max_size=25)


@settings(max_examples=150, deadline=None)
@given(done=_DONE, start=st.sampled_from([CaseState.COLLECTED, CaseState.FILED]))
def test_every_history_is_a_path_of_the_table(done: list[tuple[Deed, Doer, Given]], start: CaseState) -> None:
    case = a_case(start)
    for number, (deed, by, what) in enumerate(done):
        before = dataclasses.asdict(case)
        may = {one.deed: one.wants for one in lifecycle.allowed(case, by)}
        try:
            after_deed = lifecycle.apply(case, deed, after(number), by=by, given=what)
        except IllegalDeed:
            assert dataclasses.asdict(case) == before
            assert deed not in may or may[deed] or deed is Deed.FINISH_PART
            continue
        assert table.leads(case.state, deed, after_deed.state)
        assert any(by.role in step.who for step in table.steps(case.state, deed))
        assert deed in may
        assert after_deed.version == case.version + 1
        assert after_deed.changed_at == after(number)
        assert not (after_deed.state in {CaseState.VERIFIED, CaseState.CLOSED} and after_deed.unfinished)
        case = after_deed


def test_every_state_but_the_last_three_has_a_way_on_and_they_have_none() -> None:
    leads_on = {step.source for step in table.TABLE}
    assert set(CaseState) - leads_on == ENDS
    assert leads_on == table.OPEN_STATES


def test_every_state_can_be_reached_and_from_each_a_person_can_bring_it_to_an_end() -> None:
    reached = {table.FIRST}
    for _ in CaseState:
        reached |= {step.to for step in table.TABLE if step.source in reached}
    assert reached == set(CaseState)
    ending = set(ENDS)
    for _ in CaseState:
        ending |= {step.source for step in table.TABLE if step.to in ending and Role.MEMBER in step.who}
    assert ending == set(CaseState)


def test_every_deed_stands_in_the_table_and_no_row_is_there_twice_for_anybody() -> None:
    assert {step.deed for step in table.TABLE} == set(Deed)
    seen = [(s.source, s.deed, s.to, role) for s in table.TABLE for role in s.who]
    assert len(seen) == len(set(seen))


def test_the_table_can_be_printed_for_the_documents() -> None:
    printed = table.markdown()
    assert printed.count("\n") == len(table.TABLE) + 2
    assert "| feedback | bounce | handling | system | picture |" in printed


def test_a_deed_on_a_case_that_changed_meanwhile_is_refused_in_words() -> None:
    case = lifecycle.apply(a_case(), Deed.DISPATCH, NOON)
    with pytest.raises(IllegalDeed, match=r"2026-11-24-0001: changed meanwhile \(version 2, looked at 1\)"):
        lifecycle.apply(case, Deed.REJECT, NOON, by=ADMIN, given=ALL, version=1)


def test_an_illegal_deed_is_refused_with_what_would_be_possible_and_from_where() -> None:
    with pytest.raises(
        IllegalDeed,
        match=r"acknowledge is not possible when filed; possible: close, dispatch.*acknowledge is possible when",
    ):
        lifecycle.apply(a_case(), Deed.ACKNOWLEDGE, NOON, by=ADMIN)


def test_a_deed_of_somebody_else_is_refused_with_who_may() -> None:
    with pytest.raises(IllegalDeed, match="reject when filed is for administrator, member; not for worker"):
        lifecycle.apply(a_case(), Deed.REJECT, NOON, by=worker("W-1"), given=ALL)
    other = Doer(name="user:x", role=Role.GRID_LIAISON, scope=("G-9",))
    with pytest.raises(IllegalDeed, match="dispatch is not for user:x: it is for the liaison of G"):
        lifecycle.apply(a_case(), Deed.DISPATCH, NOON, by=other)
    with pytest.raises(IllegalDeed, match="handle is not for worker:W-2: it is with W-1"):
        lifecycle.apply(a_case(CaseState.HANDLING), Deed.HANDLE, NOON, by=worker("W-2"))


@pytest.mark.parametrize(
    ("state", "deed", "by", "words"),
    [
        (CaseState.FILED, Deed.REJECT, ADMIN, "reject wants a reason"),
        (CaseState.FILED, Deed.SUSPEND, ADMIN, "suspend wants a reason"),
        (CaseState.FEEDBACK, Deed.BOUNCE, ADMIN, "bounce wants a reason"),
        (CaseState.FEEDBACK, Deed.BOUNCE, FUSION, "bounce wants a picture"),
        (CaseState.FEEDBACK, Deed.VERIFY, FUSION, "verify wants a picture"),
        (CaseState.FILED, Deed.MERGE, ADMIN, "merge wants the id of another case"),
        (CaseState.FILED, Deed.SPLIT, ADMIN, "split wants the sources"),
        (CaseState.FILED, Deed.JOIN, ADMIN, "join wants two platforms or more"),
    ],
)
def test_a_deed_without_what_it_must_come_with_is_refused(state: CaseState, deed: Deed, by: Doer, words: str) -> None:
    with pytest.raises(IllegalDeed, match=words):
        lifecycle.apply(a_case(state), deed, NOON, by=by)
    lifecycle.apply(a_case(state), deed, NOON, by=by, given=ALL)


def test_what_is_offered_is_what_the_role_may_do_now() -> None:
    grid = Doer(name="user:g", role=Role.GRID_LIAISON, scope=("G",))
    assert [one.deed for one in lifecycle.allowed(a_case(), grid)] == [Deed.DISPATCH, Deed.HANDLE]
    assert lifecycle.allowed(a_case(), Doer(name="user:g", role=Role.GRID_LIAISON, scope=("G-9",))) == ()
    wants = {one.deed: one.wants for one in lifecycle.allowed(a_case(CaseState.FEEDBACK), ADMIN)}
    assert wants[Deed.BOUNCE] == {Wants.REASON}
    assert wants[Deed.CLOSE] == set()


def test_a_suspended_case_goes_on_where_it_stood() -> None:
    for state, goes_on in (
        (CaseState.FILED, CaseState.FILED),
        (CaseState.DISPATCHED, CaseState.FILED),
        (CaseState.HANDLING, CaseState.HANDLING),
        (CaseState.FEEDBACK, CaseState.FEEDBACK),
    ):
        paused = lifecycle.apply(a_case(state), Deed.SUSPEND, NOON, by=ADMIN, given=ALL)
        assert (paused.state, paused.paused_in) == (CaseState.SUSPENDED, state)
        resumed = lifecycle.apply(paused, Deed.RESUME, NOON, by=ADMIN)
        assert (resumed.state, resumed.paused_in) == (goes_on, None)


def test_a_joint_case_ends_when_every_platform_has_done_its_part() -> None:
    market = Doer(name="user:market", role=Role.PLATFORM_LIAISON, scope=("market",))
    case = lifecycle.apply(a_case(CaseState.FEEDBACK), Deed.JOIN, NOON, by=ADMIN, given=ALL)
    assert case.unfinished == ("enforcement", "market")
    assert [part.lead for part in case.parts] == [True, False]
    with pytest.raises(IllegalDeed, match="before every platform has done its part; still to do: enforcement, market"):
        lifecycle.apply(case, Deed.CLOSE, NOON, by=ADMIN)
    with pytest.raises(IllegalDeed, match="finish_part of enforcement is not for user:market"):
        lifecycle.apply(case, Deed.FINISH_PART, NOON, by=market, given=Given(platforms=("enforcement",)))
    case = lifecycle.apply(case, Deed.FINISH_PART, NOON, by=market, given=Given(platforms=("market",)))
    assert Deed.CLOSE not in {one.deed for one in lifecycle.allowed(case, ADMIN)}
    case = lifecycle.apply(case, Deed.FINISH_PART, NOON, by=ADMIN, given=Given(platforms=("enforcement",)))
    assert lifecycle.apply(case, Deed.CLOSE, NOON, by=ADMIN).state is CaseState.CLOSED


def test_a_clock_that_was_set_back_does_not_set_a_case_back() -> None:
    case = lifecycle.apply(a_case(), Deed.DISPATCH, after(3600))
    assert lifecycle.apply(case, Deed.PASS_ON, after(0)).changed_at == after(3600)


def test_a_case_passes_on_when_the_worker_is_silent() -> None:
    case = lifecycle.dispatched(a_case(), "W-1", WHY, NOON, timedelta(seconds=90))
    assert due(case, after(89)) is Need.NOTHING
    assert due(case, after(90)) is Need.PASS_ON
    going = lifecycle.apply(case, Deed.ACKNOWLEDGE, after(10), by=worker("W-1"))
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
    for number, name in enumerate(("W-1", "W-2")):
        assert may_tell(case, times)
        told = lifecycle.dispatched(case, name, WHY, after(number), times.acknowledge_within)
        case = lifecycle.apply(told, Deed.PASS_ON, after(number))
    assert not may_tell(case, times)
    waits = lifecycle.escalated(case, NOON, try_again_after(case, times))
    assert due(waits, after(1_000_000)) is Need.NOTHING


def test_a_worker_who_is_told_twice_stands_once_among_the_told() -> None:
    case = a_case()
    for name in ("W-1", "W-2", "W-1"):
        told = lifecycle.dispatched(case, name, WHY, NOON, timedelta(seconds=90))
        case = lifecycle.apply(told, Deed.DECLINE, NOON, by=worker(name))
    assert case.told == ("W-2", "W-1")

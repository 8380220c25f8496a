"""What people, time and cameras do to a case: merge, split, pause, joint action, deadlines, closing by eye."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fusion.geo.nearest import leader_of
from fusion.handlers.engine import Engine
from fusion.handlers.wire import pack, unpack
from fusion.incidents.codes import Book, CasesConfig, ClosingPolicy, CodeEntry, Limits, Route
from fusion.types.case import Case, CaseState, Deed, Worker, WorkerStatus
from fusion.types.deadline import Level
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.phone import Answer
from fusion.types.role import Doer, Role
from fusion.types.signal import Phase, Reason
from fusion.types.verdict import Clear, Verdict

from .zone import ADMIN, NOON, Site, a_picture, answered, path_of, said, the_zone

MARKET = Doer(name="user:market", role=Role.PLATFORM_LIAISON, scope=("market",))
WHY = Given(reason="下雨")


def with_book(site: Site, rows: tuple[CodeEntry, ...] = (), **config: Any) -> None:
    site.engine._zone = replace(site.engine._zone, book=Book(CasesConfig(**config), rows))


def a_row(**values: Any) -> CodeEntry:
    told = {"kind": "street_stall", "code": "0501", "zh": "游商", "en": "Vending", "major": "05"}
    return CodeEntry(**{**told, "major_zh": "街面秩序", "major_en": "Street order", **values})


def handled(site: Site) -> Case:
    case = site.hear()
    site.engine.handle(answered(case, Answer.ACCEPT))
    site.engine.handle(answered(case, Answer.HANDLED))
    return site.case


def seen(case: Case, clear: Clear, **other: Any) -> Verdict:
    told = {"id": f"eye:{case.id}:{clear}", "case_id": case.id, "handled_at": case.handled_at, "at": NOON}
    pictures = (replace(a_picture("before-1"), kind="before"), replace(a_picture("after-1"), kind="after"))
    shown = {"clear": clear, "reason": Reason("地面", "ground"), "evidence": pictures}
    return Verdict(**{**told, **shown, **other})


# --- deadlines -------------------------------------------------------------------------------------------------


def test_a_deadline_turns_amber_and_red_and_is_told_once_each(site: Site) -> None:
    with_book(site, (a_row(limits=Limits(handle="2 working hours")),))
    site.now = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 09:00
    for worker in ("W-1", "W-2", "W-3"):
        site.stand(worker, 100)
    case = site.hear()
    site.engine.handle(answered(case, Answer.ACCEPT))
    assert site.case.deadline is not None
    assert site.case.deadline.red_at == site.now + timedelta(hours=2)
    site.wait(89 * 60)
    assert "amber" not in site.deeds
    site.wait(60)
    assert (site.deeds[-1], site.case.deadline.level(site.now)) == ("amber", Level.AMBER)
    version = site.case.version
    site.wait(60)
    site.wait(30 * 60)
    site.wait(60)
    assert (site.deeds.count("amber"), site.deeds.count("red")) == (1, 1)
    assert "platform liaison" in site.history[-1].note_en
    assert site.case.version == version  # nobody's page is stale by it


def test_the_clock_of_handling_runs_on_while_workers_decline(site: Site) -> None:
    first = site.hear()
    site.now += timedelta(seconds=30)
    site.engine.handle(answered(first, Answer.DECLINE))
    assert site.case.deadline == first.deadline


def test_a_suspended_case_stands_still_and_goes_on_where_it_stood(site: Site) -> None:
    case = handled(site)
    assert site.case == case
    before = site.case.deadline
    assert before is not None
    site.engine.deed(case.id, Deed.SUSPEND, by=ADMIN, given=WHY)
    paused = site.case.deadline
    assert paused is not None
    assert paused.red_at is None
    site.wait(3 * 24 * 3600)
    assert site.deeds[-1] == "suspend"
    site.engine.deed(case.id, Deed.RESUME, by=ADMIN)
    assert site.case.state is CaseState.FEEDBACK
    again = site.case.deadline
    assert again is not None
    assert again.red_at is not None
    assert before.red_at is not None
    assert again.red_at > before.red_at
    path_of(site.history)


def test_a_case_that_a_person_is_to_file_waits_for_one(site: Site) -> None:
    with_book(site, (a_row(filed_by="person"),))
    case = site.hear()
    assert (case.state, case.worker_id, site.outbox()) == (CaseState.COLLECTED, None, [])
    site.engine.deed(case.id, Deed.FILE, by=ADMIN)
    assert site.case.state is CaseState.DISPATCHED


# --- the host's clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump_s", [3600, -3600])
def test_a_host_clock_that_jumps_an_hour_moves_nothing_on_and_orders_nothing_anew(site: Site, jump_s: float) -> None:
    ticks = [0.0]
    site.engine = Engine(
        site.store,
        site.bus,
        the_zone(site.store),
        site.policy,
        site.times,
        clock=lambda: site.now,
        steady=lambda: ticks[0],
    )
    site.hear()
    site.engine.mind_clock()
    site.now += timedelta(seconds=jump_s + 30)
    ticks[0] += 30
    site.engine.mind_clock()
    site.engine.tick()
    assert (site.case.state, site.case.worker_id) == (CaseState.DISPATCHED, "W-1")  # still has a minute
    site.stand("W-2", 200)
    site.now += timedelta(seconds=60)
    ticks[0] += 60
    site.engine.mind_clock()
    site.engine.tick()
    assert site.case.worker_id != "W-1"
    path_of(site.history)  # in order, whatever the times say
    assert site.case.changed_at >= site.case.opened_at


# --- workers ---------------------------------------------------------------------------------------------------


def test_a_grid_leader_is_told_when_no_worker_is_left_and_then_the_command_room(site: Site) -> None:
    zone = site.engine._zone
    leader = Worker(id="W-9", name="组长", grid_ids=("G-1",), skills=(), duty=(("00:00", "00:00"),), leader=True)

    def lead(_case: Case, told: Any, _now: datetime) -> Any:
        return leader_of(
            grid_id="G-1", small_grid_id=None, statuses=[WorkerStatus(worker=leader, on_duty=True)], exclude=told
        )

    site.engine._zone = replace(zone, leader=lead)
    site.hear()
    for _ in range(3):
        site.wait(90)
    assert site.case.worker_id == "W-9"
    assert site.case.worker_reason is not None
    assert "leader of grid G-1" in site.case.worker_reason.en
    site.wait(90)
    assert site.deeds[-1] == "escalate"


def test_who_did_not_answer_counts_as_farther_away_next_time(site: Site) -> None:
    site.hear()
    site.wait(90)
    assert site.store.answers()["W-1"][0] == "silent"
    assert site.case.worker_id == "W-2"
    for worker, east_m in (("W-1", 100), ("W-2", 200), ("W-3", 300)):
        site.stand(worker, east_m)
    other = site.hear(said(site.now, thing="Z/P7", source="T-9", east_m=120))
    assert other.worker_id == "W-3"  # W-1 was silent, W-2 has a case


def test_positions_are_forgotten(site: Site) -> None:
    site.hear()
    assert site.store.forget_positions(site.now - timedelta(hours=1)) == 0
    assert site.store.forget_positions(site.now + timedelta(seconds=1)) == 3
    assert site.store.positions() == {}


def test_a_person_may_choose_the_worker(site: Site) -> None:
    case = site.hear()
    for _ in range(3):
        site.wait(90)
    roster = site.engine._zone.choose.__self__  # type: ignore[attr-defined]  # the test's own roster
    site.engine._zone = replace(site.engine._zone, named=roster.named)
    with pytest.raises(IllegalDeed, match="worker W-77: not on the roster, or not on duty"):
        site.engine.deed(case.id, Deed.DISPATCH, by=ADMIN, given=Given(worker_id="W-77"))
    site.engine.deed(case.id, Deed.DISPATCH, by=ADMIN, given=Given(worker_id="W-3"))
    assert site.case.worker_id == "W-3"


# --- merge, split, recurrence ----------------------------------------------------------------------------------


def test_two_cases_are_merged_by_a_person_and_both_histories_stay(site: Site) -> None:
    stays = site.hear()
    goes = site.hear(said(site.now, thing="Z/P9", source="T-2", east_m=60, evidence=(a_picture("e9"),)))
    assert goes.id != stays.id
    site.engine.deed(goes.id, Deed.MERGE, by=ADMIN, given=Given(other=stays.id))
    found = {case.id: case for case in site.store.cases()}
    assert (found[goes.id].state, found[goes.id].merged_into) == (CaseState.MERGED, stays.id)
    assert [ref.id for ref in found[stays.id].evidence] == ["e9"]
    kept = site.store.case(stays.id)
    assert kept is not None
    assert [event.deed for event in kept[1]][-2:] == ["evidence", "merged_in"]
    assert site.outbox()[-1] == ("updates", goes.worker_id)
    # What the other camera says from now on is of the case that stays.
    site.now += timedelta(seconds=30)
    site.engine.handle(said(site.now, thing="Z/P9", source="T-2", since=NOON, east_m=60, phase=Phase.CONTINUING))
    assert len(site.store.cases()) == 2
    assert {incident.case_id for incident in site.store.incidents()} == {stays.id}
    for case_id in found:
        shown = site.store.case(case_id)
        assert shown is not None
        path_of(shown[1])


def test_a_merge_with_a_case_that_is_over_or_of_another_kind_is_refused(site: Site) -> None:
    over, other = site.hear(), site.hear(said(site.now, thing="Z/P9", source="T-2", east_m=60))
    site.engine.deed(over.id, Deed.REJECT, by=ADMIN, given=WHY)
    with pytest.raises(IllegalDeed, match="merge wants another open case"):
        site.engine.deed(other.id, Deed.MERGE, by=ADMIN, given=Given(other=over.id))


def test_a_case_that_is_two_things_is_split_and_stays_so(site: Site) -> None:
    one = site.hear()
    site.hear(said(site.now, thing="Z/P5", source="T-2", east_m=5))
    assert len(site.store.cases()) == 1
    both = (("T-1", "Z/P1"), ("T-2", "Z/P5"))
    with pytest.raises(IllegalDeed, match="split wants some, and not all, of: T-1 Z/P1, T-2 Z/P5"):
        site.engine.deed(one.id, Deed.SPLIT, by=ADMIN, given=Given(sources=both))
    with pytest.raises(IllegalDeed, match="nobody of that name told of it; those who did: T-1 Z/P1"):
        site.engine.deed(one.id, Deed.SPLIT, by=ADMIN, given=Given(sources=(("T-5", "x"),)))
    assert len(site.store.cases()) == 1  # what was refused left nothing
    site.engine.deed(one.id, Deed.SPLIT, by=ADMIN, given=Given(sources=(("T-2", "Z/P5"),)))
    cases = {case.id: case for case in site.store.cases()}
    (new,) = [case for case in cases.values() if case.id != one.id]
    assert (new.split_from, new.state, new.terminal_id) == (one.id, CaseState.DISPATCHED, "T-2")
    assert cases[one.id].state is CaseState.DISPATCHED
    # Both go on to be told of; a third camera between them does not put them together again.
    site.now += timedelta(seconds=20)
    for source, thing in (("T-1", "Z/P1"), ("T-2", "Z/P5"), ("T-3", "Z/P8")):
        site.engine.handle(said(site.now, thing=thing, source=source, since=NOON, phase=Phase.CONTINUING, east_m=2))
    assert len([i for i in site.store.incidents() if i.merged_into is None]) == 2
    assert len(site.store.cases()) == 2


def test_a_thing_that_comes_back_after_it_was_cleared_is_a_new_case_linked_with_the_old(site: Site) -> None:
    numbers = []
    for day in range(3):
        site.now = NOON + timedelta(days=day)
        case = site.hear(said(site.now, thing=f"Z/P{day}", east_m=float(day)))
        numbers.append(case.number)
        if case.state is CaseState.FILED:
            site.engine.deed(case.id, Deed.CLOSE, by=ADMIN, given=WHY)
        else:
            site.engine.deed(case.id, Deed.HANDLE, by=ADMIN)
            site.engine.deed(case.id, Deed.CLOSE, by=ADMIN)
    newest = site.case
    assert newest.recurrences == 2
    earlier = site.store.case(newest.recurrence_of or "")
    assert earlier is not None
    assert earlier[0].number == numbers[1]
    assert "recurred" in site.deeds


# --- joint action ----------------------------------------------------------------------------------------------


def test_a_route_of_the_site_opens_a_joint_case_and_each_platform_does_its_part(site: Site) -> None:
    route = Route.model_validate({"zones": ["Z"], "platform": "enforcement", "with": ["market"]})
    with_book(site, routes=(route,))
    case = handled(site)
    assert (case.platform, case.unfinished) == ("enforcement", ("enforcement", "market"))
    site.engine.handle(seen(case, Clear.CLEAR))
    assert site.deeds[-1] == "evidence"  # seen to be clear, but not all have done their part
    for by, platform in ((ADMIN, "enforcement"), (MARKET, "market")):
        site.engine.deed(case.id, Deed.FINISH_PART, by=by, given=Given(platforms=(platform,)))
    assert site.case.state is CaseState.VERIFIED
    path_of(site.history)


# --- closing by eye --------------------------------------------------------------------------------------------


def test_a_place_that_is_seen_to_be_clear_is_verified_and_closing_is_left_to_a_person(site: Site) -> None:
    case = handled(site)
    site.engine.handle(seen(case, Clear.CLEAR))
    assert site.case.state is CaseState.VERIFIED
    assert site.case.seen is not None
    assert site.case.seen.evidence_ids == ("before-1", "after-1")
    site.engine.deed(case.id, Deed.CLOSE, by=ADMIN)
    assert path_of(site.history)[-3:] == ["handle", "verify", "close"]


def test_a_site_may_have_it_closed_at_once(site: Site) -> None:
    with_book(site, closing=ClosingPolicy(by_eye="close"))
    site.engine.handle(seen(handled(site), Clear.CLEAR))
    assert site.case.state is CaseState.CLOSED


def test_a_place_that_is_not_clear_goes_back_to_the_worker_with_the_picture(site: Site) -> None:
    case = handled(site)
    site.engine.handle(seen(case, Clear.NOT_CLEAR))
    assert (site.case.state, site.case.worker_id, site.case.bounced) == (CaseState.HANDLING, "W-1", 1)
    assert site.outbox()[-1] == ("updates", "W-1")
    assert "after-1" in [ref.id for ref in site.case.evidence]
    site.engine.handle(answered(site.case, Answer.HANDLED))  # done once more
    assert (site.case.state, site.case.seen) == (CaseState.FEEDBACK, None)


def test_when_no_terminal_can_see_a_person_decides_and_is_told_why(site: Site) -> None:
    site.engine.handle(seen(handled(site), Clear.CANNOT_SEE, evidence=(), reason=Reason("太暗", "too dark")))
    assert (site.case.state, site.deeds[-1], site.history[-1].note_en) == (
        CaseState.FEEDBACK,
        "cannot_see",
        "too dark",
    )


def test_when_no_answer_comes_in_time_a_person_decides(site: Site) -> None:
    handled(site)
    site.wait(59)
    assert site.case.seen is None
    site.wait(1)
    assert (site.deeds[-1], site.case.due_at) == ("cannot_see", None)
    site.wait(1000)
    assert site.deeds.count("cannot_see") == 1


@pytest.mark.parametrize(
    "stale",
    [
        lambda case: seen(case, Clear.CLEAR, handled_at=NOON - timedelta(hours=1)),
        lambda case: seen(case, Clear.CLEAR, case_id="C-none"),
    ],
)
def test_an_answer_to_an_older_question_changes_nothing(site: Site, stale: Callable[[Case], Verdict]) -> None:
    case = handled(site)
    site.engine.handle(stale(case))
    assert site.case == case


def test_the_same_verdict_twice_counts_once_and_travels_the_bus_whole(site: Site) -> None:
    verdict = seen(handled(site), Clear.NOT_CLEAR)
    again = unpack(pack(verdict), site.now + timedelta(minutes=1))
    assert again == verdict
    for _ in range(2):
        site.engine.handle(again)
    assert site.case.bounced == 1

"""A case from its signal to its end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fusion.incidents import lifecycle
from fusion.incidents.fuse import FusionPolicy
from fusion.types.case import CaseState, Deed
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.phone import Answer, OutboxMessage
from fusion.types.signal import Phase

from .zone import ADMIN, NOON, Site, a_picture, answered, path_of, received, said


def test_a_signal_becomes_a_case_and_the_nearest_worker_is_told(site: Site) -> None:
    case = site.hear()
    assert (case.state, case.worker_id, case.number) == (CaseState.DISPATCHED, "W-1", "2026-11-24-0001")
    assert (case.grid_id, case.terminal_id) == ("G-1", "T-1")
    assert site.outbox() == [("alerts", "W-1")]
    assert site.store.unsent()[0].id == case.alert_id
    assert site.deeds == ["opened", "file", "dispatch"]
    assert site.told == [case]


def test_the_same_signal_again_changes_nothing(site: Site) -> None:
    before = site.hear()
    site.restarted().handle(said(NOON))
    assert site.case == before
    assert site.outbox() == [("alerts", "W-1")]
    assert site.store.incidents()[0].signals == 1


def test_a_case_goes_through_to_its_end(site: Site) -> None:
    case = site.hear()
    site.engine.handle(received(case))
    site.engine.handle(answered(case, Answer.ACCEPT))
    assert site.case.state == "handling"
    site.wait(500)
    site.engine.handle(answered(case, Answer.HANDLED))
    assert site.case.state == "feedback"
    site.engine.deed(case.id, Deed.CLOSE, by=ADMIN, version=site.case.version, given=Given(reason="看过现场"))
    assert site.case.state == "closed"
    assert site.deeds == ["opened", "file", "dispatch", "received", "acknowledge", "handle", "close"]
    assert [e.actor for e in site.history if e.deed in {"acknowledge", "handle", "close"}] == [
        "worker:W-1",
        "worker:W-1",
        "user:admin",
    ]
    assert site.history[-1].note_zh == "看过现场"
    assert [what for what, _ in site.outbox()] == ["alerts"]  # nothing to withdraw: the worker has answered


def test_a_silent_worker_loses_the_case_to_the_next_and_is_told_so(site: Site) -> None:
    first = site.hear()
    site.wait(89)
    assert site.case == first
    site.wait(1)
    assert (site.case.state, site.case.worker_id, site.case.told) == (CaseState.DISPATCHED, "W-2", ("W-1", "W-2"))
    assert site.outbox() == [("alerts", "W-1"), ("updates", "W-1"), ("alerts", "W-2")]
    assert site.deeds == ["opened", "file", "dispatch", "pass_on", "dispatch"]


def test_when_nobody_is_left_the_command_room_has_the_case_until_somebody_comes(site: Site) -> None:
    site.hear()
    for _ in range(3):
        site.wait(90)
    escalated = site.case
    assert (escalated.state, escalated.escalated) == (CaseState.OPENED, True)
    assert site.deeds[-1] == "escalate"
    site.wait(60)
    site.wait(60)
    assert site.case.version == escalated.version  # nothing happened, so a page that shows it may act on it
    assert site.deeds[-1] == "escalate"
    again = site.engine.deed(site.case.id, Deed.DISPATCH, by=ADMIN, version=escalated.version)
    assert (again.state, again.worker_id) == (CaseState.DISPATCHED, "W-1")
    assert site.history[-1].actor == "user:admin"


def test_somebody_who_comes_on_duty_later_is_told_by_itself(site: Site) -> None:
    site.hear(said(NOON, thing="Z/far", east_m=50_000))
    assert site.case.escalated  # nobody within reach
    site.now = site.now.replace(second=59)
    site.stand("W-2", 50_010)
    site.wait(1)
    assert (site.case.state, site.case.worker_id) == (CaseState.DISPATCHED, "W-2")


def test_a_worker_who_declines_is_followed_by_the_next(site: Site) -> None:
    case = site.hear()
    site.engine.handle(answered(case, Answer.DECLINE))
    assert (site.case.worker_id, site.deeds[-2:]) == ("W-2", ["decline", "dispatch"])
    assert site.outbox()[-2:] == [("updates", "W-1"), ("alerts", "W-2")]


def test_answers_that_do_not_fit_are_refused_and_change_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    first = site.hear()
    refused = {
        "never told": answered(first, Answer.ACCEPT, worker="W-3"),
        "no such case": answered(replace(first, id="C-none"), Answer.ACCEPT),
        "of another alert": answered(first, Answer.ACCEPT, alert="C-1:99"),
    }
    site.engine.handle(answered(first, Answer.DECLINE))
    refused["passed on"] = answered(first, Answer.ACCEPT)
    before = site.case, site.deeds, site.outbox()
    for answer in refused.values():
        site.engine.handle(answer)
    assert (site.case, site.deeds, site.outbox()) == before
    said_why = capsys.readouterr().out
    for words in ("was not told of this case", "there is no such case", "the case was passed on to W-2"):
        assert words in said_why


def test_an_answer_to_a_closed_case_is_refused(site: Site) -> None:
    case = site.hear()
    site.engine.deed(case.id, Deed.REJECT, by=ADMIN, given=Given(reason="误报"))
    before = site.case, site.deeds
    site.engine.handle(answered(case, Answer.ACCEPT))
    site.engine.handle(answered(case, Answer.HANDLED))
    assert (site.case, site.deeds) == before
    assert site.outbox() == [("alerts", "W-1"), ("updates", "W-1")]


def test_an_answer_to_an_alert_that_was_withdrawn_does_not_count_for_the_next_one(site: Site) -> None:
    first = site.hear()
    for _ in range(3):
        site.wait(90)
    again = site.engine.deed(first.id, Deed.DISPATCH, by=ADMIN)
    assert again.worker_id == first.worker_id == "W-1"
    site.engine.handle(answered(first, Answer.DECLINE))  # lay in the phone all the while
    assert site.case == again
    site.engine.handle(answered(again, Answer.ACCEPT))
    assert site.case.state is CaseState.ACKNOWLEDGED


def test_an_answer_given_twice_counts_once(site: Site) -> None:
    answer = answered(site.hear(), Answer.DECLINE)
    site.engine.handle(answer)
    site.engine.handle(answer)
    assert (site.case.worker_id, site.deeds.count("decline")) == ("W-2", 1)


def test_a_receipt_counts_once_for_each_alert_and_only_from_who_was_told(site: Site) -> None:
    case = site.hear()
    for receipt in (received(case), received(case), received(case, worker="W-2")):
        site.engine.handle(receipt)
    assert site.deeds.count("received") == 1


def test_a_person_who_looked_at_an_older_version_is_refused(site: Site) -> None:
    looked_at = site.hear()
    site.engine.handle(answered(looked_at, Answer.ACCEPT))
    for deed in (Deed.REJECT, Deed.HANDLE):
        with pytest.raises(IllegalDeed, match="changed meanwhile"):
            site.engine.deed(looked_at.id, deed, by=ADMIN, version=looked_at.version)
    assert site.case.state is CaseState.ACKNOWLEDGED


def test_deeds_that_are_not_possible_are_refused_in_words(site: Site) -> None:
    with pytest.raises(IllegalDeed, match="case C-none: there is none of this id"):
        site.engine.deed("C-none", Deed.CLOSE, by=ADMIN)
    case = site.hear()
    with pytest.raises(IllegalDeed, match="close is not possible when dispatched; possible: acknowledge"):
        site.engine.deed(case.id, Deed.CLOSE, by=ADMIN)
    with pytest.raises(IllegalDeed, match="dispatch is not possible when dispatched"):
        site.engine.deed(case.id, Deed.DISPATCH, by=ADMIN)


def test_a_person_who_dispatches_when_nobody_is_there_is_told_so(site: Site) -> None:
    case = site.hear(said(NOON, east_m=50_000))
    before = site.case, site.deeds
    with pytest.raises(IllegalDeed, match="no worker on duty could be told"):
        site.engine.deed(case.id, Deed.DISPATCH, by=ADMIN)
    assert (site.case, site.deeds) == before


def test_a_second_camera_adds_a_line_and_no_case(site: Site) -> None:
    site.hear()
    site.hear(said(site.now, source="T-2", east_m=3, evidence=(a_picture("e2"),)))
    assert len(site.store.cases()) == 1
    assert site.deeds == ["opened", "file", "dispatch", "signal", "evidence"]
    assert "T-2" in site.history[3].note_en
    assert site.store.evidence_path("e2") == "e2.jpg"
    assert site.outbox() == [("alerts", "W-1")]


def test_pictures_that_come_later_leave_the_version_alone(site: Site) -> None:
    case = site.hear(said(NOON, evidence=(a_picture("e1"),)))
    site.engine.add_evidence(case.id, (a_picture("e1"), a_picture("e2")))
    site.engine.add_evidence("C-none", (a_picture("e3"),))
    assert [ref.id for ref in site.case.evidence] == ["e1", "e2"]
    assert site.case.version == case.version
    assert site.store.evidence_path("e3") is None


def test_what_was_seen_gone_is_noted_and_the_case_stays_open(site: Site) -> None:
    site.hear()
    site.now = site.now.replace(second=30)
    site.engine.handle(said(site.now, since=NOON, phase=Phase.ENDED))
    site.wait(19)
    assert "cleared" not in site.deeds
    site.wait(1)
    site.wait(10)
    assert site.deeds.count("cleared") == 1
    assert site.case.state in lifecycle.OPEN_STATES
    (incident,) = site.store.incidents()
    assert incident.ended_at == NOON.replace(second=30)


def test_one_thing_stays_one_incident_over_a_restart(site: Site) -> None:
    site.hear()
    site.now = site.now.replace(minute=1)
    site.restarted()
    site.hear(said(site.now, thing="Z/P9"))  # the terminal's tracker was started again too
    assert len(site.store.incidents()) == len(site.store.cases()) == 1


def test_a_thing_that_is_still_there_after_a_long_stop_belongs_to_the_case_that_is_open(site: Site) -> None:
    site.hear()
    site.now = site.now.replace(hour=6)
    site.restarted()
    site.hear(said(site.now, thing="Z/P9"))
    assert len(site.store.incidents()) == 2
    assert len(site.store.cases()) == 1
    assert site.deeds[-1] == "signal"


def test_of_two_cases_that_turn_out_to_be_one_thing_the_older_stays(site: Site) -> None:
    site.policy = FusionPolicy(again_within=timedelta(0))
    site.restarted()
    older = site.hear()
    site.now = NOON + timedelta(seconds=200)
    younger = site.hear(said(site.now, thing="Z/P3"))
    assert younger.id != older.id
    # Told late: the thing had a third name between the two.
    site.engine.handle(said(NOON + timedelta(seconds=110), thing="Z/P2", since=NOON + timedelta(seconds=90)))
    assert {case.id: case.state for case in site.store.cases()} == {
        older.id: CaseState.DISPATCHED,
        younger.id: CaseState.MERGED,
    }
    assert site.history[-1].note_en == f"= {older.number}"
    assert site.outbox()[-1] == ("updates", younger.worker_id)
    assert sorted(i.merged_into is None for i in site.store.incidents()) == [False, True]


def test_a_signal_that_cannot_be_carried_out_leaves_nothing_and_is_handled_later(site: Site) -> None:
    zone = site.engine._zone

    def broken(*_args: object) -> OutboxMessage:
        raise ValueError("no alert today")

    site.engine._zone = replace(zone, alert=broken)
    with pytest.raises(ValueError, match="no alert today"):
        site.engine.handle(said(NOON))
    assert site.store.cases() == []
    assert site.store.incidents() == []
    site.engine._zone = zone
    assert site.hear().number == "2026-11-24-0001"


def test_a_watcher_that_fails_does_not_undo_what_was_committed(site: Site) -> None:
    def fail(_case: object) -> None:
        raise RuntimeError("page closed")

    stop = site.engine.subscribe(fail)
    assert site.hear().state is CaseState.DISPATCHED
    stop()
    assert len(site.told) == 1


def test_every_history_is_a_path_of_the_table(site: Site) -> None:
    case = site.hear()
    site.engine.handle(answered(case, Answer.DECLINE))
    site.wait(90)
    site.engine.handle(answered(site.case, Answer.ACCEPT))
    site.engine.handle(answered(site.case, Answer.HANDLED))
    site.engine.deed(case.id, Deed.CLOSE, by=ADMIN)
    way = "file dispatch decline dispatch pass_on dispatch acknowledge handle close"
    assert path_of(site.history) == way.split()

"""The same behaviour on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from fusion.storage import Store, Unit
from fusion.storage.schema import NUMBERS
from fusion.storage.store import UserRow
from fusion.types.case import Case, CaseState
from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint, Place

from .things import HERE, NOON, a_case, a_message, a_picture, a_position, after, an_event, an_incident


def put(unit: Unit, case: Case) -> Case:
    unit.put_incident(an_incident(case.incident_id), None)
    unit.put_case(case)
    return case


def near(unit: Unit, point: GeoPoint = HERE, source: str = "T-9", reach_m: float = 33.0) -> set[str]:
    found = unit.incidents_near("street_stall", source, point, reach_m, since=after(-120), standing_since=after(-3600))
    return {incident.id for incident in found}


def test_what_was_written_is_read_back_as_it_was(store: Store) -> None:
    case = a_case(1, evidence=(a_picture("e1"),), told=("W-1",), due_at=after(90), alert_id="a")
    incident = an_incident("i-1", case_id="C-1")
    with store.transaction() as unit:
        unit.put_incident(incident, after(60))
        unit.put_case(case)
        unit.add_event(an_event(case, "opened"))
        unit.add_event(an_event(case, "dispatch"))
    assert store.case("C-1") == (case, [an_event(case, "opened"), an_event(case, "dispatch")])
    assert store.incidents() == [incident]
    with store.transaction() as unit:
        assert unit.case("C-1") == case
        assert unit.incident("i-1") == incident


def test_a_transaction_that_fails_half_way_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.transaction() as unit:
            put(unit, a_case(1))
            unit.send(a_message("m"), NOON)
            assert unit.first_time("signal", NOON)
            unit.next_number("2026-11-24")
            raise RuntimeError("power went")

    with pytest.raises(RuntimeError, match="power went"):
        fail()
    assert store.cases() == []
    assert store.unsent() == []
    with store.transaction() as unit:
        assert unit.first_time("signal", NOON)
        assert unit.next_number("2026-11-24") == "2026-11-24-0001"


def test_a_message_counts_the_first_time_only(store: Store) -> None:
    with store.transaction() as unit:
        assert unit.first_time("a", NOON)
        assert not unit.first_time("a", NOON)
    with store.transaction() as unit:
        assert not unit.first_time("a", NOON)


def test_ids_are_remembered_for_a_while_only(store: Store) -> None:
    with store.transaction() as unit:
        unit.first_time("old", NOON)
        unit.first_time("new", after(10))
        unit.send(a_message("sent"), NOON)
        unit.send(a_message("unsent"), NOON)
    store.mark_sent(["sent"], NOON)
    store.forget(after(5))
    with store.transaction() as unit:
        assert unit.first_time("old", after(10))
        assert not unit.first_time("new", after(10))
    assert [message.id for message in store.unsent()] == ["unsent"]
    assert store.sent() == []


def test_incidents_are_found_by_place_and_time(store: Store) -> None:
    beside = Place(GeoPoint(HERE.lon + 0.0002, HERE.lat), 2.0)  # 19 m east
    away = Place(GeoPoint(HERE.lon + 0.001, HERE.lat), 2.0)  # 97 m east
    with store.transaction() as unit:
        unit.put_incident(an_incident("here"), None)
        unit.put_incident(an_incident("beside", place=beside), None)
        unit.put_incident(an_incident("away", place=away), None)
        unit.put_incident(an_incident("long ago", last_at=after(-121)), None)
        unit.put_incident(an_incident("other kind", kind="waste_dumping"), None)
        unit.put_incident(an_incident("merged", merged_into="here"), None)
        assert near(unit) == {"here", "beside"}
        assert near(unit, source="T-1") == {"here", "beside", "away"}  # its own things, wherever it puts them


def test_an_incident_of_long_ago_is_found_while_its_case_is_not_dealt_with(store: Store) -> None:
    with store.transaction() as unit:
        for number, state in enumerate(CaseState):
            case = a_case(number, state=state)
            unit.put_incident(an_incident(case.incident_id, last_at=after(-3000), case_id=case.id), None)
            unit.put_case(case)
        found = near(unit)
    assert found == {"i-0", "i-1", "i-2", "i-3", "i-9"}  # collected, filed, dispatched, handling, suspended


def test_numbers_count_up_each_day_and_beyond_ten_thousand(store: Store) -> None:
    with store.transaction() as unit:
        assert [unit.next_number("2026-11-24") for _ in range(2)] == ["2026-11-24-0001", "2026-11-24-0002"]
        unit._db.execute(update(NUMBERS).values(last=9999))
        assert [unit.next_number("2026-11-24") for _ in range(2)] == ["2026-11-24-10000", "2026-11-24-10001"]
        assert unit.next_number("2026-11-25") == "2026-11-25-0001"


def test_cases_are_listed_newest_first_by_pages_and_filters(store: Store) -> None:
    with store.transaction() as unit:
        for number in range(10):
            state = CaseState.DISPATCHED if number % 2 else CaseState.CLOSED
            put(unit, a_case(number, state=state, worker_id=f"W-{number % 3}", grid_id=f"G-{number % 5}"))
    assert [case.id for case in store.cases(limit=3)] == ["C-9", "C-8", "C-7"]
    assert [case.id for case in store.cases(limit=3, offset=8)] == ["C-1", "C-0"]
    assert {case.id for case in store.cases(states=[CaseState.CLOSED])} == {"C-0", "C-2", "C-4", "C-6", "C-8"}
    assert [case.id for case in store.cases(grid_id="G-4", worker_id="W-0")] == ["C-9"]
    assert store.cases(kind="waste_dumping") == []
    assert store.case_counts() == {CaseState.CLOSED: 5, CaseState.DISPATCHED: 5}
    assert store.open_cases_by_worker() == {"W-0": 2, "W-1": 2, "W-2": 1}
    assert store.case("C-99") is None


def test_cases_and_incidents_are_due_by_their_times_the_longest_due_first(store: Store) -> None:
    with store.transaction() as unit:
        for number, due_s in enumerate((30, 10, 20)):
            unit.put_incident(an_incident(f"i-{number}"), after(due_s))
            unit.put_case(a_case(number, due_at=after(due_s)))
        put(unit, a_case(9))
    assert store.cases_due(after(9)) == []
    assert store.cases_due(after(20)) == ["C-1", "C-2"]
    assert store.incidents_due(after(30)) == ["i-1", "i-2", "i-0"]
    assert store.incidents_due(after(30), most=1) == ["i-1"]


def test_the_outbox_gives_messages_in_order_until_they_are_sent(store: Store) -> None:
    with store.transaction() as unit:
        for name in ("b", "a", "c"):
            unit.send(a_message(name), NOON)
        unit.send(a_message("a", payload=b"again"), NOON)  # the same id is the same message
        unit.send(a_message("d", qos=0, retain=True, expires_at=after(60)), NOON)
    assert store.unsent() == [
        a_message("b"),
        a_message("a"),
        a_message("c"),
        a_message("d", qos=0, retain=True, expires_at=after(60)),
    ]
    store.mark_sent(["b", "c"], NOON)
    assert [message.id for message in store.unsent()] == ["a", "d"]
    assert [message.id for message in store.unsent(1)] == ["a"]
    assert store.unsent_count() == 2
    assert [message.id for message in store.sent()] == ["b", "c"]
    store.mark_sent([], NOON)


def test_only_the_newest_position_of_a_worker_is_kept(store: Store) -> None:
    with store.transaction() as unit:
        unit.put_position(a_position("W-1", NOON, 120.01))
        unit.put_position(a_position("W-1", after(10), 120.02))
        unit.put_position(a_position("W-1", after(5), 120.03))
        unit.put_position(a_position("W-2", NOON))
    positions = store.positions()
    assert positions["W-1"].point.lon == 120.02
    assert positions["W-1"].at == after(10)
    assert set(positions) == {"W-1", "W-2"}


def test_evidence_is_found_by_its_id(store: Store) -> None:
    with store.transaction() as unit:
        put(unit, a_case(1))
        unit.add_evidence("C-1", [a_picture("e1"), a_picture("e2"), a_picture("e1")])
    assert store.evidence_path("e2") == "2026/e2.jpg"
    assert store.evidence_path("e3") is None


def test_users_are_added_and_replaced(store: Store) -> None:
    admin = UserRow("admin", "$argon2id$1", "administrator", NOON, must_change=True)
    store.put_user(admin)
    store.put_user(admin._replace(password_hash="$argon2id$2", must_change=False))
    store.put_user(UserRow("王", "$argon2id$3", "member", NOON, must_change=False))
    assert [(user.name, user.password_hash, user.must_change) for user in store.users()] == [
        ("admin", "$argon2id$2", False),
        ("王", "$argon2id$3", False),
    ]
    assert store.users()[0].created_at == NOON


def test_a_reader_is_not_held_up_by_a_writer(store: Store) -> None:
    with store.transaction() as unit:
        put(unit, a_case(1))
        assert store.cases() == []
    assert len(store.cases()) == 1


def test_writers_take_turns(store: Store, opened: Callable[[], Store]) -> None:
    stores = [store, opened(), opened()]
    numbers: list[str] = []

    def write(own: Store) -> None:
        for _ in range(20):
            with own.transaction() as unit:
                numbers.append(unit.next_number("2026-11-24"))

    threads = [threading.Thread(target=write, args=(own,)) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"2026-11-24-{n:04d}" for n in range(1, 61)]


def test_what_the_database_refuses_is_no_fault_of_the_database(store: Store) -> None:
    def twice() -> None:
        with store.transaction() as unit:
            put(unit, a_case(1))
            put(unit, replace(a_case(2), number="2026-11-24-0001"))

    with pytest.raises(SiteError, match="cannot hold this"):
        twice()
    assert store.well
    assert store.cases() == []

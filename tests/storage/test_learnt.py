"""What was told and what people said of it, on each database."""

from collections.abc import Callable
from dataclasses import replace

from fusion.incidents.told import told
from fusion.storage import Store
from fusion.types.false_reason import FalseReason
from fusion.types.place import Place
from fusion.types.signal import Phase, Reason, Signal
from fusion.types.told import Mark, Outcome, ToldThing

from .things import HERE, NOON, a_case, after, an_incident


def a_thing(number: int, incident: str) -> ToldThing:
    signal = Signal(
        id=f"v:{number}",
        kind="street_stall",
        phase=Phase.STARTED,
        source="video",
        source_id="T-1",
        thing_id=f"Z/{number}",
        at=after(number),
        since=NOON,
        met_at=NOON,
        place=Place(HERE, 2.0),
        belief=0.8,
        zone_id="Z",
        reason=Reason("摊点", "a stall", {"dwell_s": 20.0}),
    )
    return told(signal, 0.7, incident, None)


def a_mark(case: str, outcome: Outcome, at_s: float, zone: str | None = "Z") -> Mark:
    reason = FalseReason.CHAT if outcome is Outcome.FALSE else None
    return Mark(
        case_id=case,
        source_id="T-1",
        zone_id=zone,
        kind="street_stall",
        outcome=outcome,
        reason=reason,
        actor="user:a",
        at=after(at_s),
    )


def test_things_come_back_as_they_were_told_by_the_time_of_their_first_signal(opened: Callable[[], Store]) -> None:
    store = opened()
    first, second = a_thing(1, "i-1"), a_thing(2, "i-2")
    with store.transaction() as unit:
        for thing in (second, first, replace(first, seen_at=after(60))):
            unit.learnt.put_thing(thing)
    with store.learnt() as learnt:
        assert learnt.things(NOON, after(10)) == [replace(first, seen_at=after(60)), second]
        assert learnt.things(after(2), after(10), source_id="T-1") == [second]
        assert learnt.things(NOON, after(10), source_id="T-2") == []
    store.forget_told(after(2))
    with store.learnt() as learnt:
        assert learnt.things(NOON, after(10)) == [second]


def test_the_case_of_an_incident_is_found_through_what_it_was_merged_into(opened: Callable[[], Store]) -> None:
    store, case = opened(), a_case(1, incident_id="i-1")
    with store.transaction() as unit:
        unit.put_incident(an_incident("i-1", case_id=case.id), None)
        unit.put_incident(an_incident("i-2", merged_into="i-1"), None)
        unit.put_incident(an_incident("i-3"), None)
        unit.put_case(case)
    with store.learnt() as learnt:
        found = learnt.cases_of(["i-1", "i-2", "i-3", "nobody"])
    assert found == {"i-1": ("i-1", case), "i-2": ("i-1", case), "i-3": ("i-3", None)}


def test_the_last_word_on_a_case_takes_the_place_of_the_one_before(opened: Callable[[], Store]) -> None:
    store = opened()
    with store.transaction() as unit:
        for number in (1, 2):
            unit.put_incident(an_incident(f"i-{number}", case_id=f"C-{number}"), None)
            unit.put_case(a_case(number, incident_id=f"i-{number}"))
        unit.learnt.put_marks("C-1", [a_mark("C-1", Outcome.TRUE, 1)])
        unit.learnt.put_marks("C-1", [a_mark("C-1", Outcome.FALSE, 2)])
        unit.learnt.put_marks("C-2", [a_mark("C-2", Outcome.TRUE, 3), a_mark("C-2", Outcome.TRUE, 3, zone=None)])
    with store.learnt() as learnt:
        assert [mark.outcome for mark in learnt.marks(source_id="T-1", zone_id="Z", kind="street_stall")] == [
            Outcome.TRUE,
            Outcome.FALSE,
        ]
        assert len(learnt.marks(source_id="T-1", zone_id="Z", kind="street_stall", most=1)) == 1
        assert len(learnt.marks(source_id="T-1", kind="street_stall")) == 1  # of no zone
        assert len(learnt.marks()) == 3

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.incidents.again import MOST_OF, asked, share_in, would_last
from fusion.incidents.suggesting import Change, Judged, Suggestion, suggestions
from fusion.incidents.told import told
from fusion.types.sighting import Box
from fusion.types.signal import Phase, Reason
from fusion.types.told import Outcome, ToldThing

from .saying import said

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)  # 17:30 in Shanghai
MORNING = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)  # 10:00
CORNER, MIDDLE = Box(0.02, 0.05, 0.12, 0.2), Box(0.4, 0.4, 0.55, 0.7)


def thing(
    number: int,
    *,
    lasted_s: float = 100,
    box: Box = MIDDLE,
    at: datetime = EVENING,
    gone: bool = True,
    source: str = "T-1",
) -> ToldThing:
    """A stall of a rule that asks for 20 s, seen for so long."""
    at = at + timedelta(days=number % 20, seconds=number)
    first = replace(
        said(0, source=source, thing=f"Z/{number}", box=box),
        id=f"{source}/{number}",
        at=at + timedelta(seconds=21),
        since=at,
        met_at=at + timedelta(seconds=20),
        reason=Reason("", "", {"dwell_s": 20.0}),
    )
    made = told(first, first.belief, f"i{number}", None)
    seen = at + timedelta(seconds=lasted_s)
    return replace(made, seen_at=seen, gone_at=seen + timedelta(seconds=10) if gone else None)


def marked(outcome: Outcome | None, things: list[ToldThing]) -> list[Judged]:
    return [Judged(thing=one, outcome=outcome) for one in things]


def of(change: Change, found: list[Suggestion]) -> Suggestion | None:
    return next((one for one in found if one.change is change), None)


def test_false_alarms_at_one_place_suggest_a_mask_there_that_no_true_one_lies_in() -> None:
    falses = [thing(n, box=CORNER) for n in range(12)]
    trues = [thing(100 + n) for n in range(8)]
    found = of(Change.MASK, suggestions(marked(Outcome.FALSE, falses) + marked(Outcome.TRUE, trues), SHANGHAI))
    assert found is not None
    assert (found.source_id, found.falses, found.falses_less, found.trues, found.trues_lost) == ("T-1", 12, 12, 8, 0)
    assert all(share_in(CORNER, found.area) > MOST_OF > share_in(MIDDLE, found.area) for _ in falses)
    assert found.patch["terminals"][0]["id"] == "T-1"
    assert "12 次误报可少 12 次" in found.zh


def test_a_place_at_which_true_ones_lie_too_is_not_masked() -> None:
    falses = [thing(n) for n in range(12)]
    trues = [thing(100 + n) for n in range(8)]
    assert of(Change.MASK, suggestions(marked(Outcome.FALSE, falses) + marked(Outcome.TRUE, trues), SHANGHAI)) is None


def test_false_ones_that_went_sooner_than_true_ones_suggest_a_longer_dwell() -> None:
    falses = [thing(n, lasted_s=40 + 5 * n, source=f"T-{n % 3}") for n in range(20)]
    trues = [thing(100 + n, lasted_s=400 + 30 * n) for n in range(10)]
    found = of(Change.LASTS, suggestions(marked(Outcome.FALSE, falses) + marked(Outcome.TRUE, trues), SHANGHAI))
    assert found is not None
    assert found.lasts is not None
    assert found.lasts[1] == timedelta(seconds=150)
    assert (found.falses_less, found.trues_lost, found.source_id) == (20, 0, None)
    assert found.patch == {"rules": [{"event": "street_stall", "dwell": "2min 30s"}]}


def test_hours_without_true_ones_suggest_a_window_over_those_that_have_them() -> None:
    falses = [thing(n, at=MORNING) for n in range(9)]
    trues = [thing(100 + n) for n in range(9)]
    found = of(Change.WINDOW, suggestions(marked(Outcome.FALSE, falses) + marked(Outcome.TRUE, trues), SHANGHAI))
    assert found is not None
    assert found.windows == ("17:00-18:30",)
    assert (found.falses_less, found.trues_lost) == (9, 0)


def test_a_window_over_midnight_is_one() -> None:
    night = datetime(2026, 11, 3, 15, 45, tzinfo=UTC)  # 23:45 in Shanghai
    falses = [thing(n, at=MORNING) for n in range(9)]
    trues = [thing(100 + n, at=night) for n in range(9)]
    found = of(Change.WINDOW, suggestions(marked(Outcome.FALSE, falses) + marked(Outcome.TRUE, trues), SHANGHAI))
    assert found is not None
    assert found.windows == ("23:00-00:30",)


def test_a_few_marks_or_none_suggest_nothing() -> None:
    few = [thing(n, box=CORNER, lasted_s=30) for n in range(4)]
    unmarked = [thing(10 + n, box=CORNER) for n in range(50)]
    assert suggestions(marked(Outcome.FALSE, few) + marked(None, unmarked), SHANGHAI) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(21, 2000), st.booleans(), st.sampled_from([CORNER, MIDDLE])), max_size=40))
def test_what_a_suggestion_promises_holds_on_the_marks_that_it_was_made_of(
    drawn: list[tuple[float, bool, Box]],
) -> None:
    judged = [
        Judged(thing=thing(number, lasted_s=lasted_s, box=box), outcome=Outcome.TRUE if true else Outcome.FALSE)
        for number, (lasted_s, true, box) in enumerate(drawn)
    ]
    for found in suggestions(judged, SHANGHAI):
        assert found.falses_less >= 5
        assert found.trues_lost <= 0.05 * found.trues
        if found.lasts is not None:
            gone = [one for one in judged if would_last(one.thing, found.lasts[1]) is False]
            assert sum(one.outcome is Outcome.FALSE for one in gone) == found.falses_less
            assert sum(one.outcome is Outcome.TRUE for one in gone) == found.trues_lost


def test_a_thing_whose_end_nobody_saw_may_have_lasted() -> None:
    assert would_last(thing(1, lasted_s=100), timedelta(seconds=90)) is True
    assert would_last(thing(1, lasted_s=100), timedelta(seconds=200)) is False
    assert would_last(thing(1, lasted_s=100), timedelta(seconds=105)) is None  # between its last look and its end
    assert would_last(thing(1, lasted_s=100, gone=False), timedelta(seconds=200)) is None


def test_signals_of_a_thing_make_one_record_in_any_order() -> None:
    whole = thing(1)
    first = whole.first
    later = replace(first, id="later", phase=Phase.CONTINUING, at=first.at + timedelta(seconds=30), belief=0.9)
    ended = replace(first, id="end", phase=Phase.ENDED, at=first.at + timedelta(seconds=60))
    records = []
    for order in ((first, later, ended), (ended, later, first), (later, first, ended)):
        record = None
        for signal in order:
            record = told(signal, signal.belief, "i", record)
        records.append(record)
    assert records[0] == records[1] == records[2]
    assert records[0] is not None
    assert records[0].first == first
    assert records[0].lasted == (later.at - first.since, ended.at - first.since)
    assert asked(records[0]) is not None

import math
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.incidents.reliability import ReliabilityPolicy, counted, reliability_of, weighed
from fusion.types.signal import Phase, Signal
from fusion.types.told import Mark, Outcome

from .saying import NOON, after, said

POLICY = ReliabilityPolicy()
BELIEVED = 0.6


def mark(outcome: Outcome, ago_days: float = 0.0, case: str = "C") -> Mark:
    return Mark(
        case_id=case,
        source_id="T-1",
        zone_id="Z",
        kind="street_stall",
        outcome=outcome,
        reason=None,
        actor="user:a",
        at=NOON - timedelta(days=ago_days),
    )


def marks(trues: int, falses: int) -> list[Mark]:
    return [mark(Outcome.TRUE, case=f"t{n}") for n in range(trues)] + [
        mark(Outcome.FALSE, case=f"f{n}") for n in range(falses)
    ]


counts = st.integers(0, 60)
beliefs = st.floats(0.0, 1.0)
some_marks = st.lists(
    st.builds(mark, st.sampled_from(Outcome), st.floats(0, 400), st.text("abcdef", min_size=1, max_size=4)),
    max_size=40,
    unique_by=lambda m: m.case_id,
)


def test_without_marks_a_word_counts_as_it_was_told() -> None:
    signal = said(0, belief=0.8)
    assert weighed(signal, [], POLICY) == signal
    assert counted(0.37, reliability_of([], NOON, POLICY), POLICY) == 0.37


@settings(deadline=None)
@given(beliefs, counts, counts)
def test_a_belief_stays_a_belief_and_is_never_turned_into_its_opposite(told: float, trues: int, falses: int) -> None:
    belief = counted(told, reliability_of(marks(trues, falses), NOON, POLICY), POLICY)
    assert 0 <= belief <= 1
    assert belief >= min(told, 0.5) - 1e-12


@settings(deadline=None)
@given(beliefs, counts, counts)
def test_one_more_false_alarm_never_makes_a_source_more_believed_and_one_more_true_one_never_less(
    told: float, trues: int, falses: int
) -> None:
    now, worse, better = (
        counted(told, reliability_of(marks(t, f), NOON, POLICY), POLICY)
        for t, f in ((trues, falses), (trues, falses + 1), (trues + 1, falses))
    )
    assert worse <= now + 1e-12
    assert better >= now - 1e-12


@settings(deadline=None)
@given(some_marks, st.randoms())
def test_the_order_of_marks_does_not_count(found: list[Mark], order: object) -> None:
    shuffled = list(found)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert reliability_of(found, NOON, POLICY) == reliability_of(shuffled, NOON, POLICY)


@settings(deadline=None)
@given(some_marks)
def test_the_mean_is_the_posterior_of_a_beta_and_lies_between_nothing_and_all(found: list[Mark]) -> None:
    always = ReliabilityPolicy(half_life=None)
    reliability = reliability_of(found, NOON, always)
    trues = sum(m.outcome is Outcome.TRUE for m in found)
    assert math.isclose(reliability.mean, (16 + trues) / (20 + len(found)))
    assert 0 < reliability_of(found, NOON, POLICY).mean < 1


@settings(deadline=None)
@given(some_marks, st.floats(1, 1000))
def test_what_is_long_past_counts_less(found: list[Mark], later_days: float) -> None:
    now, later = (reliability_of(found, NOON + timedelta(days=days), POLICY) for days in (0, later_days))
    assert abs(later.shift) <= abs(now.shift) + 1e-9 or math.copysign(1, later.shift) != math.copysign(1, now.shift)
    assert later.trues <= now.trues
    assert later.falses <= now.falses


@settings(deadline=None)
@given(st.floats(0.6, 0.98), counts, counts)
def test_nobody_is_muted_for_good(told: float, trues: int, falses: int) -> None:
    signal = replace(said(0, belief=told), phase=Phase.CONTINUING, at=after(600))
    assert weighed(signal, marks(trues, falses), POLICY).belief >= told


def test_a_terminal_with_many_false_ones_is_no_longer_believed_alone_and_its_reason_says_so() -> None:
    few, many = (weighed(said(0, belief=0.8), marks(0, falses), POLICY) for falses in (1, 12))
    assert few.belief >= BELIEVED
    assert 0.5 <= many.belief < BELIEVED
    assert many.reason.data["told_belief"] == 0.8
    assert many.reason.data["marked_false"] == 12
    assert "误报 12 次" in many.reason.zh
    assert "12 false" in many.reason.en


def test_what_still_stands_after_a_while_counts_in_full_and_its_reason_says_that_too() -> None:
    standing = replace(said(0, belief=0.8), phase=Phase.CONTINUING, at=after(660))
    weighed_standing = weighed(standing, marks(0, 12), POLICY)
    assert weighed_standing.belief == 0.8
    assert "11 分钟仍在" in weighed_standing.reason.zh
    assert weighed_standing.reason.data["held_s"] == 660


def test_a_strong_word_of_an_unreliable_source_still_counts() -> None:
    assert weighed(said(0, belief=0.97), marks(2, 12), POLICY).belief >= BELIEVED


def test_a_good_record_raises_a_word_a_little() -> None:
    raised = counted(0.6, reliability_of(marks(50, 0), NOON, POLICY), POLICY)
    assert 0.6 < raised < 0.76


def test_it_can_be_switched_off_and_an_end_is_an_end() -> None:
    signal = said(0)
    assert weighed(signal, marks(0, 30), ReliabilityPolicy(on=False)) == signal
    ended: Signal = replace(signal, phase=Phase.ENDED)
    assert weighed(ended, marks(0, 30), POLICY) == ended


def test_only_the_newest_marks_count() -> None:
    policy = ReliabilityPolicy(most_marks=10, half_life=None)
    old = [mark(Outcome.FALSE, 100 + n, f"o{n}") for n in range(50)]
    new = [mark(Outcome.TRUE, n, f"n{n}") for n in range(10)]
    assert reliability_of([*old, *new], NOON, policy).falses == 0

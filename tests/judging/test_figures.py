import pytest

from fusion.judging.figures import figures, rate_report
from fusion.judging.goals import below, goals, read_wanted
from fusion.judging.statistics import poisson, wilson
from fusion.judging.truth import Truth
from fusion.types.errors import SiteError

from .things import THERE, event, happening, judged, told


def test_wilsons_interval_is_that_of_the_books() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_interval_of_a_count_is_the_exact_one() -> None:
    assert poisson(0) == pytest.approx((0.0, 3.6889), abs=1e-4)
    assert poisson(5) == pytest.approx((1.6235, 11.6683), abs=1e-4)
    assert poisson(200) == pytest.approx((173.24, 229.72), abs=1e-2)


def test_recall_is_over_what_is_due_and_precision_over_what_was_told() -> None:
    truth = Truth(clip="c", events=(event(10, 60), event(10, 60, THERE, id="2")))
    found = figures([judged(truth, told(32), told(40), told(33, kind="street_stall"))], "waste_dumping")
    assert (found.recall.hits, found.recall.of, found.precision.value, found.repeats) == (1, 2, 1.0, 1)
    both = figures([judged(truth, told(32), told(33, kind="street_stall"))], "")
    assert both.precision.value == 0.5
    assert (both.false_alarms.count, both.false_alarms.per_hour) == (1, 1.0)


def test_what_is_not_due_counts_neither_for_nor_against() -> None:
    truth = Truth(clip="c", events=(event(10, 25),))
    found = figures([judged(truth, told(24), due_s=None)], "waste_dumping")
    assert (found.recall.value, found.precision.value, found.beside) == (None, None, 1)


def test_delays_count_from_the_start_from_the_rule_and_from_the_leaving() -> None:
    truth = Truth(clip="c", events=(event(10, 60, left_s=20.0),))
    found = figures([judged(truth, told(32.5, met_s=31.0))], "waste_dumping")
    assert [d.p50_s for d in (found.from_start, found.from_due, found.from_met, found.from_left)] == [
        22.5, 2.5, 1.5, 12.5
    ]  # fmt: skip
    assert found.early == 0
    assert figures([judged(truth, told(21.0))], "waste_dumping").early == 1


def test_the_curve_says_what_a_threshold_on_belief_would_bring() -> None:
    truth = Truth(clip="c", events=(event(10, 60), event(10, 60, THERE, id="2")))
    signals = (told(32, belief=0.9), told(33, kind="street_stall"), told(34, THERE, belief=0.7),
               told(35, THERE, belief=0.8, since_s=70.0))  # fmt: skip
    (curve,) = rate_report("full", [judged(truth, *signals)], ["waste_dumping"]).curves
    assert [(p.belief, p.precision, p.recall) for p in curve.points] == [
        (0.9, 1.0, 0.5),
        (0.8, 0.5, 0.5),
        (0.7, 0.6667, 1.0),
    ]


def test_conditions_and_causes_each_have_their_figures() -> None:
    bright = Truth(clip="a", scene="dump", events=(event(10, 60),), conditions={"light": "day"})
    dark = Truth(clip="b", scene="chat", happenings=(happening("chat", 10, 60),), conditions={"light": "night"})
    report = rate_report("full", [judged(bright, told(32)), judged(dark, told(33))], ["waste_dumping"])
    rows = {(c.dimension, c.value): c.figures for c in report.conditions}
    assert rows["light", "day"].recall.value == 1.0
    assert rows["light", "night"].false_alarms.count == 1
    assert [(cause.cause, cause.false_alarms.count) for cause in report.causes] == [("chat", 1)]
    assert report.negatives.false_alarms.per_hour == 1.0
    found = goals([report], {"full": ["chat"]})
    states = {goal.en: goal.reached for goal in found}
    assert states["recall · waste_dumping · full"] is True
    assert states["false alarms on chat, parked cars, rain, night, light change · full"] is False


def test_wanted_says_what_is_short_of_it() -> None:
    truth = Truth(clip="c", events=(event(10, 60), event(10, 60, THERE, id="2")))
    report = rate_report("full", [judged(truth, told(32))], ["waste_dumping", "street_stall"])
    assert below([report], read_wanted("recall=0.95,precision=0.95")) == [
        "recall of waste_dumping at full is 0.5, wanted 0.95"
    ]
    assert below([report], read_wanted("recall=0.5,false_per_hour=0")) == []


@pytest.mark.parametrize("text", ["recall", "recall=2", "recal=0.9", "precision=nan"])
def test_a_misspelt_wish_is_refused(text: str) -> None:
    with pytest.raises(SiteError, match=r"--wanted: .*; wanted: recall="):
        read_wanted(text)

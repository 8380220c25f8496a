from fusion.judging.due import Due
from fusion.judging.matching import match
from fusion.judging.truth import Truth
from fusion.types.sighting import Box

from .things import HERE, THERE, event, happening, told

DUE = Due(30.0)


def test_an_event_is_found_by_the_first_signal_at_its_time_and_place() -> None:
    truth = Truth(clip="c", events=(event(10, 60),))
    matched = match(truth, [told(50), told(31)], [DUE])
    assert matched.events[0].found == told(31)
    assert matched.events[0].repeats == (told(50),)
    assert matched.false == []


def test_a_signal_elsewhere_too_late_or_of_another_kind_finds_nothing() -> None:
    truth = Truth(clip="c", events=(event(10, 60),))
    others = [told(31, THERE), told(66, since_s=40.0), told(32, kind="street_stall")]
    matched = match(truth, others, [DUE])
    assert matched.events[0].found is None
    assert [(alarm.told, alarm.cause) for alarm in matched.false] == [
        (others[0], "unknown"),
        (others[2], "event: waste_dumping"),
        (others[1], "unknown"),
    ]


def test_without_a_box_in_the_truth_time_alone_decides() -> None:
    truth = Truth(clip="c", events=(event(10, 60, None),))
    assert match(truth, [told(31, THERE)], [DUE]).events[0].found == told(31, THERE)


def test_two_events_side_by_side_are_each_found_by_their_own_signal() -> None:
    wide = Box(0.15, 0.4, 0.75, 0.6)  # reaches over both
    truth = Truth(clip="c", events=(event(10, 60, HERE, id="a"), event(12, 60, THERE, id="b")))
    first, second = match(truth, [told(31, wide), told(33, wide)], [DUE, DUE]).events
    assert {first.found, second.found} == {told(31, wide), told(33, wide)}


def test_a_signal_that_the_engine_would_file_as_a_second_case_is_a_false_alarm_that_repeats() -> None:
    truth = Truth(clip="c", events=(event(10, 60, None),))
    matched = match(truth, [told(31, HERE), told(40, THERE), told(45, HERE)], [DUE])
    assert matched.events[0].repeats == (told(45, HERE),)
    assert matched.events[0].doubled == (told(40, THERE),)
    assert [alarm.cause for alarm in matched.false] == ["repeat"]


def test_a_false_alarm_has_the_name_of_the_happening_that_fits_its_place_best() -> None:
    near = happening("a bag put down", 20, 40, HERE)
    anywhere = happening("chat", 20, 40, None)
    truth = Truth(clip="c", happenings=(anywhere, happening("parked car", 20, 40, THERE), near))
    (alarm,) = match(truth, [told(31)], []).false
    assert alarm.cause == "a bag put down"
    (alarm,) = match(Truth(clip="c", happenings=(anywhere,)), [told(31)], []).false
    assert alarm.cause == "chat"

"""What the numbers of a thing tell of other rules, and what they do not."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from fusion.replaying.change import Setup
from fusion.replaying.numbers import judged_again
from fusion.replaying.verdict import Again, Level, Verdict
from fusion.replaying.wider import wider
from fusion.rules import DumpingConfig, StallConfig
from fusion.types.masks import Masks
from fusion.types.sighting import Box
from fusion.types.told import ToldThing
from fusion.types.zone import TimeWindow, Zone

from .told import SHANGHAI, STREET, TERMINAL, setup, thing

DUMPED: dict[str, float | str] = {"residue_s": 20.0, "explained_as": "handbag", "bringer": "person"}


def stall(**changed: Any) -> Setup:
    return setup(rules=(StallConfig(**{"dwell": "20s", **changed}), *setup().rules[1:]))


def dumping(**changed: Any) -> Setup:
    return setup(rules=(setup().rules[0], DumpingConfig(**{"residue": "20s", **changed})))


def zoned(**changed: Any) -> Setup:
    return setup(terminals={TERMINAL.id: replace(TERMINAL, zones=(replace(STREET, **changed),))})


def again(one: ToldThing, after: Setup, before: Setup | None = None) -> Verdict:
    return judged_again(one, before or setup(), after, SHANGHAI)


def test_what_nothing_changed_for_is_told_again() -> None:
    verdict = again(thing(), setup())
    assert (verdict.again, verdict.level, verdict.assumed) == (Again.TOLD, Level.NUMBERS, False)


@pytest.mark.parametrize(
    ("lasted_s", "gone", "dwell", "expected"),
    [
        (100, True, "90s", Again.TOLD),
        (100, True, "3min", Again.NOT_TOLD),
        (100, True, "105s", Again.UNKNOWN),  # it left between its last look and the look that missed it
        (100, False, "3min", Again.UNKNOWN),  # nobody saw its end
        (200, False, "3min", Again.TOLD),
    ],
)
def test_a_longer_dwell_is_judged_by_how_long_a_thing_was_there(
    lasted_s: float, gone: bool, dwell: str, expected: Again
) -> None:
    assert again(thing(lasted_s=lasted_s, gone=gone), stall(dwell=dwell)).again is expected


def test_a_stall_that_would_still_be_told_is_so_on_an_assumption_that_is_said() -> None:
    assert again(thing(), stall(dwell="90s")).assumed
    assert not again(thing(), stall(dwell="15s")).assumed


def test_time_counts_from_where_the_rule_counts_it_from() -> None:
    """The bringer stayed for 50 s, then it lay there for 60 s."""
    one = thing(kind="waste_dumping", data=DUMPED, lasted_s=110, zone="N-01")
    one = replace(one, first=replace(one.first, met_at=one.first.since + timedelta(seconds=70)))
    assert again(one, dumping(residue="60s"), dumping()).again is Again.TOLD
    assert again(one, dumping(residue="2min"), dumping()).again is Again.NOT_TOLD
    assert again(one, dumping(linger="45s"), dumping()).again is Again.NOT_TOLD
    assert again(one, dumping(linger="2min"), dumping()).again is Again.TOLD


def test_what_a_detector_called_it_decides_where_that_was_kept() -> None:
    one = thing(kind="waste_dumping", data=DUMPED, zone="N-01")
    assert again(one, dumping(no_rubbish=["handbag"]), dumping()).again is Again.NOT_TOLD
    bare = thing(kind="waste_dumping", data={"residue_s": 20.0}, zone="N-01")
    assert again(bare, dumping(no_rubbish=["handbag"]), dumping()).again is Again.UNKNOWN


def test_what_no_signal_holds_is_unknown_and_says_so() -> None:
    verdict = again(thing(), stall(least_goods=0.9))
    assert (verdict.again, verdict.level) == (Again.UNKNOWN, Level.NOTHING)
    assert "least_goods" in verdict.zh
    assert again(thing(lasted_s=40), stall(least_goods=0.9, dwell="5min")).again is Again.NOT_TOLD
    assert again(thing(data={}), stall(dwell="5min")).again is Again.UNKNOWN


def test_how_often_a_thing_is_told_changes_nothing() -> None:
    assert again(thing(), stall(repeat="60s", grace="20s")).again is Again.TOLD


def test_a_mask_over_a_thing_and_beside_it() -> None:
    def masked(left: float, right: float) -> Setup:
        area = ((left, 0.3), (right, 0.3), (right, 0.8), (left, 0.8))
        return setup(terminals={TERMINAL.id: replace(TERMINAL, masks=Masks(ignored=(area,)))})

    assert again(thing(), masked(0.35, 0.6)).again is Again.NOT_TOLD
    assert again(thing(), masked(0.35, 0.45)).again is Again.UNKNOWN
    assert again(thing(), masked(0.6, 0.9)).again is Again.TOLD
    assert again(thing(), masked(0.35, 0.6), masked(0.35, 0.6)).again is Again.TOLD


def test_a_zone_that_is_drawn_anew_or_gone() -> None:
    left = ((0.1, 0.3), (0.3, 0.3), (0.3, 0.9), (0.1, 0.9))
    assert again(thing(), zoned(polygon=left)).again is Again.NOT_TOLD
    edge = ((0.1, 0.3), (0.45, 0.3), (0.45, 0.9), (0.1, 0.9))
    assert again(thing(), zoned(polygon=edge)).again is Again.UNKNOWN
    assert again(thing(), setup(terminals={TERMINAL.id: replace(TERMINAL, zones=())})).again is Again.NOT_TOLD
    assert again(thing(), zoned(kind="no_parking")).again is Again.NOT_TOLD


def test_hours_at_which_the_zone_would_hold() -> None:
    def at(start: time, end: time) -> Setup:
        return zoned(windows=(TimeWindow(start, end),))

    one = thing(lasted_s=1200)  # 17:30 to 17:50
    assert again(one, at(time(16, 30), time(19, 30))).again is Again.TOLD
    assert again(one, at(time(6, 30), time(8, 30))).again is Again.NOT_TOLD
    assert again(one, at(time(17, 40), time(19, 30))).again is Again.TOLD
    assert again(thing(lasted_s=25), at(time(16, 30), time(17, 30))).again is Again.NOT_TOLD


def test_a_place_where_a_stall_may_now_stand() -> None:
    permit = Zone(id="P", name="早餐点", kind="permitted_stall", polygon=STREET.polygon)
    after = setup(terminals={TERMINAL.id: replace(TERMINAL, zones=(STREET, permit))})
    assert again(thing(), after).again is Again.NOT_TOLD
    assert again(thing(box=Box(0.0, 0.0, 0.05, 0.1)), after).again is Again.TOLD


def test_a_rule_that_is_wider_in_any_way_is_said_to_be() -> None:
    assert not wider(setup(), setup())
    assert not wider(setup(), stall(dwell="3min"))
    assert wider(setup(), stall(dwell="10s"))
    assert wider(setup(), stall(least_goods=0.1))
    assert not wider(setup(), zoned(windows=(TimeWindow(time(6), time(8)),)))
    assert wider(setup(), zoned(polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))))


def test_a_thing_of_a_sensor_is_nothing_that_rules_of_pictures_change() -> None:
    full = replace(thing(), first=replace(thing().first, kind="bin_full", box=None))
    assert again(full, stall(dwell="9min")).again is Again.TOLD

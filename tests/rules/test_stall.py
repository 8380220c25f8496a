from datetime import time, timedelta

import pytest

from fusion.rules.stall import StallConfig
from fusion.types.sighting import Box
from fusion.types.signal import Phase
from fusion.types.zone import TimeWindow, Zone

from .sightings import CART, LEFT_HALF, START, WHOLE, Look, judged, person, phases, residue, zone

RULE = StallConfig(dwell=timedelta(seconds=20))
ALONE = StallConfig(dwell=timedelta(seconds=20), goods="optional")
ZONES = [zone("no_stall")]


def vendor(s: float, since_s: float = 0, until_s: float = 1e9) -> list:  # type: ignore[type-arg] # of tracks
    return [person(s, since_s)] if since_s <= s < until_s else []


def test_a_vendor_with_his_cart_is_told_once_when_the_dwell_is_over() -> None:
    findings = judged(RULE.start(), lambda s: (vendor(s), [residue(s, 0, box=CART)]), 45, ZONES)
    assert phases(findings, Phase.STARTED) == [20]
    assert phases(findings, Phase.CONTINUING) == [30, 40]
    started = findings[0][1]
    assert started.reason.data["persons"] == 1
    assert started.reason.data["goods"] == 1
    assert "停留 20 秒" in started.reason.zh
    assert started.box.left <= CART.left
    assert started.box.right >= CART.right


def test_people_who_chat_have_no_goods() -> None:
    assert not judged(RULE.start(), lambda s: (vendor(s), []), 300, ZONES)


def test_a_cart_that_stands_alone_is_no_stall() -> None:
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, box=CART)]), 300, ZONES)


def test_a_vendor_who_moves_on_in_time_is_no_stall() -> None:
    def look(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
        return vendor(s, until_s=15), [residue(s, 0, box=CART)] if s < 15 else []

    assert not judged(RULE.start(), look, 60, ZONES)


def test_who_walks_past_a_cart_does_not_mind_it() -> None:
    assert not judged(RULE.start(), lambda s: ([person(s, 0, stays=False)], [residue(s, 0, box=CART)]), 120, ZONES)


@pytest.mark.parametrize("name", ["car", "person", "shadow", "bicycle"])
def test_what_is_explained_is_no_goods(name: str) -> None:
    assert not judged(RULE.start(), lambda s: (vendor(s), [residue(s, 0, box=CART, explained=name)]), 120, ZONES)


def test_a_shopping_bag_beside_people_who_chat_is_too_small_for_goods() -> None:
    small = Box(0.26, 0.55, 0.275, 0.6)
    assert not judged(RULE.start(), lambda s: (vendor(s), [residue(s, 0, box=small)]), 120, ZONES)


def test_a_part_of_somebody_is_no_goods() -> None:
    leg = Box(0.205, 0.45, 0.245, 0.6)
    assert not judged(RULE.start(), lambda s: (vendor(s), [residue(s, 0, box=leg)]), 120, ZONES)


def test_it_ends_when_the_goods_are_gone_for_the_grace() -> None:
    def look(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
        return vendor(s, until_s=40), [residue(s, 0, box=CART)] if s < 40 else []

    assert phases(judged(RULE.start(), look, 80, ZONES), Phase.ENDED) == [49]


def test_goods_that_vanish_for_a_moment_do_not_end_it() -> None:
    def look(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
        return vendor(s), [] if 30 <= s < 36 else [residue(s, 0, box=CART)]

    findings = judged(RULE.start(), look, 80, ZONES)
    assert len(phases(findings, Phase.STARTED)) == 1
    assert not phases(findings, Phase.ENDED)


def windowed(start: time, end: time) -> list[Zone]:
    return [Zone(id="Z", name="北湖路口", kind="no_stall", polygon=WHOLE, windows=(TimeWindow(start, end),))]


def look_at_a_stall(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
    return vendor(s), [residue(s, 0, box=CART)]


def test_outside_the_window_nothing_is_told() -> None:
    assert not judged(RULE.start(), look_at_a_stall, 120, windowed(time(17), time(19)))


def test_the_dwell_counts_from_the_opening_of_the_window() -> None:
    opens = (START + timedelta(seconds=60)).time()
    findings = judged(RULE.start(), look_at_a_stall, 120, windowed(opens, time(19)))
    assert phases(findings, Phase.STARTED) == [80]


def test_with_goods_optional_each_person_who_stays_is_one_event() -> None:
    def look(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
        first = [person(s, 0)] if s < 30 else []
        second = [person(s, 34, name="P2")] if 34 <= s < 70 else []
        third = [person(s, 75, name="P3")] if 75 <= s < 90 else []
        return [*first, *second, *third], []

    findings = judged(ALONE.start(), look, 120, ZONES)
    assert phases(findings, Phase.STARTED) == [20, 54]
    assert phases(findings, Phase.ENDED) == [32, 72]


def test_who_stays_outside_the_zone_is_not_told() -> None:
    outside: Look = lambda s: ([person(s, 0, box=Box(0.7, 0.3, 0.75, 0.6))], [])  # noqa: E731 - a scene in one line
    assert not judged(ALONE.start(), outside, 60, [zone("no_stall", LEFT_HALF)])


def test_a_cart_belongs_to_its_stall_whatever_is_added() -> None:
    def look(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
        more = [residue(s, 25, name="R2", box=Box(0.38, 0.45, 0.5, 0.62))] if s >= 25 else []
        return vendor(s), [residue(s, 0, box=CART), *more]

    assert len(phases(judged(RULE.start(), look, 120, ZONES), Phase.STARTED)) == 1


def test_a_stall_stands_undisturbed_where_and_when_the_register_permits_it() -> None:
    breakfast = Zone(
        id="B", name="早餐点", kind="permitted_stall", polygon=WHOLE, windows=(TimeWindow(time(6), time(9)),)
    )

    def told_from(hour: int) -> list[int]:
        look: Look = lambda s: (vendor(s), [residue(s, 0, box=CART)])  # noqa: E731 - one line says it
        morning = START.replace(hour=hour)
        return phases(judged(RULE.start(), look, 45, [*ZONES, breakfast], local_start=morning), Phase.STARTED)

    assert told_from(7) == []
    assert told_from(9) == [20]


def test_a_permitted_place_covers_only_what_stands_in_it() -> None:
    elsewhere = Zone(id="B", name="早餐点", kind="permitted_stall", polygon=((0.6, 0), (1, 0), (1, 1), (0.6, 1)))
    findings = judged(RULE.start(), lambda s: (vendor(s), [residue(s, 0, box=CART)]), 45, [*ZONES, elsewhere])
    assert phases(findings, Phase.STARTED) == [20]


def test_the_reason_says_how_wide_in_metres_and_in_which_window() -> None:
    strict = Zone(
        id="S-01", name="S-01", kind="no_stall", polygon=WHOLE, windows=(TimeWindow(time(9, 30), time(19, 30)),)
    )
    look: Look = lambda s: (vendor(s), [residue(s, 0, box=CART)])  # noqa: E731 - one line says it
    _, finding = judged(RULE.start(), look, 45, [strict], width_m=lambda _box: 1.84)[0]
    assert "1.8 m wide" in finding.reason.en
    assert "window 09:30–19:30" in finding.reason.en
    assert "宽约 1.8 米" in finding.reason.zh
    assert "管控时段 09:30–19:30" in finding.reason.zh
    assert finding.reason.data["width_m"] == 1.84

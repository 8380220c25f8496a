from dataclasses import replace
from datetime import timedelta

import pytest

from fusion.incidents.policy import FusionPolicy
from fusion.rules.dumping import DumpingConfig
from fusion.types.sighting import Box
from fusion.types.signal import Phase

from .sightings import LEFT_HALF, at, judged, person, phases, residue, zone

RULE = DumpingConfig(residue=timedelta(seconds=10))
ZONES = [zone("no_dumping")]


def test_a_bag_that_lies_there_after_its_bringer_left_is_told_once_and_then_each_repeat() -> None:
    findings = judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5)]), 40, ZONES)
    assert phases(findings, Phase.STARTED) == [15]
    assert phases(findings, Phase.CONTINUING) == [25, 35]
    assert len({finding.thing_id for _, finding in findings}) == 1


def test_the_finding_says_why_in_both_languages_and_as_numbers() -> None:
    _, finding = judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5)]), 20, ZONES)[0]
    assert "一人" in finding.reason.zh
    assert "10 秒" in finding.reason.zh
    assert "a person left" in finding.reason.en
    assert finding.reason.data["alone_s"] == 10
    assert finding.met_at.second == 15
    assert 0.6 < finding.belief < 1


def test_it_ends_once_when_the_bag_is_gone_and_not_before() -> None:
    def look(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
        return [], [residue(s, 0, left_s=5)] if s < 30 else []

    assert phases(judged(RULE.start(), look, 60, ZONES), Phase.ENDED) == [32]


def test_while_its_bringer_is_there_it_is_no_dumping() -> None:
    assert not judged(RULE.start(), lambda s: ([person(s, 0)], [residue(s, 0)]), 120, ZONES)


def test_a_thing_that_nobody_brought_is_no_dumping() -> None:
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5, bringer=None)]), 120, ZONES)


@pytest.mark.parametrize("name", ["car", "person", "bicycle", "umbrella", "dog"])
def test_what_a_detector_explains_is_no_dumping(name: str) -> None:
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5, explained=name)]), 120, ZONES)


def test_what_a_detector_takes_for_a_handbag_is_one() -> None:
    assert judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5, explained="handbag")]), 20, ZONES)


def test_a_thing_that_is_taken_along_in_time_is_no_dumping() -> None:
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5)] if s < 14 else []), 60, ZONES)


def test_a_thing_that_was_not_seen_since_its_bringer_left_is_not_told() -> None:
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5, last_s=min(s, 8))]), 60, ZONES)


def test_a_thing_outside_the_zone_is_nobodys_business() -> None:
    far = Box(0.7, 0.5, 0.8, 0.6)
    outside = [zone("no_dumping", LEFT_HALF)]
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5, box=far)]), 60, outside)
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=5)]), 60, [zone("no_stall")])


def test_two_bags_of_one_man_are_one_dumping() -> None:
    second = Box(0.36, 0.52, 0.42, 0.62)
    findings = judged(
        RULE.start(),
        lambda s: ([], [residue(s, 0, left_s=5), residue(s, 2, name="R2", box=second, left_s=5)]),
        20,
        ZONES,
    )
    assert phases(findings, Phase.STARTED) == [15]


def test_who_stayed_with_his_things_for_minutes_did_not_dump_them() -> None:
    assert not judged(RULE.start(), lambda s: ([], [residue(s, 0, left_s=200)]), 260, ZONES)


def test_it_says_when_it_wants_the_next_look_sooner_and_when_it_may_be_forgotten() -> None:
    rule = RULE.start()
    judged(rule, lambda s: ([person(s, 0)], [residue(s, 0)]), 5, ZONES)
    now = person(4, 0).last_at
    assert rule.building(now)
    assert not rule.settled(now)
    assert rule.settled(now + timedelta(minutes=5))


def test_what_came_while_nobody_looked_is_told_late_and_believed_too_little_for_a_case_of_its_own() -> None:
    rule = DumpingConfig(residue=timedelta(seconds=10), unattended=timedelta(minutes=2)).start()
    findings = judged(rule, lambda s: ([], [residue(s, 0, bringer=None)]), 150, ZONES)
    assert phases(findings, Phase.STARTED) == [120]
    started = findings[0][1]
    assert started.belief < FusionPolicy().believed
    assert "未见何人留下" in started.reason.zh
    assert "nobody was seen to leave it" in started.reason.en


def test_a_heap_that_has_grown_is_believed_without_a_bringer() -> None:
    rule = DumpingConfig(unattended=timedelta(minutes=2)).start()

    def heap(s: float) -> tuple[list, list]:  # type: ignore[type-arg] # both kinds
        return [], [replace(residue(s, 0, bringer=None), still_since=at(min(s, 90)))]

    (_, started), *_ = judged(rule, heap, 150, ZONES)
    assert started.belief >= FusionPolicy().believed
    assert "有增多" in started.reason.zh


@pytest.mark.parametrize("name", ["shadow", "bicycle", "bench"])
def test_what_came_unseen_and_has_a_name_is_no_dumping(name: str) -> None:
    rule = DumpingConfig(unattended=timedelta(minutes=2)).start()
    assert not judged(rule, lambda s: ([], [residue(s, 0, bringer=None, explained=name)]), 200, ZONES)

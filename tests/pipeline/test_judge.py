from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pytest

from fusion.detectors.base import Detector
from fusion.pipeline.judge import Image, TerminalJudge, tiles
from fusion.rules.base import Rule, RuleConfig
from fusion.types.detections import Detections
from fusion.types.picture import Picture
from fusion.types.sighting import Box, Sighting
from fusion.types.signal import Finding, Phase
from fusion.types.zone import Zone

from .clips import START, findings_of, judge_of, names, played, truth, zones

KEYFRAMES = timedelta(seconds=2)


@pytest.mark.parametrize("name", names())
def test_a_clip_in_a_loop_has_each_time_its_own_events_and_no_others(name: str, shipped: Detector) -> None:
    findings = findings_of(name, shipped, KEYFRAMES, times=2)
    assert [finding.kind for finding in findings if finding.phase is Phase.STARTED] == truth(name) * 2
    # The first is seen to end when the clip starts again.
    assert [finding.kind for finding in findings if finding.phase is Phase.ENDED] == truth(name)


def test_the_same_pictures_give_the_same_findings(shipped: Detector) -> None:
    assert findings_of("dump_bags", shipped, KEYFRAMES) == findings_of("dump_bags", shipped, KEYFRAMES)


def test_a_candidate_asks_for_sooner_looks_and_an_empty_street_does_not(shipped: Detector) -> None:
    judge = judge_of("dump_bags", shipped)
    asked = {}
    for picture in played("dump_bags", KEYFRAMES):
        judge.look(picture)
        asked[(picture.at - START).total_seconds()] = judge.candidate
    assert not asked[0.0]
    assert asked[20.0]
    assert asked[24.0]


def grey(at_s: float) -> Picture:
    ramp = np.tile(np.linspace(60, 180, 320, dtype=np.uint8), (180, 1))
    chroma = np.full((90, 160), 128, np.uint8)
    return Picture("T", START + timedelta(seconds=at_s), ramp, chroma, chroma)


class Loiter(Rule):
    """A site's own rule: it only counts what it was shown."""

    def __init__(self) -> None:
        self.looks = 0

    def judge(self, sighting: Sighting, zones: Sequence[Zone], local_now: datetime) -> tuple[Finding, ...]:
        del zones
        self.looks += sighting.at == local_now
        return ()

    def building(self, now: datetime) -> bool:
        return now < START

    def settled(self, now: datetime) -> bool:
        return now >= START


class LoiterConfig(RuleConfig):
    kind: Literal["loiter"] = "loiter"
    event: str = "loitering"
    zone_kinds: tuple[str, ...] = ("no_stay",)

    def start(self) -> Loiter:
        return Loiter()


def no_detector(images: list[Image]) -> list[Detections]:
    raise AssertionError(f"asked about {len(images)} images of a street where nothing moves")


def test_a_quiet_street_costs_no_detection_and_a_sites_own_rule_is_asked_each_look() -> None:
    rule = LoiterConfig().start()
    judge = TerminalJudge("T", zones=(), rules=[rule], detect=no_detector, site_tz=UTC)
    for second in range(20):
        assert judge.look(grey(float(second))) == []
    assert rule.looks == 20
    assert not judge.candidate
    assert not judge.wants_burst


def test_what_a_detector_raises_comes_through_and_the_next_look_is_judged() -> None:
    def busy(_images: list[Image]) -> list[Detections]:
        raise TimeoutError

    judge = TerminalJudge("T", zones=zones(names()[0]) if names() else (), rules=[], detect=busy, site_tz=UTC)
    for second in range(3):
        judge.look(grey(float(second)))
    moved = grey(3.0)
    changed = Picture("T", moved.at, np.where(np.arange(320) > 200, 235, moved.y).astype(np.uint8), moved.u, moved.v)
    with pytest.raises(TimeoutError):
        judge.look(changed)
    assert judge.look(grey(4.0)) == []


def test_a_wide_place_is_looked_at_in_square_pieces() -> None:
    pieces = tiles((640, 360), [Box(0, 0, 1, 1)])
    assert len(pieces) == 2
    assert max((piece.right - piece.left) * 640 for piece in pieces) <= 360

"""A clip that was kept is judged again by the real pipeline, where it can tell anything at all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fusion.cli.sites import demo_zone
from fusion.detectors import ssd  # noqa: F401 - the family of the shipped model registers itself
from fusion.detectors.base import load
from fusion.detectors.manifest import find_model
from fusion.replaying.change import Setup
from fusion.replaying.clips import Clips
from fusion.replaying.verdict import Again, Level
from fusion.rules import DumpingConfig
from fusion.tracking.config import FollowerConfig
from fusion.types.masks import Masks
from fusion.types.sighting import Box
from fusion.types.told import ToldThing
from fusion.types.zone import Zone

from .told import TERMINAL, setup, thing

CLIP = demo_zone() / "clips" / "dump_bags.sub.mp4"
ENDED = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
BAGS = Box(399 / 640, 182 / 360, 481 / 640, 237 / 360)


def _dumped() -> ToldThing:
    made = thing(kind="waste_dumping", zone="no_dumping", data={"residue_s": 10.0})
    return replace(made, first=replace(made.first, box=BAGS))


def _setup(residue_s: float = 10, masks: Masks | None = None) -> Setup:
    document = json.loads((demo_zone() / "clips" / "dump_bags.json").read_text())
    zones = tuple(
        Zone(id=z["kind"], name=z["name"], kind=z["kind"], polygon=tuple(map(tuple, z["polygon"])))
        for z in document["zones"]
    )
    terminal = replace(TERMINAL, zones=zones, masks=masks or TERMINAL.masks)
    rules = (DumpingConfig(residue=timedelta(seconds=residue_s)),)
    return setup(rules=rules, terminals={TERMINAL.id: terminal})


def _clips() -> Clips:
    detector = load(find_model("ssdlite_mobilenet_v2_coco"), least_score=0.2)
    return Clips(detector.detect, FollowerConfig(), UTC, every=timedelta(seconds=2))


def test_a_clip_shows_that_a_mask_would_hide_what_the_rules_in_use_see_on_it() -> None:
    area = ((0.55, 0.4), (0.85, 0.4), (0.85, 0.8), (0.55, 0.8))
    verdict = _clips().judged_again(_dumped(), CLIP, ENDED, _setup(), _setup(masks=Masks(ignored=(area,))))
    assert (verdict.again, verdict.level) == (Again.NOT_TOLD, Level.CLIP)


def test_a_clip_shorter_than_what_the_rule_asks_for_tells_nothing_and_is_not_run() -> None:
    clips = _clips()
    verdict = clips.judged_again(_dumped(), CLIP, ENDED, _setup(180), _setup(240))
    assert verdict.again is Again.UNKNOWN
    assert "50 秒" in verdict.zh
    assert clips.ran == 0


def test_a_clip_on_which_the_rules_in_use_see_nothing_tells_nothing(tmp_path: Path) -> None:
    clips = _clips()
    elsewhere = replace(_dumped(), first=replace(_dumped().first, box=Box(0.0, 0.0, 0.05, 0.05)))
    assert clips.judged_again(elsewhere, CLIP, ENDED, _setup(), _setup(12)).again is Again.UNKNOWN
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    verdict = clips.judged_again(_dumped(), tmp_path / "broken.mp4", ENDED, _setup(), _setup(12))
    assert (verdict.again, clips.broken) == (Again.UNKNOWN, 1)

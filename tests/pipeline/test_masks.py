"""An event inside a mask gives nothing, from the real pipeline on the demo's clips."""

import json
from datetime import UTC, timedelta

import pytest

from fusion.detectors.base import Detector
from fusion.ingest.masks import masked
from fusion.pipeline.judge import TerminalJudge
from fusion.rules import DumpingConfig, StallConfig
from fusion.rules.zones import inside
from fusion.tracking.follower import Follower
from fusion.types.masks import Masks, Polygon
from fusion.types.signal import Phase

from .clips import FOLDER, played, zones

EVERY = timedelta(seconds=2)


def _box_of_truth(name: str) -> Polygon:
    """An area around all that happens in a clip, a little larger."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    ids = set(document["events"][0]["box_ids"])
    boxes = [box["box_px"] for frame in document["frames"][-80:] for box in frame if box["id"] in ids]
    left, top = min(box[0] for box in boxes) / 640, min(box[1] for box in boxes) / 360
    right, bottom = max(box[2] for box in boxes) / 640, max(box[3] for box in boxes) / 360
    wide, high = right - left, bottom - top
    left, right = max(0.0, left - 0.5 * wide), min(1.0, right + 0.5 * wide)
    top, bottom = max(0.0, top - 0.5 * high), min(1.0, bottom + 0.5 * high)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _told(name: str, masks: Masks, detector: Detector) -> list[str]:
    rules = [StallConfig(dwell=timedelta(seconds=20)).start(), DumpingConfig(residue=timedelta(seconds=10)).start()]
    judge = TerminalJudge(name, zones=zones(name), rules=rules, detect=detector.detect, site_tz=UTC, masks=masks)
    pictures = masked(played(name, EVERY), masks)
    return [f.kind for picture in pictures for f in judge.look(picture) if f.phase is Phase.STARTED]


@pytest.mark.parametrize("private", [False, True])
def test_an_event_inside_a_mask_gives_nothing(private: bool, shipped: Detector) -> None:
    areas = (_box_of_truth("dump_bags"),)
    assert _told("dump_bags", Masks(private=areas) if private else Masks(ignored=areas), shipped) == []


def test_a_mask_elsewhere_leaves_the_event_as_it_is(shipped: Detector) -> None:
    sky = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.12), (0.0, 0.12))
    assert _told("dump_bags", Masks(ignored=(sky,)), shipped) == ["waste_dumping"]


def test_nothing_that_stays_in_a_mask_becomes_a_residue() -> None:
    area = _box_of_truth("dump_bags")
    everywhere, masked_there = Follower("T"), Follower("T", unjudged=(area,))
    seen = {everywhere: False, masked_there: False}
    for picture in played("dump_bags", EVERY):
        for follower in seen:
            # The pictures are not blanked here: the follower alone must hold to it.
            follower.interest(picture)
            boxes = [residue.box for residue in follower.follow(picture, None).residues]
            middles = [((box.left + box.right) / 2, (box.top + box.bottom) / 2) for box in boxes]
            seen[follower] |= any(inside(middle, area) for middle in middles)
    assert (seen[everywhere], seen[masked_there]) == (True, False)

"""Whether a thing is gone, told by the ground before it, the picture with it, and now: on the demo zone's clips."""

import json
from functools import lru_cache
from typing import Any

import av
import cv2
import numpy as np
import pytest

from fusion.cli.sites import demo_zone
from fusion.tracking.clearing import Shows, View, compare
from fusion.types.sighting import Box

CLIPS = demo_zone() / "clips"
#: clip, and the seconds at which the ground is bare, the thing is there, and it still is
STORIES = {
    "stall_cart": (4.0, 35.0, 46.0),
    "stall_tricycle": (4.0, 35.0, 46.0),
    "dump_bags": (6.0, 30.0, 46.0),
    "dump_truck": (6.0, 38.0, 46.0),
}


@lru_cache
def _views(clip: str) -> tuple[View, ...]:
    """Two looks a second, luma, Cr and Cb."""
    with av.open(str(CLIPS / f"{clip}.sub.mp4")) as container:
        frames = [frame for n, frame in enumerate(container.decode(video=0)) if n % 4 == 0]
        return tuple(np.asarray(cv2.cvtColor(f.to_ndarray(format="bgr24"), cv2.COLOR_BGR2YCrCb)) for f in frames)


def _at(clip: str, second: float, looks: int = 5) -> list[View]:
    first = int(second * 2)
    return list(_views(clip)[first : first + looks])


def _before(clip: str, second: float) -> View:
    """The ground as a background would have learnt it, at its size."""
    middle = np.median(np.stack(_at(clip, second, 9)), axis=0).astype(np.uint8)
    return np.asarray(cv2.resize(middle, (384, 216), interpolation=cv2.INTER_AREA))


def _box(clip: str, second: float) -> Box:
    truth: dict[str, Any] = json.loads((CLIPS / f"{clip}.json").read_text(encoding="utf-8"))
    ids, (width, height) = set(truth["events"][0]["box_ids"]), truth["size_px"]
    boxes = np.array([b["box_px"] for b in truth["frames"][int(second * truth["fps"])] if b["id"] in ids])
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    return Box(left / width, top / height, right / width, bottom / height)


@pytest.mark.parametrize("clip", STORIES)
def test_a_thing_that_is_still_there_is_seen_and_one_that_is_gone_too(clip: str) -> None:
    bare_s, there_s, still_s = STORIES[clip]
    before, with_it, box = _before(clip, bare_s), _at(clip, there_s)[0], _box(clip, there_s)
    still = compare(before, with_it, _at(clip, still_s), box)
    gone = compare(before, with_it, _at(clip, bare_s + 1), box)
    assert still.shows is Shows.THING, still
    assert gone.shows is Shows.GROUND, gone


@pytest.mark.parametrize("gain", [0.75, 1.25])
def test_other_light_changes_nothing(gain: float) -> None:
    bare_s, there_s, still_s = STORIES["dump_bags"]
    before, with_it, box = _before("dump_bags", bare_s), _at("dump_bags", there_s)[0], _box("dump_bags", there_s)

    def lit(views: list[View]) -> list[View]:
        return [np.clip(v.astype(np.float32) * (gain, 1, 1), 0, 255).astype(np.uint8) for v in views]

    assert compare(before, with_it, lit(_at("dump_bags", still_s)), box).shows is Shows.THING
    assert compare(before, with_it, lit(_at("dump_bags", bare_s)), box).shows is Shows.GROUND


def test_in_the_dark_nothing_can_be_said() -> None:
    bare_s, there_s, still_s = STORIES["dump_bags"]
    dark = [(view * 0.1).astype(np.uint8) for view in _at("dump_bags", still_s)]
    box = _box("dump_bags", there_s)
    assert compare(_before("dump_bags", bare_s), _at("dump_bags", there_s)[0], dark, box).shows is Shows.DARK


def test_a_camera_that_looks_elsewhere_cannot_tell() -> None:
    bare_s, there_s, _ = STORIES["dump_bags"]
    elsewhere, box = _at("stall_cart", 20.0), _box("dump_bags", there_s)
    shows = compare(_before("dump_bags", bare_s), _at("dump_bags", there_s)[0], elsewhere, box).shows
    assert shows in {Shows.ELSEWHERE, Shows.HIDDEN}


def test_something_in_front_hides_the_place() -> None:
    bare_s, there_s, _ = STORIES["dump_bags"]
    box = _box("dump_bags", there_s)
    covered = []
    for view in _at("dump_bags", bare_s):
        height, width = view.shape[:2]
        copy = view.copy()
        copy[
            int((box.top - 0.05) * height) : int((box.bottom + 0.05) * height),
            int((box.left - 0.05) * width) : int((box.right + 0.05) * width),
        ] = (235, 90, 200)
        covered.append(copy)
    assert compare(_before("dump_bags", bare_s), _at("dump_bags", there_s)[0], covered, box).shows is Shows.HIDDEN


def test_a_thing_that_never_stood_out_is_not_judged() -> None:
    bare_s, _, _ = STORIES["dump_bags"]
    bare = _at("dump_bags", bare_s)
    assert compare(_before("dump_bags", bare_s), bare[0], bare, Box(0.1, 0.1, 0.2, 0.2)).shows is Shows.FAINT

"""The committed clips are what their truth says."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import av
import pytest

from scenes import truth
from scenes.collection import NEGATIVES, SETS, plan
from scenes.scripts import KINDS

_FOLDER = Path(__file__).parents[2] / "scenes" / "sets"
_TRUTHS = sorted(_FOLDER.glob("*/*.json"))
_MOST_BYTES = 60_000_000
_CODECS = {"h264": "h264", "h265": "hevc"}


@cache
def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", _TRUTHS, ids=_name)
def test_a_committed_truth_is_what_its_seed_says(path: Path) -> None:
    document = _read(path)
    said = truth.of_script(KINDS[document["kind"]].script(document["seed"]), (640, 360), document["fps"])
    drawn = document | {"events": [{k: v for k, v in e.items() if k in said["events"][0]} for e in document["events"]]}
    assert {key: drawn[key] for key in said} == json.loads(json.dumps(said))


@pytest.mark.parametrize("path", _TRUTHS, ids=_name)
def test_a_committed_clip_decodes_with_the_frames_that_its_truth_states(path: Path) -> None:
    document = _read(path)
    keys, count = [], 0
    with av.open(str(path.with_name(document["clip"]))) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == _CODECS[document["conditions"]["codec"]]
        assert [stream.width, stream.height] == document["size_px"]
        for frame in container.decode(stream):
            assert frame.pts is not None
            if frame.key_frame:
                keys.append(count)
            count += 1
    assert count == len(document["frames"]) == document["fps"] * document["duration_s"]
    assert keys == list(range(0, count, document["frame_step"]))


@pytest.mark.parametrize("path", _TRUTHS, ids=_name)
def test_boxes_lie_in_the_picture_and_belong_to_what_the_truth_names(path: Path) -> None:
    document = _read(path)
    width, height = document["size_px"]
    for index, frame in enumerate(document["frames"]):
        assert not frame or index % document["frame_step"] == 0
        for box in frame:
            left, top, right, bottom = box["box_px"]
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            assert 0 < box["visible_share"] <= 1


@pytest.mark.parametrize("path", _TRUTHS, ids=_name)
def test_something_of_every_event_is_seen_until_the_clip_ends(path: Path) -> None:
    document = _read(path)
    for event in document["events"]:
        assert event["box"] is not None
        assert event["visible_share"] > 0.1
        last = document["frames"][-document["frame_step"]]
        assert {box["id"] for box in last} & set(event["box_ids"])


def test_no_seed_is_in_both_sets() -> None:
    seeds = {name: {_read(path)["seed"] for path in _TRUTHS if path.parent.name == name} for name in ("tuning", "test")}
    assert not seeds["tuning"] & seeds["test"]
    assert not set(SETS["tuning"][1]) & set(SETS["test"][1])


def test_each_set_is_planned_with_every_negative_by_name_and_both_events_easy_and_hard() -> None:
    for name in ("tuning", "test"):
        kinds = {kind for kind, _ in plan(name)}
        assert kinds >= set(NEGATIVES)
        forms = {(KINDS[kind].family, KINDS[kind].hard) for kind in kinds}
        assert {(family, hard) for family in ("stall", "dumping") for hard in (False, True)} <= forms


def test_the_sets_hold_only_what_is_planned() -> None:
    for name in ("tuning", "test"):
        stems = {path.stem for path in _TRUTHS if path.parent.name == name}
        assert stems <= {truth.name_of(kind, seed) for kind, seed in plan(name)}


def test_the_committed_sets_stay_small() -> None:
    assert sum(path.stat().st_size for path in _FOLDER.rglob("*") if path.is_file()) <= _MOST_BYTES

"""The committed clips are what a camera would send, and their truth is what can be compared with."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
import shapely
import yaml

_DEMO = Path(__file__).resolve().parents[2] / "configs" / "demo"
_CLIPS = _DEMO / "clips"
_NAMES = sorted(file.stem for file in _CLIPS.glob("*.json"))
_VIDEOS = sorted(_CLIPS.glob("*.mp4"))
_EVENTS = {"stall_cart": "street_stall", "stall_tricycle": "street_stall"} | dict.fromkeys(
    ("dump_bags", "dump_truck"), "waste_dumping"
)


@cache
def _truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_CLIPS / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def _packets(file: Path) -> tuple[tuple[int, int], float, list[tuple[float, bool, bool]]]:
    """(size, pictures a second, (time in seconds, keyframe?, shown in the order of decoding?) of each packet)."""
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        assert base is not None
        packets = [
            (float(p.pts * base), p.is_keyframe, p.pts == p.dts) for p in container.demux(stream) if p.pts is not None
        ]
        return (stream.width, stream.height), float(stream.average_rate or 0), packets


def test_there_are_eight_clips_in_20_megabytes() -> None:
    assert len(_NAMES) == 8
    assert {file.name.split(".")[0] for file in _VIDEOS} == set(_NAMES)
    assert all((_CLIPS / f"{name}.sub.mp4").is_file() for name in _NAMES)
    assert sum(file.stat().st_size for file in _CLIPS.iterdir()) <= 20_000_000


@pytest.mark.parametrize("file", _VIDEOS, ids=lambda file: file.name)
def test_a_keyframe_comes_every_two_seconds_and_pictures_in_order(file: Path) -> None:
    size_px, fps, packets = _packets(file)
    truth = _truth(file.name.split(".")[0])
    keyframes = [at for at, keyframe, _ in packets if keyframe]
    assert keyframes[0] == packets[0][0]
    assert all(later - earlier == pytest.approx(2.0) for earlier, later in pairwise(keyframes))
    assert all(in_order for _, _, in_order in packets)
    assert len(packets) == len(truth["frames"]) == round(truth["fps"] * truth["duration_s"])
    assert fps == truth["fps"]
    times = 1 if ".sub." in file.name else size_px[0] / truth["size_px"][0]
    assert list(size_px) == [times * side for side in truth["size_px"]]


@pytest.mark.parametrize("name", _NAMES)
def test_the_truth_of_a_clip_says_what_happens_and_where(name: str) -> None:
    truth = _truth(name)
    assert (truth["format"], truth["kind"]) == (1, name)
    assert [event["kind"] for event in truth["events"]] == ([_EVENTS[name]] if name in _EVENTS else [])
    for zone in truth["zones"]:
        assert shapely.Polygon(zone["polygon"]).is_valid
        assert all(0 <= share <= 1 for corner in zone["polygon"] for share in corner)
    width, height = truth["size_px"]
    for box in (box for frame in truth["frames"] for box in frame):
        left, top, right, bottom = box["box_px"]
        assert 0 <= left < right <= width + 1
        assert 0 <= top < bottom <= height + 1


@pytest.mark.parametrize("name", sorted(_EVENTS))
def test_what_an_event_is_made_of_is_seen_in_its_pictures(name: str) -> None:
    truth = _truth(name)
    (event,) = truth["events"]
    assert 0 < event["start_s"] < event["end_s"] <= truth["duration_s"]
    frames = truth["frames"][round(truth["fps"] * event["start_s"]) + truth["fps"] :]
    seen = {box["id"] for frame in frames for box in frame}
    assert seen & set(event["box_ids"])


def test_each_stream_of_the_fleet_has_its_clip() -> None:
    entries = yaml.safe_load((_DEMO / "fleet.yaml").read_text(encoding="utf-8"))
    assert {entry["clip"] for entry in entries} == set(_NAMES)

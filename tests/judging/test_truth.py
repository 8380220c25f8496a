import json
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from fusion.judging.truths import with_truth
from fusion.types.errors import SiteError
from fusion.types.sighting import Box

from .things import CLIPS

MINIMAL = {"clip": "street.mp4", "events": [{"kind": "waste_dumping", "start_s": 12.5, "end_s": 60}]}


def write(folder: Path, document: Any, name: str = "truth.json") -> Path:
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


def test_the_demos_clips_have_their_truth_beside_them_and_their_main_streams_for_bursts() -> None:
    clips = {clip.name: clip for clip in with_truth(sorted(CLIPS.glob("*.mp4")), CLIPS, {})}
    assert len(clips) == 8
    bags = clips["dump_bags"]
    assert bags.path.name == "dump_bags.sub.mp4"
    assert bags.main == CLIPS / "dump_bags.main.mp4"
    assert clips["chat"].main is None
    (event,) = bags.truth.events
    assert (event.kind, event.start_s, event.left_s, event.end_s) == ("waste_dumping", 17.4, 21.5, 50.0)
    box = event.course.at(40.0)
    assert box is not None
    assert 0.6 < box.left < box.right < 0.8
    assert [zone.kind for zone in bags.truth.zones] == ["no_stall", "no_dumping"]


def test_somebodys_smallest_truth_is_a_clip_and_what_happens(tmp_path: Path) -> None:
    (clip,) = with_truth([tmp_path / "street.mp4"], write(tmp_path, MINIMAL), {})
    (event,) = clip.truth.events
    assert (event.start_s, event.end_s, event.course.at(20.0)) == (12.5, 60.0, None)
    assert clip.truth.zones == ()


def test_format_2_says_windows_in_local_time_conditions_and_what_must_not_be_told(tmp_path: Path) -> None:
    document = MINIMAL | {
        "format": 2,
        "kind": "bus_queue",
        "fps": 2,
        "size_px": [640, 360],
        "starts_at": "2026-05-04T17:30:00+08:00",
        "zones": [
            {"name": "S-01", "kind": "no_stall", "polygon": [[0, 0], [1, 0], [1, 1]], "windows": [["17:00", "19:30"]]}
        ],
        "conditions": {"light": "dusk", "fault": None, "person_px": 55.5},
        "happenings": [{"name": "bus_queue", "start_s": 0, "end_s": 1, "box_ids": [4, 5]}],
        "frames": [[{"id": 4, "box_px": [64, 36, 128, 72]}], [{"id": 5, "box": [0.5, 0.5, 0.6, 0.6]}], []],
        "camera": {"anything": "else"},
    }
    (clip,) = with_truth([tmp_path / "street.mp4"], write(tmp_path, document), {})
    truth = clip.truth
    assert truth.local(61.0).timetz().replace(tzinfo=None) == time(17, 31, 1)
    assert truth.site_tz.utcoffset(None) == timedelta(hours=8)
    assert truth.zones[0].windows[0].start == time(17)
    assert truth.conditions == {"light": "dusk", "fault": "none", "size": "small (< 60 px)"}
    (queue,) = truth.happenings
    assert queue.course.at(0.0) == Box(0.1, 0.1, 0.2, 0.2)
    assert queue.course.at(9.0) == Box(0.5, 0.5, 0.6, 0.6)


def test_a_list_of_truths_may_stand_in_one_file(tmp_path: Path) -> None:
    truth = write(tmp_path, [MINIMAL, MINIMAL | {"clip": "lane.mp4", "events": []}])
    street, lane = with_truth([tmp_path / "street.mp4", tmp_path / "lane.mp4"], truth, {})
    assert (len(street.truth.events), len(lane.truth.events)) == (1, 0)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"events": [{"kind": "waste_dumping", "start_s": 9, "end_s": 3}]}, "events.0: ends at 3 s, before it starts"),
        ({"events": [{"kind": "x", "start_s": 1, "end_s": 3, "lefts_s": 2}]}, "'lefts_s'; wanted: 'left_s'"),
        ({"events": [{"kind": "x", "start_s": "soon", "end_s": 3}]}, "events.0.start_s: .*number"),
        ({"format": 3}, "format: .*1 or 2"),
        ({"zones": [{"kind": "no_stall", "polygon": [[0, 0], [1, 1]]}]}, "zones.0.polygon: .*3"),
        ({"zones": [{"kind": "n", "polygon": [[0, 0], [1, 0], [1, 1]], "windows": [["17:00", "18:00"]]}]}, "starts_at"),
        ({"frames": [[]]}, "frames, but no fps"),
    ],
)
def test_a_truth_that_is_wrong_is_refused_in_one_line(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    file = write(tmp_path, MINIMAL | changed)
    with pytest.raises(SiteError, match=words) as caught:
        with_truth([tmp_path / "street.mp4"], file, {})
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_what_is_no_truth_at_all_or_of_another_clip_is_refused(tmp_path: Path) -> None:
    clips = [tmp_path / "street.mp4", tmp_path / "lane.mp4"]
    with pytest.raises(SiteError, match="no JSON"):
        with_truth(clips, write(tmp_path, "{"), {})
    with pytest.raises(SiteError, match=r"lane.mp4: no truth for it .* wanted: a truth file whose"):
        with_truth(clips, write(tmp_path, MINIMAL), {})
    with pytest.raises(SiteError, match="no such file or folder"):
        with_truth(clips, tmp_path / "nowhere", {})
    with pytest.raises(SiteError, match="two truths"):
        with_truth(clips[:1], write(tmp_path, [MINIMAL, MINIMAL]), {})
    with pytest.raises(SiteError, match="two clips are called so"):
        with_truth([tmp_path / "a" / "x.mp4", tmp_path / "b" / "x.mp4"], write(tmp_path, MINIMAL), {})

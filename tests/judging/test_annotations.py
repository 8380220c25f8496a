"""Other people's annotations become events, happenings and zones."""

import json
from pathlib import Path
from typing import Any

import pytest

from fusion.judging.truth import Truth
from fusion.judging.truths import with_truth
from fusion.types.errors import SiteError
from fusion.types.sighting import Box

from .things import CLIPS

CLIP = CLIPS / "chat.sub.mp4"  # 8 frames a second


def cvat(tracks: str, meta: str = "", head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f"""{head}
<annotations><version>1.1</version><meta><task><name>t</name>{meta}
<original_size><width>640</width><height>360</height></original_size><source>chat.sub.mp4</source></task></meta>
{tracks}</annotations>"""


def box(frame: int, *, outside: int = 0, left: str = "") -> str:
    attribute = f'<attribute name="left">{left}</attribute>' if left else ""
    return (
        f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="1" xtl="64" ytl="36" xbr="128" ybr="72">'
        f"{attribute}</box>"
    )


def read(tmp_path: Path, text: str, name: str, **labels: str) -> Truth:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    (clip,) = with_truth([CLIP], file, labels)
    return clip.truth


def test_a_cvat_track_is_an_event_from_its_first_to_its_last_box(tmp_path: Path) -> None:
    boxes = box(80) + box(120, left="false") + box(160, left="true") + box(239, left="true") + box(240, outside=1)
    tracks = f'<track id="7" label="bag">{boxes}</track><track id="8" label="queue">{box(0)}{box(39)}</track>'
    zone = (
        '<track id="9" label="no_dumping"><polygon frame="0" outside="0" points="0,0;640,0;640,360"></polygon></track>'
    )
    truth = read(tmp_path, cvat(tracks + zone), "t.xml", bag="waste_dumping")
    (event,) = truth.events
    assert (event.id, event.kind, event.start_s, event.left_s, event.end_s) == ("7", "waste_dumping", 10.0, 20.0, 30.0)
    assert event.course.at(15.0) == Box(0.1, 0.1, 0.2, 0.2)
    (queue,) = truth.happenings
    assert (queue.name, queue.start_s, queue.end_s) == ("queue", 0.0, 5.0)
    assert [(area.kind, area.polygon) for area in truth.zones] == [("no_dumping", ((0, 0), (1, 0), (1, 1)))]


def test_frames_that_cvat_left_out_are_counted_in_time(tmp_path: Path) -> None:
    meta = "<start_frame>8</start_frame><frame_filter>step=4</frame_filter>"
    truth = read(tmp_path, cvat(f'<track id="1" label="street_stall">{box(18)}</track>', meta), "t.xml")
    assert truth.events[0].start_s == 10.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (cvat("", head='<!DOCTYPE a [<!ENTITY a "aaaa">]>'), "declares a document type or entities"),
        (cvat("", head='<!DOCTYPE a SYSTEM "file:///etc/passwd">'), "declares a document type or entities"),
        ("<annotations><version>1.1</version>", "no XML"),
        ("<html></html>", "begins with <html>"),
        (cvat('<image id="0"></image>'), "holds single images"),
        (cvat('<track id="1" label="bag"><box frame="x" xtl="0" ytl="0" xbr="1" ybr="1"/></track>'), "frame is 'x'"),
    ],
)
def test_what_is_no_cvat_file_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SiteError, match=words) as caught:
        read(tmp_path, text, "t.xml")
    assert "wanted: an export in the form “CVAT for video 1.1”" in str(caught.value)
    assert "\n" not in str(caught.value)


def coco(**changed: Any) -> str:
    images = [{"id": n, "file_name": f"frames/chat_{n:06}.png", "width": 640, "height": 360} for n in range(0, 400, 40)]
    annotations = [
        {"id": n, "image_id": n, "category_id": 1, "track_id": 5, "bbox": [64, 36, 64, 36], "area": 1, "iscrowd": 0,
         "attributes": {"left": n >= 160}}
        for n in (80, 120, 160, 200)
    ] + [{"id": 1, "image_id": 0, "category_id": 2, "track_id": 6, "bbox": [0, 0, 64, 36]}]  # fmt: skip
    categories = [{"id": 1, "name": "waste_dumping"}, {"id": 2, "name": "chat"}]
    return json.dumps({"images": images, "annotations": annotations, "categories": categories} | changed)


def test_coco_style_annotations_with_tracks_are_events_and_happenings(tmp_path: Path) -> None:
    truth = read(tmp_path, coco(), "t.json")
    (event,) = truth.events
    assert (event.kind, event.start_s, event.left_s, event.end_s) == ("waste_dumping", 10.0, 20.0, 25.125)
    assert event.course.at(12.0) == Box(0.1, 0.1, 0.2, 0.2)
    assert [(h.name, h.start_s) for h in truth.happenings] == [("chat", 0.0)]


def test_coco_annotations_of_many_videos_are_told_apart_and_their_rate_is_used(tmp_path: Path) -> None:
    videos = [{"id": 1, "file_name": "v/chat.sub.mp4", "fps": 2}, {"id": 2, "file_name": "v/other.mp4"}]
    images = [
        {"id": 1, "video_id": 1, "frame_id": 20, "file_name": "x.png", "width": 100, "height": 100},
        {"id": 2, "video_id": 2, "frame_id": 30, "file_name": "x.png", "width": 100, "height": 100},
    ]
    annotations = [{"image_id": n, "category_id": 1, "instance_id": 1, "bbox": [0, 0, 10, 10]} for n in (1, 2)]
    truth = read(tmp_path, coco(videos=videos, images=images, annotations=annotations), "t.json")
    (event,) = truth.events
    assert (event.start_s, event.end_s) == (10.0, 10.5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"annotations": [{"image_id": 0, "category_id": 1, "bbox": [0, 0, 1, 1]}]}, "annotations.0: no track_id"),
        ({"annotations": [{"image_id": 0, "category_id": 9, "track_id": 1, "bbox": [0, 0, 1, 1]}]}, "category 9"),
        ({"annotations": [{"image_id": 0, "category_id": 1, "track_id": 1, "bbox": [0, 0]}]}, "annotations.0.bbox"),
        ({"images": []}, "images"),
    ],
)
def test_coco_annotations_that_cannot_be_events_are_refused(
    tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(SiteError, match=words):
        read(tmp_path, coco(**changed), "t.json")

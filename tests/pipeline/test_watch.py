from datetime import timedelta

import pytest

from fusion.detectors.base import Detector
from fusion.pipeline.watch import WatchEvent, watch_file

from .clips import FOLDER, names, zones

pytestmark = pytest.mark.skipif("dump_bags" not in names(), reason="the demo's clips are not in this checkout")


def watched(detector: Detector, name: str = "dump_bags") -> list[WatchEvent]:
    return list(
        watch_file(
            FOLDER / f"{name}.sub.mp4",
            detect=detector.detect,
            zones=zones(name),
            dwell=timedelta(seconds=60),
            residue=timedelta(seconds=10),
            every=timedelta(seconds=1),
        )
    )


def test_a_file_gives_the_same_events_each_time(shipped: Detector) -> None:
    (first,), (second,) = watched(shipped), watched(shipped)
    assert (first.thing_id, first.started_at, first.box) == (second.thing_id, second.started_at, second.box)
    assert first.kind == "waste_dumping"
    assert timedelta(seconds=28) < first.started_at < timedelta(seconds=36)
    assert timedelta(seconds=15) < first.began_at < timedelta(seconds=20)
    assert first.ended_at is None
    assert first.picture.size_px == (640, 360)


def test_without_zones_the_whole_picture_is_watched(shipped: Detector) -> None:
    events = watch_file(
        FOLDER / "dump_bags.sub.mp4",
        detect=shipped.detect,
        residue=timedelta(seconds=10),
        every=timedelta(seconds=2),
    )
    assert [event.kind for event in events] == ["waste_dumping"]

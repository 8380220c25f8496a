"""Truth and signals as tests say them, briefly."""

from pathlib import Path
from typing import Any

from fusion.judging.due import Due
from fusion.judging.figures import Judged
from fusion.judging.matching import match
from fusion.judging.playing import Rate
from fusion.judging.told import ClipRun, Cost, Told
from fusion.judging.truth import Course, Happening, TrueEvent, Truth
from fusion.types.sighting import Box

CLIPS = Path(__file__).parents[2] / "configs" / "demo" / "clips"
HERE = Box(0.2, 0.4, 0.3, 0.6)
THERE = Box(0.7, 0.4, 0.8, 0.6)


def told(at_s: float, box: Box = HERE, **facts: Any) -> Told:
    given: dict[str, Any] = {
        "kind": "waste_dumping", "thing_id": f"Z1/{at_s}", "zone_id": "Z1", "since_s": at_s - 10, "met_s": at_s - 1,
        "belief": 0.8, "reason_zh": "有物遗留", "reason_en": "a thing was left",
    }  # fmt: skip
    return Told(told_s=at_s, box=box, **(given | facts))


def event(start_s: float, end_s: float, box: Box | None = HERE, **facts: Any) -> TrueEvent:
    course = Course(((start_s, box),)) if box is not None else Course()
    return TrueEvent(start_s=start_s, end_s=end_s, course=course, **({"id": "1", "kind": "waste_dumping"} | facts))


def happening(name: str, start_s: float, end_s: float, box: Box | None = HERE) -> Happening:
    course = Course(((start_s, box),)) if box is not None else Course()
    return Happening(name=name, start_s=start_s, end_s=end_s, course=course)


def judged(truth: Truth, *signals: Told, due_s: float | None = 30.0, media_s: float = 3600.0) -> Judged:
    dues = tuple(Due(due_s) for _ in truth.events)
    run = ClipRun(clip="clip.mp4", rate=Rate.FULL, told=signals, cost=Cost(media_s=media_s, cpu_s=36.0), looks_s=())
    return Judged(truth=truth, dues=dues, run=run, matched=match(truth, signals, dues), tolerance_s=5.0)

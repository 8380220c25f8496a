"""Crops as people would have marked them, cut from rendered clips by their truth."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from fusion.teaching.classes import FALSE
from fusion.teaching.crops import Image, cut
from fusion.types.sighting import Box

_EVERY_S = 2.0  #: two crops of one thing that lie nearer in time would be one picture twice
_LEAST_PX = 16  #: of the longer side: nobody can say what a smaller thing is
_STILL_S = 2.0
_ROUNDS = 0.12  #: a rule's box is not the truth's: each side is off by up to this share of the thing
_VEHICLES = ("car", "truck", "bus", "van")
#: what takes the eye of a rule where nothing is, by the kind of clip
_EMPTY = {"rain": "rain", "night": "light_change", "dusk_parking": "light_change"}
#: classes of what the truth calls otherwise
_HAPPENINGS = {"shadows": "shadow", "night_traffic": "light_change"}
#: what a rule takes these for is the thing, without the person who brought it
_THINGS_ALONE = {"bag_taken_along", "bin_put_out", "parked_car", "parked_bicycle"}
#: and these are anywhere in the picture
_OF_LIGHT = {"shadow", "light_change", "wet_ground", "rain", "leaves"}

Rect = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the truth's picture


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One crop with its class."""

    word: str  #: class
    kind: str  #: of its clip
    terminal: str  #: set, kind and seed of its clip
    at_s: float
    crop: Image


def shown_in(truth_file: Path) -> Iterator[Shown]:
    """The crops of one clip; its sub-stream lies beside its truth."""
    truth = json.loads(truth_file.read_text())
    video = truth_file.with_suffix("").with_suffix(".sub.mp4")
    if not video.is_file():
        video = truth_file.with_suffix(".mp4")
    terminal = f"{truth_file.parent.name}-{truth['kind']}-{truth['seed']}"
    rng = np.random.default_rng([truth["seed"], *truth["kind"].encode()])
    known = truth.get("frame_step", 1)  # the pictures that have a truth
    step = known * max(1, round(_EVERY_S * truth["fps"] / known))
    still = known * max(1, round(_STILL_S * truth["fps"] / known))
    with av.open(str(video)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % step or index < still or index >= len(truth["frames"]):
                continue
            picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            before = {thing["id"]: thing for thing in truth["frames"][index - still]}
            things = {thing["id"]: thing for thing in truth["frames"][index]}
            for word, rect in _marked(truth, things, before, index / truth["fps"], rng):
                if max(rect[2] - rect[0], rect[3] - rect[1]) >= _LEAST_PX:
                    box = _box(_shaken(rect, rng), truth["size_px"])
                    yield Shown(word, truth["kind"], terminal, index / truth["fps"], cut(picture, box))


def _marked(
    truth: Mapping[str, Any],
    things: Mapping[int, Mapping[str, Any]],
    before: Mapping[int, Mapping[str, Any]],
    at_s: float,
    rng: np.random.Generator,
) -> Iterator[tuple[str, Rect]]:
    """(class, rectangle) of everything that could have been told at a moment."""
    yield from _events(truth, things, at_s)
    yield from _happenings(truth, things, at_s)
    listed = {i for what in (*truth["events"], *truth.get("happenings", ())) for i in what["box_ids"]}
    still = {
        i: thing
        for i, thing in things.items()
        if i not in listed and i in before and _still(thing["box_px"], before[i]["box_px"])
    }
    for thing in still.values():
        if thing["class"] in _VEHICLES:
            yield "parked_car", tuple(thing["box_px"])
    # Who stands at a stall is its customer.
    near = [things[i]["box_px"] for i in listed if i in things]
    stands = [
        tuple(thing["box_px"])
        for thing in still.values()
        if thing["class"] == "person" and not any(_near(thing["box_px"], box) for box in near)
    ]
    for group in _groups(stands):
        yield "chat" if len(group) > 1 else "other", _around(group)
    empty = _empty(truth["size_px"], [thing["box_px"] for thing in things.values()], rng)
    if empty is not None:
        yield _on_the_ground(truth, at_s), empty


def _events(
    truth: Mapping[str, Any], things: Mapping[int, Mapping[str, Any]], at_s: float
) -> Iterator[tuple[str, Rect]]:
    for event in truth["events"]:
        boxes = [things[i]["box_px"] for i in event["box_ids"] if i in things]
        stall = event["kind"] == "street_stall"
        settled_s = event["start_s"] if stall else event.get("left_s") or event["start_s"]
        if boxes and settled_s + 2 <= at_s <= event["end_s"]:
            yield "stall" if stall else "rubbish", _around(boxes)
        elif boxes and stall and at_s < event["start_s"] - 1:
            yield "vendor_passes", _around(boxes)


def _happenings(
    truth: Mapping[str, Any], things: Mapping[int, Mapping[str, Any]], at_s: float
) -> Iterator[tuple[str, Rect]]:
    for happening in truth.get("happenings", ()):
        word = _HAPPENINGS.get(happening["name"], happening["name"])
        alone = word in _THINGS_ALONE
        boxes = [
            things[i]["box_px"]
            for i in happening["box_ids"]
            if i in things and not (alone and things[i]["class"] == "person")
        ]
        if boxes and word in FALSE.keys() - _OF_LIGHT and happening["start_s"] <= at_s <= happening["end_s"]:
            yield word, _around(boxes)


def _on_the_ground(truth: Mapping[str, Any], at_s: float) -> str:
    """What a place where nothing stands would be taken for."""
    for happening in truth.get("happenings", ()):
        word = _HAPPENINGS.get(happening["name"], happening["name"])
        if word in _OF_LIGHT and happening["start_s"] <= at_s <= happening["end_s"]:
            return str(word)
    return _EMPTY.get(truth["kind"], "shadow")


def _still(now: Sequence[float], then: Sequence[float]) -> bool:
    wide, high = min(now[2], then[2]) - max(now[0], then[0]), min(now[3], then[3]) - max(now[1], then[1])
    both = max(0.0, wide) * max(0.0, high)
    areas = [(r[2] - r[0]) * (r[3] - r[1]) for r in (now, then)]
    return both > 0.7 * max(areas)


def _groups(rects: Sequence[Rect]) -> list[list[Rect]]:
    """People who stand within a step of each other."""
    groups: list[list[Rect]] = []
    for rect in rects:
        near = [group for group in groups if any(_near(rect, other) for other in group)]
        groups = [group for group in groups if group not in near] + [[rect, *(r for group in near for r in group)]]
    return groups


def _near(a: Sequence[float], b: Sequence[float]) -> bool:
    step = 0.6 * max(a[3] - a[1], b[3] - b[1])
    return max(a[0], b[0]) - min(a[2], b[2]) < step and abs(a[3] - b[3]) < step


def _empty(size_px: Sequence[int], rects: Sequence[Sequence[float]], rng: np.random.Generator) -> Rect | None:
    """A part of the street where nothing is."""
    for _ in range(20):
        wide, high = rng.uniform(25, 110), rng.uniform(20, 80)
        left, top = rng.uniform(0, size_px[0] - wide), rng.uniform(size_px[1] * 0.35, size_px[1] - high)
        rect = (left, top, left + wide, top + high)
        if all(r[0] > rect[2] or r[2] < rect[0] or r[1] > rect[3] or r[3] < rect[1] for r in rects):
            return rect
    return None


def _around(rects: Sequence[Sequence[float]]) -> Rect:
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _shaken(rect: Rect, rng: np.random.Generator) -> Rect:
    wide, high = rect[2] - rect[0], rect[3] - rect[1]
    off = rng.uniform(-_ROUNDS, _ROUNDS, 4) * (wide, high, wide, high)
    return rect[0] + off[0], rect[1] + off[1], rect[2] + off[2], rect[3] + off[3]


def _box(rect: Rect, size_px: Sequence[int]) -> Box:
    left, top, right, bottom = rect
    width, height = size_px
    return Box(left / width, top / height, right / width, bottom / height)


def by_class(shown: Sequence[Shown]) -> dict[str, int]:
    """How many of each class."""
    counts: dict[str, int] = defaultdict(int)
    for one in shown:
        counts[one.word] += 1
    return dict(sorted(counts.items()))

"""Camera health, measured both ways: what is found of planted troubles, what is told of cameras that are well.

    python -m bench.health --json FILE [--hours 1] [--footage FOLDER]

Pictures are those of the demo's sub-streams, with a sensor's noise, on media time; what happens to them is what the
tests do to them (`tests/ingest/troubles/scenes.py`). Footage is for checks by hand and is given by its folder. Run it
from the repository's root.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from bench.line import HARMLESS_LINES, PLANTED_LINES, Line
from bench.report import say, table, write
from fusion.ingest.troubles.picture import PictureTroubles
from fusion.ingest.troubles.policy import TroublePolicy
from fusion.types.picture import Plane
from fusion.types.terminal import TroubleKind
from tests.ingest.troubles import scenes
from tests.ingest.troubles.scenes import Camera, Happening

_BEFORE_S, _PLANTED_S, _AFTER_S = 120.0, 90.0, 90.0
_LOST_S = 400.0  #: a view that is gone altogether is told after minutes
_LOOKS = 2000
_TERMINALS = 1677

PLANTED: tuple[tuple[TroubleKind, str, Callable[[], Happening]], ...] = (
    (TroubleKind.FROZEN, "frozen", scenes.Frozen),
    (TroubleKind.FROZEN, "frozen under a running clock", lambda: scenes.Frozen(clock=True)),
    (TroubleKind.BLACK, "black", lambda: scenes.black),
    (TroubleKind.OVER_EXPOSED, "five times too bright", lambda: scenes.blinded),
    (TroubleKind.BLURRED, "blur 2.5 px", lambda: scenes.blurred(2.5)),
    (TroubleKind.BLURRED, "blur 5 px", lambda: scenes.blurred(5)),
    (TroubleKind.BLURRED, "blur 8 px", lambda: scenes.blurred(8)),
    (TroubleKind.COVERED, "covered", scenes.cover),
    (TroubleKind.COVERED, "covered, dark", lambda: scenes.cover(tone=45)),
    (TroubleKind.COVERED, "covered over 85 %", lambda: scenes.cover(0.85)),
    (TroubleKind.MOVED, "4 % right", lambda: scenes.moved(0.04)),
    (TroubleKind.MOVED, "9 % up", lambda: scenes.moved(0, -0.05)),
    (TroubleKind.MOVED, "25 % left", lambda: scenes.moved(-0.25)),
    (TroubleKind.MOVED, "half the picture", lambda: scenes.moved(0.5, 0.1)),
    (TroubleKind.MOVED, "turned 4 degrees", lambda: scenes.moved(turn_deg=4)),
    (TroubleKind.MOVED, "turned 10 degrees and 5 %", lambda: scenes.moved(0.05, turn_deg=-10)),
    (TroubleKind.MOVED, "zoomed by 1.2", lambda: scenes.moved(zoom=1.2)),
    (TroubleKind.MOVED, "turned away", lambda: scenes.turned_away(scenes.clip("stall_cart"))),
)

#: (name, seconds, seconds between looks, what happens)
HARMLESS: tuple[tuple[str, float, float, Callable[[], Happening]], ...] = (
    ("bus over 60 %, 4 s", 60, 2.0, lambda: scenes.bus(0.6, over_s=4)),
    ("the same at 5 looks/s", 20, 0.2, lambda: scenes.bus(0.6, over_s=4)),
    ("bus after bus", 600, 2.0, lambda: _again(scenes.bus(0.6, over_s=8), 10)),
    ("bus over 90 % in a jam, 20 s", 60, 2.0, lambda: scenes.bus(0.9, over_s=6, stops_s=20)),
    ("bus over 40 % stops 60 s", 120, 2.0, lambda: scenes.bus(0.4, over_s=6, stops_s=60)),
    ("lorry over 40 %, 10 min", 600, 5.0, lambda: scenes.lorry(0.4)),
    ("lorry over 60 %, 5 min", 300, 5.0, lambda: scenes.lorry(0.6, right=True)),
    ("crowd of 30", 300, 2.0, lambda: scenes.crowd(30)),
    ("crowd of 80", 300, 2.0, lambda: scenes.crowd(80)),
    ("lamps go out", 300, 2.0, lambda: scenes.light_switched(0.15)),
    ("dusk in 3 min", 600, 5.0, lambda: scenes.dusk(180)),
    ("fog in 20 s", 600, 5.0, lambda: scenes.fog(20)),
    ("headlights", 200, 2.0, lambda: scenes.headlights),
    ("wind, 12 px", 300, 2.0, lambda: scenes.gusts(12)),
    ("wind, 30 px", 300, 2.0, lambda: scenes.gusts(30)),
    ("infra-red lamp", 900, 5.0, lambda: scenes.infra_red),
    ("noise of 10", 200, 2.0, lambda: scenes.grain(10)),
    ("blur 0.8 px", 200, 2.0, lambda: scenes.blurred(0.8)),
    ("sagged by 1 %", 900, 5.0, lambda: scenes.moved(0.01)),
)


@dataclass(slots=True)
class Tally:
    """What is known of one kind so far."""

    planted: int = 0
    found: int = 0
    raise_s: list[float] = field(default_factory=list)
    clear_s: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def main() -> None:
    """Run it."""
    options = _options()
    cv2.setNumThreads(1)
    sources = _sources(options.footage)
    tallies: defaultdict[TroubleKind, Tally] = defaultdict(Tally)
    _plant_pictures(sources, tallies)
    _plant_lines(tallies)
    clean, clean_h = _clean(sources, options.hours)
    harmless, harmless_h = _harmless(sources)
    line_false, line_h = _harmless_lines()
    rows = [_row(kind, tallies[kind], clean + line_false, harmless, clean_h, line_h) for kind in TroubleKind]
    cost = _cost()
    print(table(rows, list(rows[0])))
    for kind, tally in tallies.items():
        for missed in tally.missed:
            print(f"missed: {kind}: {missed}")
    print(table([cost], list(cost)))
    results = {
        "sources": list(sources),
        "clean_camera_hours": clean_h,
        "harmless_camera_hours": round(harmless_h, 2),
        "line_hours": line_h,
        "kinds": rows,
        "missed": {kind: tally.missed for kind, tally in tallies.items() if tally.missed},
        "told_of_harmless": {f"{kind}: {what}": count for (kind, what), count in harmless.items()},
        "cost": cost,
    }
    write(options.json, results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.health", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="write the results here")
    parser.add_argument("--hours", type=float, default=1.0, help="media time of each clean clip [1]")
    parser.add_argument("--footage", type=Path, metavar="FOLDER", help="videos of real cameras, besides the demo's")
    return parser.parse_args()


def _sources(footage: Path | None) -> dict[str, tuple[Plane, ...]]:
    """Pictures 2 s apart by name, as a sub-stream of 640 px has them."""
    sources = {name: scenes.clip(name) for name in scenes.clip_names()}
    for path in sorted(footage.iterdir()) if footage else ():
        if path.suffix in {".mp4", ".avi", ".mkv"}:
            sources[path.stem] = tuple(_narrow(luma) for luma in scenes.lumas_of(path))
    return sources


def _narrow(luma: Plane) -> Plane:
    height, width = luma.shape
    size = (640, round(height * 640 / width) // 2 * 2)
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def _plant_pictures(sources: Mapping[str, Sequence[Plane]], tallies: Mapping[TroubleKind, Tally]) -> None:
    for name, pictures in sources.items():
        say(f"planting in {name}")
        for kind, what, trouble in PLANTED:
            camera = Camera(pictures)
            camera.see(_BEFORE_S)
            found = camera.see(_LOST_S if what == "turned away" else _PLANTED_S, trouble())
            after = camera.see(_AFTER_S)
            raised_s = found[kind][0] if kind in found else None
            _count(tallies[kind], f"{what}, {name}", raised_s, after[kind][1] if kind in after else 0.0)


def _plant_lines(tallies: Mapping[TroubleKind, Tally]) -> None:
    for kind, what, trouble in PLANTED_LINES:
        for seed in range(10):
            line = Line(seed)
            line.flow(300)
            raised_s = trouble(line).get(kind)
            clear_s = line.until_clear(kind, 600)
            _count(tallies[kind], f"{what}, seed {seed}", raised_s, clear_s)


def _count(tally: Tally, what: str, raised_s: float | None, clear_s: float) -> None:
    tally.planted += 1
    if raised_s is None:
        tally.missed.append(what)
        return
    tally.found += 1
    tally.raise_s.append(raised_s)
    tally.clear_s.append(clear_s)


def _clean(sources: Mapping[str, Sequence[Plane]], hours: float) -> tuple[Counter[TroubleKind], float]:
    """False troubles by kind over clips in which all is well, in a loop, with noise and wind of 2 px."""
    told: Counter[TroubleKind] = Counter()
    for name, pictures in sources.items():
        say(f"{hours:g} clean hours of {name}")
        told.update(list(Camera(pictures, jitter_px=2.0).see(3600 * hours)))
    return told, hours * len(sources)


def _harmless(sources: Mapping[str, Sequence[Plane]]) -> tuple[Counter[tuple[TroubleKind, str]], float]:
    """What is told of things that are no trouble, and of their end."""
    told: Counter[tuple[TroubleKind, str]] = Counter()
    seconds = 0.0
    for name, pictures in sources.items():
        say(f"harmless things in {name}")
        for what, lasts_s, every_s, happening in HARMLESS:
            camera = Camera(pictures)
            camera.see(_BEFORE_S)
            camera.every_s = every_s
            during = camera.see(lasts_s, happening())
            camera.every_s = 2.0
            told.update((kind, f"{what}, {name}") for kind in {*during, *camera.see(_AFTER_S)})
            seconds += lasts_s + _AFTER_S
    return told, seconds / 3600


def _harmless_lines() -> tuple[Counter[TroubleKind], float]:
    told: Counter[TroubleKind] = Counter()
    hours = 0.0
    for what, lasts_h, flow in HARMLESS_LINES:
        say(f"harmless line: {what}")
        told.update(list(flow(Line(1))))
        hours += lasts_h
    return told, hours


def _row(
    kind: TroubleKind,
    tally: Tally,
    clean: Mapping[TroubleKind, int],
    harmless: Mapping[tuple[TroubleKind, str], int],
    clean_h: float,
    line_h: float,
) -> dict[str, Any]:
    of_pictures = any(kind is planted for planted, _, _ in PLANTED)
    return {
        "kind": str(kind),
        "planted": tally.planted,
        "found": tally.found,
        "raise_s": median(tally.raise_s) if tally.raise_s else None,
        "raise_s_most": max(tally.raise_s, default=None),
        "clear_s": median(tally.clear_s) if tally.clear_s else None,
        "false_per_clean_hour": round(clean.get(kind, 0) / (clean_h if of_pictures else line_h), 4),
        "clean_hours": clean_h if of_pictures else line_h,
        "told_of_harmless": sum(count for (told, _), count in harmless.items() if told is kind),
    }


def _cost() -> dict[str, float]:
    """Of a look at 640x360 in place, of one out of place (which searches), in microseconds of this thread."""
    pictures = scenes.clip("stall_cart")
    in_place_us, held_kib = _look_cost(pictures, lambda luma: luma)
    aside = scenes.moved(0.1)
    policy = TroublePolicy()
    # Never told, so that it is searched at each look.
    patient = policy.model_copy(
        update={"picture": policy.picture.model_copy(update={"moved_after": timedelta(days=9)})}
    )
    searching_us, _ = _look_cost(pictures, lambda luma: aside(luma, 0.0), patient)
    return {
        "look_us": round(in_place_us, 1),
        "searching_look_us": round(searching_us, 1),
        "kib_per_terminal": round(held_kib, 1),
        "mib_of_1677": round(held_kib * _TERMINALS / 1024, 1),
    }


def _look_cost(
    pictures: Sequence[Plane], later: Callable[[Plane], Plane], policy: TroublePolicy | None = None
) -> tuple[float, float]:
    rng = np.random.default_rng(2)
    noisy = [np.clip(luma + rng.normal(0, 2, luma.shape), 0, 255).astype(np.uint8) for luma in pictures]
    troubles, at = PictureTroubles(policy or TroublePolicy()), scenes.START
    for luma in noisy * 4:
        troubles.judge(scenes.small_of(luma), at, luma=luma)
        at += timedelta(seconds=5)
    looks = [(scenes.small_of(luma), luma) for luma in map(later, noisy)]
    began_s = time.thread_time()
    for number in range(_LOOKS):
        small, luma = looks[number % len(looks)]
        troubles.judge(small, at, luma=luma)
        at += timedelta(seconds=5)
    return (time.thread_time() - began_s) / _LOOKS * 1e6, _held_bytes(troubles) / 1024


def _held_bytes(thing: object, seen: set[int] | None = None) -> int:
    """Of the arrays that an object of ours holds, and of those that its parts hold."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    parts = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    return sum(_held_bytes(part, seen) for part in parts)


def _again(happening: Happening, each_s: float) -> Happening:
    return lambda luma, t: happening(luma, t % each_s)


if __name__ == "__main__":
    main()

"""Models against each other on the demo zone's clips: what each finds, whether the signals are the same, and its cost.

`recall` is the share of the first model's sure boxes (score 0.35) that the other is sure of too, `extra` the share of
its sure boxes of which the first is not. `faint` is `recall` when any reported box will do, however unsure: it
flatters, and on its own hides a model whose scores have sunk. `persons` and `vehicles` are shares of the true boxes.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from json import loads
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report import parser, say, table, words, write
from fusion import logs
from fusion.cli.sites import demo_zone
from fusion.detectors.base import Detector
from fusion.detectors.colour import bgr
from fusion.detectors.crops import merge, squares
from fusion.detectors.nms import area_px, shared_px
from fusion.detectors.pool import OnnxConfig
from fusion.ingest.files import read_file
from fusion.pipeline.judge import TerminalJudge, tiles
from fusion.rules.dumping import DumpingConfig
from fusion.rules.stall import StallConfig
from fusion.types.detections import Detections
from fusion.types.picture import Picture
from fusion.types.sighting import Box
from fusion.types.signal import Phase
from fusion.types.zone import Zone

_START = datetime(2026, 11, 24, tzinfo=UTC)
_SURE, _SAME = 0.35, 0.5  #: score of a sure box, overlap of two boxes that are one
_HEIGHTS_PX = (40, 60, 80, 110, 1000)
_CLASSES = {"person": ("person",), "car": ("car", "truck", "bus"), "truck": ("car", "truck", "bus")}
_COLUMNS = ("model", "recall", "extra", "faint", "persons", "vehicles", "signals", "ms", "speed")
_Boxes = NDArray[np.float32]


@dataclass
class Tally:
    """What one model did."""

    found: dict[str, list[bool]] = field(
        default_factory=lambda: defaultdict(list)
    )  #: of the truth, by class and height
    kept: list[bool] = field(default_factory=list)  #: for each sure box of the first model, whether it is sure too
    faint: list[bool] = field(default_factory=list)  #: the same, whether it reports one at all
    extra: list[bool] = field(default_factory=list)  #: for each of its own sure boxes, whether the first is not sure
    signals: dict[str, list[str]] = field(default_factory=dict)  #: by clip, "kind second"
    ms: list[float] = field(default_factory=list)

    def share(self, *classes: str) -> float | None:
        """Of the true boxes of these classes."""
        hits = [hit for key, found in self.found.items() for hit in found if key.split()[0] in classes]
        return round(float(np.mean(hits)), 4) if hits else None


def looks(clip: Path, every: timedelta) -> Iterator[tuple[Picture, list[dict[str, Any]]]]:
    """Pictures of a clip with the truth of each."""
    document = loads(clip.with_suffix("").with_suffix(".json").read_text())
    for picture in read_file(clip, every=every, clock_start=_START, keyframes_only=False):
        index = round((picture.at - _START).total_seconds() * document["fps"])
        yield picture, document["frames"][min(index, len(document["frames"]) - 1)]


def seen(detector: Detector, picture: Picture, interests: Sequence[Box], most: int) -> Detections:
    """What the judge's chain would be given: squares around what is of interest, merged."""
    side_px = detector.preparation.size_px[0]
    parts = squares(picture.size_px, tiles(picture.size_px, interests), most=most)
    sides = [min(side_px, part.side_px) for part in parts]
    images = [bgr(picture, part, side) for part, side in zip(parts, sides, strict=True)]
    return merge(picture.size_px, list(zip(parts, detector.detect(images), sides, strict=True)))


def tally(detectors: Sequence[tuple[str, Detector]], clips: Sequence[Path], every: timedelta, most: int) -> list[Tally]:
    """All models on all clips, picture by picture in turn."""
    tallies = [Tally() for _ in detectors]
    for clip in clips:
        say(clip.name)
        for picture, truth in looks(clip, every):
            width, height = picture.size_px
            true = [(thing["class"], thing["box_px"]) for thing in truth if thing["class"] in _CLASSES]
            true = [(name, box) for name, box in true if _whole(box, width, height)]
            if not true:
                continue
            interests = [Box(b[0] / width, b[1] / height, b[2] / width, b[3] / height) for _, b in true]
            found = [seen(detector, picture, interests, most) for _, detector in detectors]
            for one, mine in zip(tallies, found, strict=True):
                _compare(one, mine, found[0], true)
        for (_, detector), one in zip(detectors, tallies, strict=True):
            one.signals[clip.name] = signals(clip, detector)
    return tallies


def _whole(box: Sequence[float], width: int, height: int) -> bool:
    inside = box[0] > 2 and box[1] > 2 and box[2] < width - 2 and box[3] < height - 2
    return inside and box[3] - box[1] >= _HEIGHTS_PX[0]


def _compare(one: Tally, mine: Detections, first: Detections, true: Sequence[tuple[str, Sequence[float]]]) -> None:
    for name, box in true:
        tall = next(top for top in _HEIGHTS_PX[1:] if box[3] - box[1] < top)
        boxes = mine.of_class(*_CLASSES[name]).xyxy_px
        one.found[f"{name} {tall}"].append(bool(_match(np.array([box], np.float32), boxes)[0]))
    for name in {*first.names(), *mine.names()}:
        theirs, ours = first.of_class(name), mine.of_class(name)
        sure, own = theirs.xyxy_px[theirs.score >= _SURE], ours.xyxy_px[ours.score >= _SURE]
        one.kept += _match(sure, own).tolist()
        one.faint += _match(sure, ours.xyxy_px).tolist()
        one.extra += (~_match(own, sure)).tolist()


def _match(wanted: _Boxes, boxes: _Boxes) -> NDArray[np.bool_]:
    if not len(boxes):
        return np.zeros(len(wanted), bool)
    shared = shared_px(wanted, boxes)
    union = area_px(wanted)[:, None] + area_px(boxes)[None, :] - shared
    return np.asarray((shared / union > _SAME).any(axis=1))


def signals(clip: Path, detector: Detector) -> list[str]:
    """What the rules of the demo zone tell at keyframes: kind, phase and second."""
    document = loads(clip.with_suffix("").with_suffix(".json").read_text())
    zones = [
        Zone(id=zone["kind"], name=zone["name"], kind=zone["kind"], polygon=tuple(map(tuple, zone["polygon"])))
        for zone in document["zones"]
    ]
    rules = [StallConfig(dwell=timedelta(seconds=20)).start(), DumpingConfig(residue=timedelta(seconds=10)).start()]
    crop_px = detector.preparation.size_px[0]
    judge = TerminalJudge("T", zones=zones, rules=rules, detect=detector.detect, site_tz=UTC, crop_px=crop_px)
    pictures = read_file(clip, every=timedelta(seconds=2), clock_start=_START, keyframes_only=False)
    found = [finding for picture in pictures for finding in judge.look(picture)]
    return [
        f"{f.kind} {f.phase} {(f.at - _START).total_seconds():.0f}" for f in found if f.phase is not Phase.CONTINUING
    ]


def time_them(detectors: Sequence[tuple[str, Detector]], tallies: Sequence[Tally], clips: Sequence[Path]) -> None:
    """CPU time of an image, the models in turn at each."""
    pictures = [picture for clip in clips for picture, _ in looks(clip, timedelta(seconds=10))]
    for number in range(120):
        picture = pictures[number % len(pictures)]
        side = min(picture.size_px)
        image = bgr(picture)[:side, :side]
        for (_, detector), one in zip(detectors, tallies, strict=True):
            began_s = time.thread_time()
            detector.detect([image])
            one.ms.append(1000 * (time.thread_time() - began_s))


def main() -> int:
    """Compare."""
    made = parser("bench.detectors", __doc__)
    made.add_argument("--models", type=words, required=True, metavar="A,B", help="by name; the first is the yardstick")
    made.add_argument("--models-folder", type=Path, help="with a manifest; the shipped one if left out")
    made.add_argument("--clips", type=Path, default=demo_zone() / "clips", metavar="DIR", help="*.sub.mp4 and *.json")
    made.add_argument("--every", type=float, default=1.0, metavar="S", help="a look each [1]")
    made.add_argument("--most-crops", type=int, default=3, metavar="N", help="of a look [3]")
    args = made.parse_args()
    logs.set_up()
    detectors = []
    for name in args.models:
        config = OnnxConfig(model=name, models=str(args.models_folder) if args.models_folder else None)
        detectors.append((name, config.started(config.chosen(Path()))))
    clips = sorted(args.clips.glob("*.sub.mp4"))
    tallies = tally(detectors, clips, timedelta(seconds=args.every), args.most_crops)
    time_them(detectors, tallies, clips)
    rows = [_row(name, one, tallies[0]) for (name, _), one in zip(detectors, tallies, strict=True)]
    write(args.json, {"clips": [clip.name for clip in clips], "runs": rows})
    print(table(rows, _COLUMNS))
    return 0


def _row(name: str, one: Tally, first: Tally) -> dict[str, Any]:
    kinds = {clip: [word.rsplit(" ", 1)[0] for word in said] for clip, said in one.signals.items()}
    wanted = {clip: [word.rsplit(" ", 1)[0] for word in said] for clip, said in first.signals.items()}
    alike = sum(kinds[clip] == wanted[clip] for clip in kinds)
    return {
        "model": name,
        "recall": round(float(np.mean(one.kept)), 4),
        "extra": round(float(np.mean(one.extra)), 4),
        "faint": round(float(np.mean(one.faint)), 4),
        "boxes": len(one.kept),
        "persons": one.share("person"),
        "vehicles": one.share("car", "truck"),
        "by_height_px": {key: [round(float(np.mean(hits)), 4), len(hits)] for key, hits in sorted(one.found.items())},
        "signals": f"{alike}/{len(kinds)}",
        "signals_by_clip": one.signals,
        "ms": round(median(one.ms), 3),
        "speed": round(median(theirs / mine for theirs, mine in zip(first.ms, one.ms, strict=True)), 3),
    }


if __name__ == "__main__":
    sys.exit(main())

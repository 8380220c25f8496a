"""The demo's clips with their zones, played on media time, once or in a loop."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fusion.detectors.base import Detector
from fusion.ingest.files import read_file
from fusion.pipeline.judge import TerminalJudge
from fusion.rules import DumpingConfig, StallConfig
from fusion.types.picture import Picture
from fusion.types.signal import Finding
from fusion.types.zone import Zone

FOLDER = Path(__file__).parents[2] / "configs" / "demo" / "clips"
START = datetime(2026, 11, 24, tzinfo=UTC)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def truth(name: str) -> list[str]:
    """Kinds of the events that happen in a clip."""
    return [event["kind"] for event in json.loads((FOLDER / f"{name}.json").read_text())["events"]]


def zones(name: str) -> list[Zone]:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return [
        Zone(id=zone["kind"], name=zone["name"], kind=zone["kind"], polygon=tuple(map(tuple, zone["polygon"])))
        for zone in document["zones"]
    ]


def played(name: str, every: timedelta | None, *, times: int = 1) -> Iterator[Picture]:
    """The clip so many times over, as a camera in a loop shows it."""
    offset = timedelta(0)
    for _ in range(times):
        last = START
        for picture in read_file(FOLDER / f"{name}.sub.mp4", every=every, clock_start=START, keyframes_only=False):
            last = picture.at
            yield replace(picture, at=picture.at + offset)
        offset += last - START + (every or timedelta(seconds=0.125))


def judge_of(name: str, detector: Detector) -> TerminalJudge:
    rules = [
        StallConfig(dwell=timedelta(seconds=20)).start(),
        DumpingConfig(residue=timedelta(seconds=10)).start(),
    ]
    return TerminalJudge(name, zones=zones(name), rules=rules, detect=detector.detect, site_tz=UTC)


def findings_of(name: str, detector: Detector, every: timedelta | None, *, times: int = 1) -> list[Finding]:
    judge = judge_of(name, detector)
    return [finding for picture in played(name, every, times=times) for finding in judge.look(picture)]

"""From looks to cases: what a rejection by the second stage does to what is filed, and what is told all the same."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fusion.detectors.manifest import find_model
from fusion.detectors.pool import DetectorPool, OnnxConfig
from fusion.geo.grids import GridIndex
from fusion.incidents.fuse import ExtendIncident, FusionPolicy, OpenCase, OpenIncident, fuse
from fusion.ingest.files import read_file
from fusion.ingest.look import looks_of
from fusion.pipeline.eyes import Eyes
from fusion.pipeline.judge import TerminalJudge
from fusion.pipeline.second_stage import SecondStage
from fusion.rules.base import Rule
from fusion.teaching.learn import Learnt
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.shelf import Shelf
from fusion.types.case import Case, Incident
from fusion.types.place import GeoPoint
from fusion.types.sighting import Box, Sighting
from fusion.types.signal import Finding, Phase, Reason, Signal
from fusion.types.terminal import Terminal
from fusion.types.zone import Zone

from .crops import CLIPS

START = datetime(2026, 11, 24, tzinfo=UTC)
TERMINAL = Terminal(
    id="T-1", name="南门", point=GeoPoint(120.03, 29.33), height_m=6.0, bearing_deg=0.0, grid_id=None
)  # fmt: skip


class Hasty(Rule):
    """Takes whoever stands at one place for a stall, from a moment on, and repeats it at every look."""

    def __init__(self, box: Box, from_s: float) -> None:
        self._box, self._from = box, START + timedelta(seconds=from_s)

    def judge(self, sighting: Sighting, zones: Sequence[Zone], local_now: datetime) -> tuple[Finding, ...]:
        del zones, local_now
        if sighting.at < self._from:
            return ()
        first = sighting.at - self._from < timedelta(seconds=2)
        return (
            Finding(
                kind="street_stall", phase=Phase.STARTED if first else Phase.CONTINUING, thing_id="Z/P1", zone_id="Z",
                at=sighting.at, since=self._from, met_at=self._from, belief=0.8, box=self._box,
                reason=Reason("有人停留", "somebody stays"),
            ),
        )  # fmt: skip

    def building(self, now: datetime) -> bool:
        del now
        return False

    def settled(self, now: datetime) -> bool:
        del now
        return True


@pytest.fixture(scope="module")
def pool() -> Iterator[DetectorPool]:
    with DetectorPool(find_model(OnnxConfig().model), OnnxConfig()) as found:
        yield found


def watched(pool: DetectorPool, shelf: Shelf, evidence: Path, clip: str, box: Box) -> list[Signal]:
    """The signals of a clip from half a minute on, with a rule that cries wolf."""
    told: list[Signal] = []
    judge = TerminalJudge(TERMINAL.id, zones=(), rules=[Hasty(box, 30.0)], detect=pool.detect, site_tz=UTC)
    eyes = Eyes(
        {TERMINAL.id: TERMINAL}, {TERMINAL.id: judge}, pool, GridIndex(()), evidence, ZoneInfo("Asia/Shanghai"),
        told.append, second_stage=SecondStage(shelf, SecondStagePolicy(), FusionPolicy().believed),
    )  # fmt: skip
    pictures = read_file(
        CLIPS / f"{clip}.sub.mp4", every=timedelta(seconds=2), clock_start=START, keyframes_only=False
    )  # fmt: skip
    for look in looks_of(replace(picture, terminal_id=TERMINAL.id) for picture in pictures):
        if look.picture.at <= START + timedelta(seconds=38):
            eyes.on_look(look)
    return told


def filed(signals: Sequence[Signal]) -> int:
    """How many cases fusion files of them."""
    known: dict[str, Incident] = {}
    cases: dict[str, Case] = {}
    opened = 0
    for number, signal in enumerate(signals):
        for step in fuse(signal, known.values(), cases, FusionPolicy(), f"i-{number}"):
            if isinstance(step, OpenIncident | ExtendIncident):
                known[step.incident.id] = step.incident
            elif isinstance(step, OpenCase):
                opened += 1
                known[step.incident.id] = replace(step.incident, case_id=f"C-{opened}")
    return opened


#: where three people talk, and where the cart stands, at half a minute
CHAT, STALL = Box(0.456, 0.311, 0.65, 0.681), Box(0.527, 0.153, 0.753, 0.731)


def test_people_who_chat_file_a_case_without_it_and_none_with_it_but_are_told_all_the_same(
    pool: DetectorPool, shelf: Shelf, learnt: Learnt, tmp_path: Path
) -> None:
    before = watched(pool, shelf, tmp_path / "a", "chat", CHAT)
    shelf.put(learnt.classifier)
    shelf.use("v1", learnt.classifier.backbone)
    after = watched(pool, shelf, tmp_path / "b", "chat", CHAT)
    assert (filed(before), filed(after)) == (1, 0)
    assert [signal.phase for signal in after] == [signal.phase for signal in before]
    assert len(after) == 5
    assert all(signal.belief <= 0.3 and "不立案" in signal.reason.zh for signal in after)
    assert {ref.kind for ref in after[0].evidence} >= {
        "plain",
        "annotated",
    }  # its picture is kept, so that a person may look


def test_a_stall_files_its_case_with_it_too(pool: DetectorPool, shelf: Shelf, learnt: Learnt, tmp_path: Path) -> None:
    shelf.put(learnt.classifier)
    shelf.use("v1", learnt.classifier.backbone)
    signals = watched(pool, shelf, tmp_path / "a", "stall_cart", STALL)
    assert filed(signals) == 1
    assert signals[0].belief > 0.8
    assert signals[0].reason.data["second_stage_class"] == "stall"

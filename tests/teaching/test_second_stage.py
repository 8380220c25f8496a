"""The second stage in use, on real pictures, with a classifier that was taught by real crops."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from fusion.ingest.files import read_file
from fusion.pipeline.second_stage import SecondStage, crop_of
from fusion.teaching.crops import cut
from fusion.teaching.embedder import Embedder
from fusion.teaching.learn import Learnt
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.shelf import Shelf
from fusion.types.picture import Picture
from fusion.types.sighting import Box
from fusion.types.signal import Finding, Phase, Reason

from .crops import CLIPS

START = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
BELIEVED = 0.6


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture of a clip, and the box of what its truth calls so."""

    picture: Picture
    box: Box


def seen(clip: str, at_s: float, ids: Callable[[dict[str, Any]], bool]) -> Seen:
    truth = msgspec.json.decode((CLIPS / f"{clip}.json").read_bytes())
    rects = [thing["box_px"] for thing in truth["frames"][int(at_s * truth["fps"])] if ids(thing)]
    left, top, right, bottom = zip(*rects, strict=True)
    width, height = truth["size_px"]
    box = Box(min(left) / width, min(top) / height, max(right) / width, max(bottom) / height)
    pictures = read_file(CLIPS / f"{clip}.sub.mp4", every=None, clock_start=START, keyframes_only=False)
    return Seen(next(p for p in pictures if p.at >= START + timedelta(seconds=at_s)), box)


@pytest.fixture(scope="module")
def stall() -> Seen:
    return seen("stall_cart", 30.0, lambda thing: thing["id"] in {1, 10, 11})


@pytest.fixture(scope="module")
def chat() -> Seen:
    return seen("chat", 30.0, lambda thing: thing["id"] in {1, 2, 3})


@pytest.fixture(scope="module")
def car() -> Seen:
    return seen("dusk_parking", 30.0, lambda thing: thing["class"] == "car" and thing["box_px"][3] > 150)


def told(what: Seen, phase: Phase = Phase.STARTED, after_s: float = 0.0, thing: str = "Z/R1") -> Finding:
    return Finding(
        kind="street_stall", phase=phase, thing_id=thing, zone_id="Z", at=START + timedelta(seconds=after_s),
        since=START, met_at=START, belief=0.8, box=what.box, reason=Reason("停留", "stayed"),
    )  # fmt: skip


class Counted:
    """The real embedder, counted."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder, self.backbone, self.width, self.looks = embedder, embedder.backbone, embedder.width, 0

    def embed(self, crop: Any) -> Any:
        self.looks += 1
        return self.embedder.embed(crop)


class Stage:
    """A second stage whose clock the test turns."""

    def __init__(self, shelf: Shelf, embedder: Embedder) -> None:
        self.shelf, self.now_s = shelf, 0.0
        self.embedder: Any = Counted(embedder)
        self.made = 0
        policy = SecondStagePolicy(again=timedelta(seconds=60))
        self.second = SecondStage(shelf, policy, BELIEVED, embedder=self._make, clock=lambda: self.now_s)

    def _make(self) -> Any:
        self.made += 1
        return self.embedder

    def weigh(self, finding: Finding, what: Seen) -> Finding:
        return self.second.weigh("T-1", finding, what.picture)[0]


@pytest.fixture
def stage(shelf: Shelf, learnt: Learnt, embedder: Embedder) -> Stage:
    shelf.put(learnt.classifier)
    shelf.use("v1", learnt.classifier.backbone)
    return Stage(shelf, embedder)


def test_without_a_classifier_nothing_is_loaded_and_nothing_changes(
    tmp_path: Path, embedder: Embedder, stall: Seen
) -> None:
    stage = Stage(Shelf(tmp_path / "none"), embedder)
    assert stage.weigh(told(stall), stall) == told(stall)
    assert stage.made == 0


def test_a_stall_is_believed_more_and_a_chat_and_a_parked_car_are_told_with_little_belief(
    stage: Stage, stall: Seen, chat: Seen, car: Seen
) -> None:
    assert stage.weigh(told(stall, thing="a"), stall).belief > 0.8
    for what, word, name in ((chat, "chat", "b"), (car, "parked_car", "c")):
        after = stage.weigh(told(what, thing=name), what)
        assert after.belief <= BELIEVED / 2
        assert after.reason.data["second_stage_class"] == word
        assert after.reason.data["second_stage_version"] == "v1"


def test_a_thing_is_looked_at_once_and_the_rules_repeated_word_does_not_overrule(stage: Stage, chat: Seen) -> None:
    first = stage.weigh(told(chat), chat)
    again = [stage.weigh(told(chat, Phase.CONTINUING, after_s), chat) for after_s in (10, 20, 50)]
    assert [finding.belief for finding in again] == [first.belief] * 3
    assert stage.embedder.looks == 1


def test_a_rejected_thing_that_becomes_a_stall_is_believed_and_its_picture_asked_for(
    stage: Stage, stall: Seen, chat: Seen
) -> None:
    assert stage.weigh(told(chat), chat).belief <= BELIEVED / 2
    later, now_believed = stage.second.weigh("T-1", told(stall, Phase.CONTINUING, 61), stall.picture)
    assert later.belief > BELIEVED
    assert now_believed
    _, once_more = stage.second.weigh("T-1", told(stall, Phase.CONTINUING, 71), stall.picture)
    assert not once_more
    assert stage.embedder.looks == 2


def test_what_has_ended_is_forgotten_and_looked_at_anew_when_it_comes_back(stage: Stage, chat: Seen) -> None:
    stage.weigh(told(chat), chat)
    assert stage.weigh(told(chat, Phase.ENDED, 20), chat) == told(chat, Phase.ENDED, 20)
    stage.weigh(told(chat, Phase.STARTED, 40), chat)
    assert stage.embedder.looks == 2


def test_it_is_switched_off_and_on_again_while_it_runs(stage: Stage, learnt: Learnt, chat: Seen) -> None:
    assert stage.weigh(told(chat), chat).belief < BELIEVED
    stage.shelf.off()
    assert stage.weigh(told(chat, Phase.CONTINUING, 1), chat).belief < BELIEVED  # the file is not asked for each time
    stage.now_s += 3
    assert stage.weigh(told(chat, Phase.CONTINUING, 3), chat) == told(chat, Phase.CONTINUING, 3)
    stage.shelf.use("v1", learnt.classifier.backbone)
    stage.now_s += 3
    assert stage.weigh(told(chat, Phase.CONTINUING, 6), chat).belief < BELIEVED


def test_a_tampered_file_switches_it_off_loudly_and_costs_no_signal(
    stage: Stage, chat: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    file = stage.shelf.folder / "versions" / "v1.json"
    file.write_bytes(file.read_bytes().replace(b'"temperature":', b'"temperature":0'))
    assert stage.weigh(told(chat), chat) == told(chat)
    said = capsys.readouterr()
    assert "second stage is off" in said.out + said.err


def test_a_classifier_of_another_length_is_not_used(stage: Stage, learnt: Learnt, chat: Seen) -> None:
    good = learnt.classifier
    stage.shelf.put(replace(good, mean=good.mean[:9], scale=good.scale[:9], weights=good.weights[:, :9]))
    stage.shelf.use("v2", good.backbone)
    assert stage.weigh(told(chat), chat) == told(chat)


def test_kinds_that_it_was_not_taught_pass_untouched(stage: Stage, chat: Seen) -> None:
    finding = replace(told(chat), kind="waste_dumping")
    assert stage.weigh(finding, chat) == finding


def test_it_sees_in_use_what_it_saw_when_it_learnt(stall: Seen, embedder: Embedder) -> None:
    from fusion.evidence.jpeg import bgr_of

    live, kept = crop_of(stall.picture, stall.box), cut(bgr_of(stall.picture), stall.box)
    assert live.shape == kept.shape
    assert np.abs(live.astype(int) - kept.astype(int)).mean() < 2
    near, far = (np.linalg.norm(embedder.embed(live) - v) for v in (embedder.embed(kept), embedder.embed(kept[::-1])))
    assert near < 0.2 * far

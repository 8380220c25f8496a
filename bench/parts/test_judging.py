"""From a picture to findings."""

from datetime import UTC
from typing import Any

import cv2
import numpy as np

from bench.parts.streams import Judged, rules, zones
from fusion.detectors.colour import bgr
from fusion.detectors.crops import squares
from fusion.ingest.change import ChangeGate
from fusion.ingest.look import Look
from fusion.ingest.policy import ChangePolicy
from fusion.pipeline.judge import TerminalJudge, tiles


def test_yardstick(benchmark: Any) -> None:
    """What this machine does in the same time, whatever we change: the other parts are compared by it."""
    noise = np.random.default_rng(1).integers(0, 256, (360, 640), np.uint8)

    def work() -> int:
        total = sum(value * value & 0xFF for value in range(5000))
        for _ in range(5):
            total += int(cv2.countNonZero(cv2.blur(noise, (5, 5))))
        return total

    assert benchmark(work) > 0


def test_gate_10_keyframes(benchmark: Any, looks: list[Look]) -> None:
    def gate() -> int:
        judge = ChangeGate(ChangePolicy())
        return sum(bool(judge.judge(look.picture.y, look.picture.at).boxes) for look in looks)

    assert benchmark(gate) > 0


def test_crops_in_colour_10_keyframes(benchmark: Any, looks: list[Look]) -> None:
    changed = [look for look in looks if look.changes]

    def cut() -> int:
        return sum(
            len(bgr(look.picture, square, min(300, square.side_px)))
            for look in changed
            for square in squares(look.picture.size_px, tiles(look.picture.size_px, look.changes))
        )

    assert benchmark(cut) > 0


def test_follow_and_judge_10_keyframes(benchmark: Any, judged_looks: list[Judged]) -> None:
    def follow() -> int:
        answers = iter([answer for step in judged_looks for answer in step.found])
        judge = TerminalJudge("T-1", zones=zones(), rules=rules(), detect=lambda _images: next(answers), site_tz=UTC)
        for step in judged_looks:
            judge.look(step.picture, step.look.changes)
        return judge.crops

    assert benchmark(follow) > 0


def test_rules_10_sightings(benchmark: Any, judged_looks: list[Judged]) -> None:
    places = zones()

    def judge() -> int:
        return sum(
            len(rule.judge(step.sighting, places, step.sighting.at)) for rule in rules() for step in judged_looks
        )

    assert benchmark(judge) >= 0

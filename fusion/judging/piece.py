"""One clip at one rate, judged by the chain that judges live streams."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import cv2

from fusion.detectors.base import Detector
from fusion.detectors.pool import OnnxConfig
from fusion.detectors.preparing import Image
from fusion.ingest.look import Look
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.probe import probe
from fusion.judging.drawing import Marks, drawn
from fusion.judging.playing import ADAPTIVE, Rate, play
from fusion.judging.stopwatch import Stopwatch
from fusion.judging.told import ClipRun, Cost, Told
from fusion.judging.truth import Happening, TrueEvent, Truth
from fusion.judging.truths import Clip
from fusion.pipeline.judge import TerminalJudge
from fusion.pipeline.steering import most_crops
from fusion.pipeline.watch import whole_picture
from fusion.rules import DumpingConfig, RuleConfig, StallConfig
from fusion.tracking.config import FollowerConfig
from fusion.types.detections import Detections
from fusion.types.errors import FusionError
from fusion.types.sighting import Box
from fusion.types.signal import Finding, Phase

#: As the demo zone's: clips last for a minute or so, and rules of minutes would find nothing in them.
SHORT_RULES: tuple[RuleConfig, ...] = (
    StallConfig(dwell=timedelta(seconds=20)),
    DumpingConfig(residue=timedelta(seconds=10)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What judges: the same for all clips, and what a site's site.yaml would say of it."""

    rules: tuple[RuleConfig, ...] = SHORT_RULES
    looking: LookingPolicy = ADAPTIVE
    detectors: OnnxConfig = field(default_factory=OnnxConfig)
    follow: FollowerConfig = field(default_factory=FollowerConfig)
    folder: Path = Path()  #: what paths in it are relative to
    plugins: tuple[Path, ...] = ()  #: files with rules of the site's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One clip at one rate."""

    clip: Clip
    rate: Rate
    pictures: bool  #: whether signals keep a picture


def judge_piece(piece: Piece, chain: Chain, detector: Detector) -> ClipRun:
    """One clip at one rate, in this thread."""
    judging = _Judging(piece, chain, detector)
    began_s = time.process_time()
    try:
        with _one_core():
            play(
                piece.clip.path,
                piece.rate,
                judging.judge,
                judging.on_look,
                terminal_id=piece.clip.name,
                main=piece.clip.main,
                start=piece.clip.truth.starts_at,
                policy=chain.looking,
                timed=judging.watch.of,
            )
    except FusionError as error:
        return ClipRun(clip=piece.clip.path.name, rate=piece.rate, told=(), cost=Cost(), looks_s=(), fault=str(error))
    return judging.ended(time.process_time() - began_s)


@contextmanager
def _one_core() -> Iterator[None]:
    """As in a shard: OpenCV's own threads would only take turns, and their time would be nobody's."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


class _Judging:
    """The judge of one clip, and what it said."""

    def __init__(self, piece: Piece, chain: Chain, detector: Detector) -> None:
        self._piece, self._detector = piece, detector
        self.watch = Stopwatch()
        truth = piece.clip.truth
        self._zones = whole_picture(truth.zones)
        self.judge = TerminalJudge(
            piece.clip.name,
            zones=self._zones,
            rules=[rule.start() for rule in chain.rules],
            detect=self._detect,
            site_tz=truth.site_tz,
            follow=chain.follow,
            crop_px=max(detector.preparation.size_px),
        )
        self._told: dict[tuple[str, str], Told] = {}
        self._looks_s: list[float] = []
        self._cost = Cost()

    def on_look(self, look: Look) -> None:
        at_s = self._second(look)
        self._looks_s.append(at_s)
        crops, before_s = self.judge.crops, self.watch.cpu_s["judge"]
        with self.watch.of("judge"):
            findings = self.judge.look(look.picture, look.changes, most_crops=most_crops(burst=look.burst))
        if self.judge.crops == crops and self._nothing_there(look):
            self._cost += Cost(quiet_looks=1, quiet_s=self.watch.cpu_s["judge"] - before_s)
        for finding in findings:
            key = (finding.kind, finding.thing_id)
            if finding.phase is Phase.STARTED:
                self._told[key] = self._tell(finding, look)
            elif finding.phase is Phase.ENDED and key in self._told:
                self._told[key] = replace(self._told[key], ended_s=at_s)

    def _nothing_there(self, look: Look) -> bool:
        seen = self.judge.sighting
        first = len(self._looks_s) == 1  # it only sets the background up
        return not (first or look.changes or self.judge.candidate or (seen and (seen.tracks or seen.residues)))

    def ended(self, cpu_s: float) -> ClipRun:
        """All that was said, and what it cost."""
        cpu_s -= self.watch.cpu_s.pop("report", 0.0)
        stages = {stage: self.watch.cpu_s.get(stage, 0.0) for stage in ("gate", "detect", "judge")}
        # What is left is reading and decoding: some of it in libavcodec's own threads, which only the process counts.
        stages = {"decode": max(0.0, cpu_s - sum(stages.values())), **stages}
        gate_s = stages["gate"] / max(1, self.watch.times["gate"])
        cost = replace(
            self._cost,
            quiet_s=self._cost.quiet_s + self._cost.quiet_looks * gate_s,
            media_s=self._media_s(),
            cpu_s=cpu_s,
            stages_s=stages,
            looks=len(self._looks_s),
            crops=self.judge.crops,
        )
        return ClipRun(
            clip=self._piece.clip.path.name,
            rate=self._piece.rate,
            told=tuple(sorted(self._told.values(), key=lambda told: told.told_s)),
            cost=cost,
            looks_s=tuple(self._looks_s),
        )

    def _detect(self, images: list[Image]) -> list[Detections]:
        with self.watch.of("detect"):
            return self._detector.detect(images) if images else []

    def _second(self, look: Look) -> float:
        return self._media_of(look.picture.at)

    def _media_of(self, at: datetime) -> float:
        return round((at - self._piece.clip.truth.starts_at).total_seconds(), 3)

    def _media_s(self) -> float:
        path = self._piece.clip.path
        duration = probe(path).duration if path.is_file() else None
        return duration.total_seconds() if duration else max(self._looks_s, default=0.0)

    def _tell(self, finding: Finding, look: Look) -> Told:
        return Told(
            kind=finding.kind,
            thing_id=finding.thing_id,
            zone_id=finding.zone_id,
            since_s=max(0.0, self._media_of(finding.since)),
            met_s=self._media_of(finding.met_at),
            told_s=self._media_of(finding.at),
            belief=finding.belief,
            box=finding.box,
            reason_zh=finding.reason.zh,
            reason_en=finding.reason.en,
            picture=self._picture(finding, look) if self._piece.pictures else None,
        )

    def _picture(self, finding: Finding, look: Look) -> bytes:
        with self.watch.of("report"):
            second = self._second(look)
            tracks = self.judge.sighting.tracks if self.judge.sighting is not None else ()
            marks = Marks(
                zones=self._zones,
                true=true_boxes(self._piece.clip.truth, second),
                told=[(finding.box, f"{finding.kind} {finding.belief:.2f}")],
                tracks=[track for track in tracks if track.last_at == look.picture.at],
            )
            return drawn(look.picture, marks)


def true_boxes(truth: Truth, second: float) -> list[tuple[Box, str]]:
    """What really is in the picture at a second: events and happenings, with their names."""
    things: list[tuple[TrueEvent | Happening, str]] = [(event, event.kind) for event in truth.events]
    things += [(happening, happening.name) for happening in truth.happenings]
    return [
        (box, name)
        for thing, name in things
        if thing.start_s <= second <= thing.end_s and (box := thing.course.at(second)) is not None
    ]

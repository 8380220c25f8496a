"""Sightings made by hand, one a second."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from fusion.rules.base import Rule
from fusion.types.sighting import Box, Residue, Sighting, Track, unknown_width
from fusion.types.signal import Finding, Phase
from fusion.types.zone import Zone

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
PERSON = Box(0.20, 0.30, 0.25, 0.60)
CART = Box(0.26, 0.40, 0.40, 0.62)
BAG = Box(0.26, 0.52, 0.32, 0.62)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def zone(kind: str, polygon: tuple[tuple[float, float], ...] = WHOLE) -> Zone:
    return Zone(id="Z", name="北湖路口", kind=kind, polygon=polygon)


def person(now_s: float, since_s: float, *, name: str = "P1", box: Box = PERSON, stays: bool = True) -> Track:
    return Track(
        id=name,
        class_name="person",
        box=box,
        score=0.9,
        first_at=at(since_s),
        last_at=at(now_s),
        stays_since=at(since_s) if stays else None,
        seen_share=0.9,
    )


def residue(
    now_s: float,
    first_s: float,
    *,
    name: str = "R1",
    box: Box = BAG,
    left_s: float | None = None,
    explained: str | None = None,
    bringer: str | None = "P1",
    last_s: float | None = None,
) -> Residue:
    return Residue(
        id=name,
        box=box,
        first_at=at(first_s),
        still_since=at(first_s),
        last_at=at(now_s if last_s is None else last_s),
        bringer=bringer,
        bringer_class="person" if bringer else None,
        bringer_left_at=None if left_s is None or now_s < left_s + 1 else at(left_s),
        explained_as=explained,
    )


Look = Callable[[float], tuple[Sequence[Track], Sequence[Residue]]]


def judged(
    rule: Rule,
    look: Look,
    seconds: int,
    zones: Sequence[Zone],
    *,
    local_start: datetime = START,
    width_m: Callable[[Box], float | None] = unknown_width,
) -> list[tuple[int, Finding]]:
    findings = []
    for second in range(seconds):
        tracks, residues = look(float(second))
        sighting = Sighting(
            terminal_id="T",
            at=at(second),
            tracks=tuple(tracks),
            residues=tuple(residues),
            gap=timedelta(seconds=1 if second else 0),
            width_m=width_m,
        )
        local = local_start + timedelta(seconds=second)
        findings += [(second, finding) for finding in rule.judge(sighting, zones, local)]
    return findings


def phases(findings: list[tuple[int, Finding]], phase: Phase) -> list[int]:
    return [second for second, finding in findings if finding.phase is phase]

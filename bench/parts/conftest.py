"""Clips and looks that several parts share; made once."""

from pathlib import Path

import pytest

from bench.parts.streams import Judged, clip, judged, keyframe_looks
from fusion.ingest.look import Look

WORK = Path("var/bench")


@pytest.fixture(scope="session")
def work() -> Path:
    """Where prepared clips are kept."""
    return WORK


@pytest.fixture(scope="session")
def looks(work: Path) -> list[Look]:
    """Keyframes of a scene in which a stall comes."""
    return keyframe_looks(clip(work, "h264"), "h264")


@pytest.fixture(scope="session")
def judged_looks(looks: list[Look]) -> list[Judged]:
    """The same, judged with the shipped model."""
    return list(judged(looks))

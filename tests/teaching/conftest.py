"""The real embedder, and what is learnt from real crops."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fusion.pipeline.second_stage import shipped_embedder
from fusion.teaching.embedder import Embedder
from fusion.teaching.examples import read_crops
from fusion.teaching.learn import Learnt, learnt_from
from fusion.teaching.shelf import Shelf

from .crops import CARS, CHATS, STALLS, crops_of, keep

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return shipped_embedder()


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty stalls, thirty parked cars and thirty chats."""
    folder = tmp_path_factory.mktemp("marked")
    keep(folder, "stall", crops_of(STALLS, "stall"), 30)
    keep(folder, "parked_car", crops_of(CARS, "parked_car"), 30)
    keep(folder, "chat", crops_of(CHATS, "chat"), 30)
    return folder


@pytest.fixture(scope="session")
def learn(embedder: Embedder) -> Callable[[Path, Shelf], Learnt]:
    def learn_from(crops: Path, shelf: Shelf) -> Learnt:
        return learnt_from(read_crops(crops), shelf, embedder, now=NOW, code="test")

    return learn_from


@pytest.fixture(scope="session")
def learnt(marked: Path, learn: Callable[[Path, Shelf], Learnt], tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """Learnt once, with nothing in use before."""
    return learn(marked, Shelf(tmp_path_factory.mktemp("empty")))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "teaching")

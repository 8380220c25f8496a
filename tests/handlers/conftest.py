"""A site with a real store and a real bus."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fusion.bus import Bus
from fusion.storage import Store

from .zone import Site, sqlite


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture(scope="module")
def shared_bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """For tests that hand messages to the engine themselves."""
    bus = Bus("embedded", tmp_path_factory.mktemp("bus"))
    yield bus
    bus.close()


@pytest.fixture
def store(tmp_path: Path, stack: ExitStack) -> Store:
    found = sqlite(tmp_path)
    stack.callback(found.close)
    return found


@pytest.fixture
def site(store: Store, shared_bus: Bus) -> Site:
    """Three workers stand at 100, 200 and 300 m."""
    found = Site(store, shared_bus)
    for number in (1, 2, 3):
        found.stand(f"W-{number}", 100.0 * number)
    return found

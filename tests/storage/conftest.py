"""A store on each database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from fusion.storage import Store

from .postgres import Cluster, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "fusion.db"))
    found: Cluster = request.getfixturevalue("postgres")
    return found.database()


@pytest.fixture
def opened(url: URL, stack: ExitStack) -> Callable[[], Store]:
    """Opens the database, as often as one likes."""

    def one_more() -> Store:
        store = Store(url)
        stack.callback(store.close)
        return store

    return one_more


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()

"""One served page a process: NiceGUI has one application, which starts once."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .served import Served, serve


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with ExitStack() as stack:
        yield serve(tmp_path_factory.mktemp("room"), stack)

"""Buses of both kinds."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fusion.bus import Bus

from .servers import Server, program


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture(params=["redis", "valkey"])
def server(request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack) -> Server:
    found = Server(program(request.param), tmp_path / "server")
    stack.callback(found.stop)
    return found


@pytest.fixture
def bus(server: Server, tmp_path: Path, stack: ExitStack) -> Bus:
    found = Bus(server.url, tmp_path)
    stack.callback(found.close)
    return found

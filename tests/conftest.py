"""What each test leaves behind for the next one: nothing."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs_end_with_their_test() -> Iterator[None]:
    """A program that is run within a test sets up logs on a stream that is closed after it."""
    handlers = logging.getLogger().handlers[:]
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers

"""Progress on standard error: one line that is written over on a terminal, plain lines elsewhere."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Steps:
    """Says what is going on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False

    def at(self, what: str) -> None:
        """What is being done now."""
        with self._lock:
            if sys.stderr.isatty():
                sys.stderr.write(f"\r\033[K… {what}")
                self._open = True
            else:
                sys.stderr.write(f"… {what}\n")
            sys.stderr.flush()

    def say(self, line: str) -> None:
        """A line that stays, on standard output."""
        with self._lock:
            self._clear()
            print(line, flush=True)

    def _clear(self) -> None:
        if self._open:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._open = False

    def done(self) -> None:
        """Leave a clean line behind."""
        with self._lock:
            self._clear()


@contextmanager
def progress() -> Iterator[Steps]:
    """Steps that are cleaned up."""
    steps = Steps()
    try:
        yield steps
    finally:
        steps.done()

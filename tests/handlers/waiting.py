"""Waiting on a condition."""

import threading
import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    """Wait for a condition; False when it does not come."""
    deadline_s, pause = time.monotonic() + timeout_s, threading.Event()
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        pause.wait(0.02)
    return True

"""What is wrong with the keeping of evidence, said by those who do it, shown to people as one part of the system."""

import threading
from datetime import UTC, datetime


class Condition:
    """Any thread may say and ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: dict[str, str] = {}
        self.since = datetime.now(UTC)  #: since when it has been well, or not

    def say(self, about: str, wrong: str) -> None:
        """What is wrong about one thing; empty: nothing."""
        with self._lock:
            was_well = not self._wrong
            self._wrong.pop(about, None)
            if wrong:
                self._wrong[about] = wrong
            if was_well != (not self._wrong):
                self.since = datetime.now(UTC)

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self._wrong

    @property
    def detail(self) -> str:
        """Everything that is wrong, in English."""
        with self._lock:
            return "; ".join(self._wrong.values())

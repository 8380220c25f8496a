"""The newest keyframe of each terminal, waiting for a decoder: never a queue of old ones."""

import threading
from collections import OrderedDict

from fusion.ingest.reader import Encoded


class NewestSlots:
    """One slot a terminal, so at most one packet each; a newer one takes the place of an older.

    Terminals are served in the order in which their slots filled, and none by two takers at once.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Encoded] = OrderedDict()
        self._busy: set[str] = set()
        self._changed = threading.Condition()
        self._closed = False

    def offer(self, terminal_id: str, packet: Encoded) -> bool:
        """Put it in the terminal's slot; whether an older one was there and is given up."""
        with self._changed:
            replaced = terminal_id in self._waiting
            self._waiting[terminal_id] = packet
            self._changed.notify()
            return replaced

    def take(self) -> tuple[str, Encoded] | None:
        """Wait for the next terminal and take its keyframe; its slot stays this taker's until `done`. None: closed."""
        with self._changed:
            while not self._closed:
                for terminal_id in self._waiting:
                    if terminal_id not in self._busy:
                        self._busy.add(terminal_id)
                        return terminal_id, self._waiting.pop(terminal_id)
                self._changed.wait()
            return None

    def done(self, terminal_id: str) -> None:
        """The taker is ready with this terminal."""
        with self._changed:
            self._busy.discard(terminal_id)
            self._changed.notify()

    def close(self) -> None:
        """Wake all takers for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

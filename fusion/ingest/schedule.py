"""Which terminal's newest keyframe is decoded next: what must be seen, then what is worth it, then the rest. Pure."""

import heapq
import itertools
from dataclasses import dataclass
from enum import IntEnum

from fusion.ingest.reader import Encoded


class Call(IntEnum):
    """Why a keyframe should be looked at; lower ones go first."""

    MUST = 0  #: else the longest gap would be passed
    ACTIVE = 1  #: a candidate is there, or a change that the next picture confirmed
    WANT = 2  #: one change alone, or its zones and hours deserve it
    SPARE = 3  #: nothing goes on there, but there may be time left


#: The level of the budget (-1 to 1) above which each call is answered.
_FLOOR = {Call.MUST: -1.0, Call.ACTIVE: -0.3, Call.WANT: 0.0, Call.SPARE: 0.5}


@dataclass(frozen=True, slots=True)
class _Entry:
    packet: Encoded
    number: int
    call: Call
    due_s: float


class Schedule:
    """One place a terminal, so at most one keyframe each: a newer one takes the place of an older, and nothing queues.

    Within a call the one that is due first goes first, so that under too much load the gaps of all grow alike.
    One thread at a time.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._heaps: dict[Call, list[tuple[float, int, str]]] = {call: [] for call in Call}
        self._busy: set[str] = set()
        self._numbers = itertools.count()

    def __len__(self) -> int:
        """How many keyframes wait."""
        return len(self._entries)

    def offer(self, terminal_id: str, packet: Encoded, call: Call, due_s: float) -> bool:
        """Put it in the terminal's place; whether an older one was there and is given up.

        Args:
            terminal_id: whose keyframe it is.
            packet: the keyframe.
            call: why it should be looked at.
            due_s: when the look is due, on any clock that is common to all.
        """
        replaced = terminal_id in self._entries
        entry = self._entries[terminal_id] = _Entry(packet, next(self._numbers), call, due_s)
        self._push(terminal_id, entry)
        return replaced

    def take(self, level: float) -> tuple[str, Encoded] | None:
        """The next keyframe that the budget's level allows; its terminal is the taker's until `done`."""
        for call in Call:
            if level <= _FLOOR[call]:
                return None
            terminal_id = self._first(call)
            if terminal_id is not None:
                self._busy.add(terminal_id)
                return terminal_id, self._entries.pop(terminal_id).packet
        return None

    def done(self, terminal_id: str) -> None:
        """The taker is ready with this terminal."""
        self._busy.discard(terminal_id)
        entry = self._entries.get(terminal_id)
        if entry is not None:
            self._push(terminal_id, entry)

    def forget(self, terminal_id: str) -> None:
        """Nothing of it waits any more."""
        self._entries.pop(terminal_id, None)

    def _push(self, terminal_id: str, entry: _Entry) -> None:
        heapq.heappush(self._heaps[entry.call], (entry.due_s, entry.number, terminal_id))

    def _first(self, call: Call) -> str | None:
        """The terminal that is due first; entries that were replaced, or are in work, fall out of the heap here."""
        heap = self._heaps[call]
        while heap:
            _, number, terminal_id = heapq.heappop(heap)
            entry = self._entries.get(terminal_id)
            if entry is not None and entry.number == number and terminal_id not in self._busy:
                return terminal_id
        return None

"""Goes round the desks: what each has brought, whether it fares well, how long it was not looked at."""

import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice

from fusion.ingest.counters import Counting
from fusion.ingest.desk import Desk
from fusion.ingest.reader import PacketReader, ReadFacts

_ROUND_S = 5.0
_STEP_S = 0.5


class Minder(threading.Thread):
    """Visits each desk once a round, a few at each step, so that no moment has to do it all."""

    def __init__(self, desks: Mapping[str, Desk], reader: PacketReader, counting: Counting) -> None:
        super().__init__(name="mind", daemon=True)
        self._desks, self._reader, self._counting = desks, reader, counting
        self._stopping = threading.Event()
        self._counted = threading.Lock()  #: held from asking until it is counted: older facts never come later
        self._gaps_s: deque[float] = deque([0.0, 0.0], maxlen=2)  #: longest of this round and of the one before

    def run(self) -> None:
        """Until told to stop."""
        while not self._stopping.is_set():
            ids = list(self._desks)
            steps = round(_ROUND_S / _STEP_S)
            self._gaps_s.append(0.0)
            for number in range(steps):
                if self._stopping.wait(_STEP_S):
                    return
                for terminal_id in islice(ids, number, None, steps):
                    self._visit(terminal_id)

    def stop(self) -> None:
        """End soon. Twice is harmless."""
        self._stopping.set()
        if self.is_alive():
            self.join(_STEP_S)

    def count(self) -> None:
        """Bring the counters of packets up to date, for whoever asks between two rounds."""
        for terminal_id in list(self._desks):
            self._count(terminal_id)

    @property
    def longest_gap_s(self) -> float:
        """The longest time between two looks at one terminal in the last round or two."""
        return max(self._gaps_s)

    def _count(self, terminal_id: str) -> ReadFacts:
        with self._counted:
            facts = self._reader.facts(terminal_id)
            self._counting.read(terminal_id, facts)
        return facts

    def _visit(self, terminal_id: str) -> None:
        desk = self._desks.get(terminal_id)
        if desk is None:
            return
        desk.mind(self._count(terminal_id), datetime.now(UTC))
        self._gaps_s[-1] = max(self._gaps_s[-1], desk.longest_gap_s)
        desk.longest_gap_s = 0.0

"""Processor time by stage, of one clip that is judged in one thread."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Stages may stand within each other: the inner one's time is not the outer one's."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = defaultdict(float)
        self.times: dict[str, int] = defaultdict(int)
        self._inner_s = [0.0]  #: by depth: what stages within the one that runs have taken

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count this thread's processor time for a stage."""
        began_s = time.thread_time()
        self.times[stage] += 1
        self._inner_s.append(0.0)
        try:
            yield
        finally:
            spent_s = time.thread_time() - began_s
            self.cpu_s[stage] += spent_s - self._inner_s.pop()
            self._inner_s[-1] += spent_s

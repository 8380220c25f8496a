"""What is usual of a figure, learnt slowly."""

import math
from datetime import datetime, timedelta
from statistics import median

_FIRST = 64  #: values kept while it settles; a burst gives more, and the last ones do


class Usual:
    """A running average that begins with the median of its first values and leaves out what is unusual."""

    __slots__ = ("_first", "_from", "_last", "_learnt_after", "_memory", "_settle", "_strange_from", "value")

    def __init__(self, settle: timedelta, memory: timedelta, learnt_after: timedelta) -> None:
        """Believed after `settle`; `memory` is its time constant; what stays unusual for `learnt_after` is usual."""
        self._settle, self._memory, self._learnt_after = settle, memory, learnt_after
        self.value = 0.0  #: 0 until it has settled
        self._first: list[float] | None = []
        self._from: datetime | None = None
        self._last: datetime | None = None
        self._strange_from: datetime | None = None

    def ratio(self, value: float) -> float | None:
        """To the usual value; None before that has settled."""
        return value / self.value if self._first is None and self.value > 0 else None

    def learn(self, value: float, at: datetime, *, usual_now: bool) -> None:
        """Take a value in; one of an unusual time only begins to count after `learnt_after`."""
        if self._last is None or at < self._last:
            self._last = self._from = at
        gap = at - self._last
        self._last = at
        if self._first is not None:
            self._settle_down(self._first, value, at)
        elif usual_now:
            self._strange_from = None
            self.value += (1.0 - math.exp(-gap / self._memory)) * (value - self.value)
        elif self._strange_from is None:
            self._strange_from = at
        elif at - self._strange_from >= self._learnt_after:
            self.value, self._strange_from = value, None

    def _settle_down(self, first: list[float], value: float, at: datetime) -> None:
        if len(first) == _FIRST:
            first.pop(0)
        first.append(value)
        if self._from is not None and at - self._from >= self._settle and len(first) >= 3:
            self.value, self._first = median(first), None

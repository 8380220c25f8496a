"""How long to wait before the next attempt: exponential with full jitter (AWS Architecture Blog, 2015), and a cap."""

import random
from datetime import timedelta


class Backoff:
    """The waits of one stream; not shared between threads."""

    def __init__(
        self, first: timedelta, cap: timedelta, stable_after: timedelta, rng: random.Random | None = None
    ) -> None:
        self._first, self._cap, self._stable_after = first, cap, stable_after
        self._rng = rng or random.Random()  # noqa: S311 - spreads attempts, guards no secret
        self.failures = 0  #: in a row, since the last connection that was stable

    def failed(self, held: timedelta = timedelta(0), *, refused: bool = False) -> timedelta:
        """The wait after an attempt failed, or after a connection that held for a while was lost.

        A refused login waits between once and twice the cap: cameras lock accounts after a few wrong tries.
        """
        if held >= self._stable_after:
            self.failures = 0
        longest: timedelta = min(self._cap, self._first * float(2 ** min(self.failures, 20)))
        self.failures += 1
        if refused:
            return self._cap * self._rng.uniform(1.0, 2.0)
        return longest * self._rng.random()

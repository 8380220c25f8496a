"""How much processor time may be used: a bucket that fills at so many cores and is emptied by what was used. Pure."""

_DEPTH_S = 1.0  #: seconds of the budget that can be saved up, and that can be owed


class Budget:
    """One thread at a time; times and use are given by the caller, in seconds."""

    def __init__(self, cores: float | None, now_s: float, used_s: float) -> None:
        """`cores`: processor seconds a second, 1.0 is one core; None: as much as there is."""
        self.cores = cores
        self._now_s, self._used_s = now_s, used_s
        self._level_s = 0.0
        self._use_cores = 0.0

    def update(self, now_s: float, used_s: float) -> None:
        """So much processor time has been used in all by now."""
        gone_s, spent_s = now_s - self._now_s, used_s - self._used_s
        if gone_s <= 0.0:
            return
        self._now_s, self._used_s = now_s, used_s
        share = min(1.0, gone_s / 5.0)
        self._use_cores += share * (spent_s / gone_s - self._use_cores)
        if self.cores is not None:
            depth_s = _DEPTH_S * self.cores
            self._level_s = max(-depth_s, min(depth_s, self._level_s + self.cores * gone_s - spent_s))

    @property
    def level(self) -> float:
        """From -1 (so much is owed that even what must be done waits) over 0 (used as it comes) to 1 (saved up)."""
        return 1.0 if self.cores is None else self._level_s / (_DEPTH_S * self.cores)

    @property
    def use_cores(self) -> float:
        """What was used of late, in cores, smoothed over some five seconds."""
        return self._use_cores

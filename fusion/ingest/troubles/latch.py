"""Hysteresis in time: a trouble is raised after it held, and cleared after it was well again."""

from datetime import datetime, timedelta

_SPLIT = timedelta(minutes=10)  #: nothing seen for this long: what was before does not count towards raising


class Latch:
    """Raised after `looks` bad judgements in a row over at least `after`; cleared alike by well ones.

    A judgement of None (could not be told) neither breaks a row nor counts. A clock that was set back, and a long gap,
    begin a row anew; neither raises or clears anything by itself.
    """

    __slots__ = ("_after", "_at", "_begun", "_clear_after", "_clear_looks", "_count", "_looks", "raised", "since")

    def __init__(self, after: timedelta, looks: int, clear_after: timedelta, clear_looks: int) -> None:
        self._after, self._looks = after, looks
        self._clear_after, self._clear_looks = clear_after, clear_looks
        self.raised = False
        self.since: datetime | None = None  #: while raised: the first bad judgement of the row that raised it
        self._begun: datetime | None = None  #: of the row that speaks against the present state
        self._at: datetime | None = None  #: of the row's last judgement
        self._count = 0

    def judge(self, bad: bool | None, at: datetime, after: timedelta | None = None) -> bool:
        """Take one judgement in; whether it raised the trouble now.

        Args:
            bad: what this look or window shows; None: nothing.
            at: when (aware).
            after: to be held for this long this time, instead of the latch's own.
        """
        if bad is None:
            return False
        if bad == self.raised:
            self._count = 0
            return False
        if self._count == 0 or self._at is None or self._begun is None or not self._at <= at <= self._at + _SPLIT:
            self._begun, self._count = at, 0
        self._count += 1
        self._at = at
        held = at - self._begun
        if not self.raised and self._count >= self._looks and held >= (after or self._after):
            self.raised, self.since, self._count = True, self._begun, 0
            return True
        if self.raised and self._count >= self._clear_looks and held >= self._clear_after:
            self.reset()
        return False

    @property
    def begun(self) -> datetime | None:
        """When the present trouble began, raised or on the way to it; None: all is well."""
        return self.since if self.raised else (self._begun if self._count else None)

    def reset(self) -> None:
        """All is well, and nothing is held against it."""
        self.raised, self.since, self._count = False, None, 0

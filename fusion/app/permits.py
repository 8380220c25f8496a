"""The register of stalls as the terminals know it: taken up when it changes, and at midnight."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fusion.handlers.permits import with_permits
from fusion.storage import Store
from fusion.types.errors import PeerFault
from fusion.types.stall import Stall
from fusion.types.terminal import Terminal


class Permits:
    """While the store is away, what was known before holds."""

    def __init__(
        self, store: Store, clock: ZoneInfo, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store, self._clock, self._now = store, clock, now
        self._stalls: Sequence[Stall] = ()
        self._used: tuple[tuple[int, int], date] | None = None

    def put_on(self, terminals: tuple[Terminal, ...]) -> tuple[Terminal, ...]:
        """The terminals with a zone for each permitted place that they see today."""
        mark = self._mark()
        if mark is not None:
            self._stalls, self._used = self._store.stalls.all(), mark
        return with_permits(terminals, self._stalls, self._today())

    def stale(self) -> bool:
        """Whether the register or the day has changed since the terminals were given their zones."""
        mark = self._mark()
        return mark is not None and mark != self._used

    def _mark(self) -> tuple[tuple[int, int], date] | None:
        try:
            return self._store.stalls.mark(), self._today()
        except PeerFault:
            return None

    def _today(self) -> date:
        return self._now().astimezone(self._clock).date()

"""What the past tells a start."""

from collections.abc import Iterable
from datetime import UTC, datetime

from fusion.types.case import Case
from fusion.types.errors import SiteError


def times_of(cases: Iterable[Case]) -> dict[str, tuple[datetime, ...]]:
    """When each terminal had cases: at those hours it is looked at more often."""
    found: dict[str, tuple[datetime, ...]] = {}
    for case in cases:
        if case.terminal_id is not None:
            found[case.terminal_id] = (*found.get(case.terminal_id, ()), case.met_at)
    return found


def check_clock(now: datetime) -> None:
    """A box whose clock was never set would date evidence wrongly."""
    if now < datetime(2025, 1, 1, tzinfo=UTC):
        raise SiteError(f"clock: it says {now:%Y-%m-%d}; wanted: the right time, since evidence is dated by it")

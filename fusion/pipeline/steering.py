"""What the judge of a terminal asks of whoever looks at it."""

from datetime import datetime, timedelta
from typing import Protocol

from fusion.ingest.look import Look
from fusion.pipeline.judge import TerminalJudge

_ATTEND = timedelta(seconds=20)
#: From this level of the budget on, so many crops of a look; None: as many as the judge wants.
_CROPS_BY_EFFORT: tuple[tuple[float, int | None], ...] = ((0.5, None), (0.0, 2))


class Steered(Protocol):
    """Looks at terminals, live or from files."""

    def attend(self, terminal_id: str, until: datetime) -> None:
        """Look at every keyframe until then (aware)."""

    def burst(self, terminal_id: str, for_: timedelta | None = None) -> bool:
        """Look several times a second for a while; whether that can be."""


def steer(looker: Steered, judge: TerminalJudge, look: Look) -> None:
    """After a look was judged: look harder where something may become a finding."""
    if not judge.candidate:
        return
    terminal_id = look.picture.terminal_id
    looker.attend(terminal_id, look.picture.at + _ATTEND)
    if judge.wants_burst:
        looker.burst(terminal_id)


def most_crops(*, burst: bool, effort: float = 1.0) -> int | None:
    """How many crops of a look the detector may be given: all, unless it is a burst or time is short."""
    if burst:
        return 1
    return next((crops for floor, crops in _CROPS_BY_EFFORT if effort >= floor), 1)

"""How long a stage of a case may take, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """The stages of GB/T 30428-8 that have a limit of their own."""

    FILE = "file"  #: collected, until it is filed 立案
    DISPATCH = "dispatch"  #: filed, until somebody is told 派遣
    HANDLE = "handle"  #: told, until it is handled 处置
    VERIFY = "verify"  #: handled, until it is verified 核查
    CLOSE = "close"  #: verified, until it is closed 结案


class Level(StrEnum):
    """How a deadline stands."""

    GREEN = "green"
    AMBER = "amber"  #: most of the limit is used
    RED = "red"  #: all of it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One stage's limit. While the case is suspended the clock stands: both times are None."""

    stage: Stage
    limit: str  #: as the site wrote it: "4 working hours"
    counted_from: datetime  #: when the stage began, or when the clock went on after a pause
    used: timedelta  #: of the limit (working time where it counts that) before `counted_from`
    amber_at: datetime | None
    red_at: datetime | None
    told: Level = Level.GREEN  #: the highest that people were told of
    note_zh: str = ""  #: how it was counted, where that is not plain
    note_en: str = ""

    def level(self, now: datetime) -> Level:
        """How it stands now; while the clock stands, as it was told."""
        if self.red_at is None or self.amber_at is None:
            return self.told
        if now >= self.red_at:
            return Level.RED
        return Level.AMBER if now >= self.amber_at else Level.GREEN

    @property
    def next_at(self) -> datetime | None:
        """When people are to be told next; None: nothing more to tell, or the clock stands."""
        return {Level.GREEN: self.amber_at, Level.AMBER: self.red_at, Level.RED: None}[self.told]

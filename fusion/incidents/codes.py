"""The site's table of codes and limits, and to which of the four platforms a case goes.

Codes, classes and limits differ from city to city (GB/T 30428-2, -8), so all of it is the site's to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from fusion.incidents.deadlines import Limit, WorkingTimes
from fusion.plugins import Config, Duration
from fusion.types.deadline import Stage

PlatformId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class PlatformName(Config):
    """What a platform is called."""

    zh: str
    en: str


#: The zone's four platforms 四个平台.
FOUR = {
    "governance": PlatformName(zh="综治工作", en="Comprehensive governance"),
    "market": PlatformName(zh="市场监管", en="Market supervision"),
    "enforcement": PlatformName(zh="综合执法", en="Administrative enforcement"),
    "services": PlatformName(zh="便民服务", en="Convenience services"),
}


class Limits(Config):
    """How long each stage may take: in working hours or days, or by the clock. None: no limit."""

    file: Limit | None = "2 working hours"
    dispatch: Limit | None = "15min"
    handle: Limit | None = "4 working hours"
    verify: Limit | None = "4 working hours"
    close: Limit | None = "1 working day"

    def of(self, stage: Stage) -> str | None:
        """The limit of a stage."""
        limit: str | None = getattr(self, stage.value)
        return limit


class CodeEntry(Config):
    """One row of the code table."""

    kind: str  #: event kind
    code: str  #: of the minor class 小类, in the site's own table
    zh: str  #: the minor class's name
    en: str
    major: str  #: code of the major class 大类
    major_zh: str
    major_en: str
    platform: PlatformId = "enforcement"
    filed_by: Literal["fusion", "person"] = "fusion"  #: who files what is believed
    limits: Limits = Limits()


class Route(Config):
    """An exception from the code table; the first that fits decides. What is left empty fits all."""

    kinds: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()  #: full or small grids
    zones: tuple[str, ...] = ()  #: ids of a terminal's zones: the rule that was met there
    sources: tuple[Literal["video", "sensor", "hotline", "worker"], ...] = ()
    platform: PlatformId
    with_: Annotated[tuple[PlatformId, ...], Field(alias="with")] = ()  #: a joint case from the start, with these


class ClosingPolicy(Config):
    """What follows when the terminals look again after "handled"."""

    by_eye: Literal["off", "propose", "close"] = "propose"  #: "close": a clear place closes the case by itself
    look_after: Duration = timedelta(seconds=2)  #: people and brooms leave the picture first
    looks: Annotated[int, Field(ge=1, le=50)] = 5  #: pictures that are compared
    look_within: Duration = timedelta(seconds=60)  #: no answer for so long: a person decides
    darkest: Annotated[float, Field(ge=0, le=255)] = 28.0  #: mean luma of the place below which nothing can be said
    clear_share: Annotated[float, Field(gt=0.5, le=1)] = 0.7  #: of the thing's pixels that show the ground again


class CasesConfig(Config):
    """How cases are filed, routed, timed and closed."""

    platforms: dict[PlatformId, PlatformName] = FOUR
    working_times: WorkingTimes = WorkingTimes()
    amber_share: Annotated[float, Field(gt=0, lt=1)] = 0.75  #: of a limit that is used up
    default_limits: Limits = Limits()  #: of kinds without a row in the code table
    default_platform: PlatformId = "enforcement"
    routes: tuple[Route, ...] = ()
    recurrence_within: Duration = timedelta(days=30)  #: of the earlier case's end
    recurrence_near_m: Annotated[float, Field(ge=0, le=1000)] = 20.0
    closing: ClosingPolicy = ClosingPolicy()


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a case goes."""

    platform: str
    others: tuple[str, ...] = ()  #: joint action with these


@dataclass(frozen=True, slots=True)
class Book:
    """The code table and the rules about it."""

    config: CasesConfig = field(default_factory=CasesConfig)
    rows: tuple[CodeEntry, ...] = ()

    def row(self, kind: str) -> CodeEntry | None:
        """The row of a kind."""
        return next((row for row in self.rows if row.kind == kind), None)

    def limit(self, kind: str, stage: Stage) -> str | None:
        """How long a stage may take."""
        row = self.row(kind)
        return (row.limits if row else self.config.default_limits).of(stage)

    def filed_by_person(self, kind: str) -> bool:
        """Whether a case of this kind waits until somebody files it."""
        row = self.row(kind)
        return row is not None and row.filed_by == "person"

    def route(self, *, kind: str, grids: Sequence[str | None], zone: str | None, source: str) -> Routed:
        """Which platform a case goes to."""
        for route in self.config.routes:
            fits = (
                (not route.kinds or kind in route.kinds)
                and (not route.grids or bool(set(grids) & set(route.grids)))
                and (not route.zones or zone in route.zones)
                and (not route.sources or source in route.sources)
            )
            if fits:
                return Routed(route.platform, tuple(name for name in route.with_ if name != route.platform))
        row = self.row(kind)
        return Routed(row.platform if row else self.config.default_platform)

"""Fill level of a waste bin 垃圾桶满溢: what does not go in any more lies beside it (暴露垃圾)."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from fusion.plugins import Duration, Registries
from fusion.sensors.base import SensorConfig
from fusion.sensors.reading import Reading
from fusion.types.signal import EventKind, Reason

Percent = Annotated[float, Field(ge=0, le=100)]


@Registries.sensors.register
class FillLevelConfig(SensorConfig):
    """`value` is the fill level in percent. Full at one level, emptied below another, so that it does not flap.

    Such sensors speak seldom (each quarter of an hour to each few hours) and now and then measure the lid: so one
    full reading alone is not told unless `lasts` is 0.
    """

    units: ClassVar[tuple[str, ...]] = ("percent", "%")
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 100.0

    kind: Literal["fill_level"] = "fill_level"
    event: str = EventKind.WASTE_DUMPING
    full_percent: Percent = 90.0
    emptied_percent: Percent = 60.0
    lasts: Duration = timedelta(minutes=5)
    oldest: Duration = timedelta(hours=6)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.emptied_percent >= self.full_percent:
            found = f"{self.emptied_percent:g} and {self.full_percent:g}"
            raise ValueError(f"wanted emptied_percent below full_percent, found {found}")
        return self

    def holds(self, value: float, *, before: bool) -> bool:
        """Full, or not emptied since."""
        return value >= (self.emptied_percent if before else self.full_percent)

    def reason(self, reading: Reading, since: datetime) -> Reason:
        """How full, and since when."""
        minutes = round((reading.at - since).total_seconds() / 60)
        return Reason(
            zh=f"垃圾桶“{self.name}”满溢 {reading.value:.0f}%（≥ {self.full_percent:g}% 已 {minutes} 分钟）",
            en=f"waste bin {self.name!r} is {reading.value:.0f} % full (full at {self.full_percent:g} %, "
            f"for {minutes} min)",
            data={"fill_percent": reading.value, "full_percent": self.full_percent, "full_min": float(minutes)},
        )

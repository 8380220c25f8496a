"""Smoke in the open 露天焚烧: rubbish or leaves that burn, seen as obscuration of the air."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from fusion.plugins import Duration, Registries
from fusion.sensors.base import SensorConfig
from fusion.sensors.reading import Reading
from fusion.types.signal import Reason

Obscuration = Annotated[float, Field(gt=0, le=20)]


@Registries.sensors.register
class SmokeConfig(SensorConfig):
    """`value` is the obscuration in dB/m, as EN 54-7 measures smoke: alarms lie near 0.15, clear air below 0.05.

    One puff is a passing lorry: it must be smoke for `lasts`.
    """

    units: ClassVar[tuple[str, ...]] = ("dB/m",)
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 20.0

    kind: Literal["smoke"] = "smoke"
    event: str = "open_burning"
    alarm_db_m: Obscuration = 0.2
    clear_db_m: Obscuration = 0.1
    lasts: Duration = timedelta(seconds=30)
    period: Duration | None = timedelta(minutes=5)
    belief: Annotated[float, Field(ge=0, le=1)] = 0.7

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.clear_db_m >= self.alarm_db_m:
            raise ValueError(f"wanted clear_db_m below alarm_db_m, found {self.clear_db_m:g} and {self.alarm_db_m:g}")
        return self

    def holds(self, value: float, *, before: bool) -> bool:
        """Smoke, or not clear since."""
        return value >= (self.clear_db_m if before else self.alarm_db_m)

    def reason(self, reading: Reading, since: datetime) -> Reason:
        """How thick, and since when."""
        lasted_s = round((reading.at - since).total_seconds())
        return Reason(
            zh=f"烟感“{self.name}”测得烟雾 {reading.value:.2f} dB/m（≥ {self.alarm_db_m:g} 已 {lasted_s} 秒）",
            en=f"smoke detector {self.name!r} measures {reading.value:.2f} dB/m (alarm at {self.alarm_db_m:g}, "
            f"for {lasted_s} s)",
            data={"obscuration_db_m": reading.value, "alarm_db_m": self.alarm_db_m, "lasted_s": float(lasted_s)},
        )

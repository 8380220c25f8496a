"""Tilt 倾斜: a bin overturned, a pole or a sign hit, a manhole cover lifted."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from fusion.plugins import Duration, Registries
from fusion.sensors.base import SensorConfig
from fusion.sensors.reading import Reading
from fusion.types.signal import Reason

Degrees = Annotated[float, Field(gt=0, le=180)]


@Registries.sensors.register
class TiltConfig(SensorConfig):
    """`value` is the angle in degrees between the sensor's axis now and when it was mounted."""

    units: ClassVar[tuple[str, ...]] = ("deg", "°")
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 180.0

    kind: Literal["tilt"] = "tilt"
    event: str = "facility_tilt"
    tilted_deg: Degrees = 20.0
    righted_deg: Degrees = 8.0
    lasts: Duration = timedelta(minutes=2)  #: a bin that is emptied is tilted for less
    period: Duration | None = timedelta(hours=6)
    oldest: Duration = timedelta(hours=6)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.righted_deg >= self.tilted_deg:
            found = f"{self.righted_deg:g} and {self.tilted_deg:g}"
            raise ValueError(f"wanted righted_deg below tilted_deg, found {found}")
        return self

    def holds(self, value: float, *, before: bool) -> bool:
        """Tilted, or not righted since."""
        return value >= (self.righted_deg if before else self.tilted_deg)

    def reason(self, reading: Reading, since: datetime) -> Reason:
        """By how much, and since when."""
        minutes = round((reading.at - since).total_seconds() / 60)
        return Reason(
            zh=f"“{self.name}”倾斜 {reading.value:.0f}°（≥ {self.tilted_deg:g}° 已 {minutes} 分钟）",
            en=f"{self.name!r} is tilted by {reading.value:.0f}° (limit {self.tilted_deg:g}°, for {minutes} min)",
            data={"tilt_deg": reading.value, "limit_deg": self.tilted_deg, "lasted_min": float(minutes)},
        )

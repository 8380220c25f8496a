"""Noise 噪声扰民: loudspeakers of stalls, machines at night; the limits of GB 3096-2008 by day and by night."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from fusion.plugins import Duration, Registries
from fusion.sensors.base import SensorConfig
from fusion.sensors.reading import Reading
from fusion.types.signal import Reason

Decibel = Annotated[float, Field(gt=0, le=150)]
_NIGHT: Final = (22, 6)  # hours of the local day, GB 3096-2008, 3.4


@Registries.sensors.register
class NoiseConfig(SensorConfig):
    """`value` is the equivalent level L_Aeq of the sensor's last period in dB(A).

    The limits are those of a class-2 area (dwellings mixed with trade); an industrial area of class 3 has 65 and 55.
    """

    units: ClassVar[tuple[str, ...]] = ("dB(A)", "dBA")
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 150.0

    kind: Literal["noise"] = "noise"
    event: str = "noise"
    day_db: Decibel = 60.0
    night_db: Decibel = 50.0
    over_db: Annotated[float, Field(ge=0, le=30)] = 3.0  #: it is too loud by this; and no longer at the limit itself
    utc_offset: Duration = timedelta(hours=8)  #: of the sensor's local clock, by which night is night
    lasts: Duration = timedelta(minutes=10)
    period: Duration | None = timedelta(minutes=5)
    uncertainty_m: float = 50.0  #: it hears what is around it, not at it
    belief: Annotated[float, Field(ge=0, le=1)] = 0.65

    def holds(self, value: float, *, before: bool) -> bool:
        """Too loud for a day."""
        return value > self.day_db + (0.0 if before else self.over_db)

    def holds_at(self, reading: Reading, *, before: bool) -> bool:
        """Too loud for the hour."""
        return reading.value > self._limit_db(reading.at) + (0.0 if before else self.over_db)

    def reason(self, reading: Reading, since: datetime) -> Reason:
        """How loud, against which limit, and since when."""
        minutes, limit = round((reading.at - since).total_seconds() / 60), self._limit_db(reading.at)
        zh, en = ("夜间", "night") if limit == self.night_db != self.day_db else ("昼间", "day")
        return Reason(
            zh=f"噪声“{self.name}”{reading.value:.0f} dB(A)，超过{zh}限值 {limit:g}，已 {minutes} 分钟",
            en=f"noise at {self.name!r} {reading.value:.0f} dB(A), above the {en} limit {limit:g}, for {minutes} min",
            data={"level_db": reading.value, "limit_db": limit, "lasted_min": float(minutes)},
        )

    def _limit_db(self, at: datetime) -> float:
        hour = (at.hour * 60 + at.minute - (at.utcoffset() or timedelta(0)).total_seconds() / 60) / 60
        local = (hour + self.utc_offset.total_seconds() / 3600) % 24
        starts, ends = _NIGHT
        return self.night_db if local >= starts or local < ends else self.day_db

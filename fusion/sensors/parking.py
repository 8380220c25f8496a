"""Geomagnetic detector in the ground 地磁: something of iron stands where nothing may stand for long (违规停放)."""

from datetime import datetime, timedelta
from typing import ClassVar, Literal

from fusion.plugins import Duration, Registries
from fusion.sensors.base import SensorConfig
from fusion.sensors.reading import Reading
from fusion.types.errors import TerminalFault
from fusion.types.signal import Reason


@Registries.sensors.register
class ParkingConfig(SensorConfig):
    """`value` is 1 while a vehicle stands over the detector and 0 while none does.

    Such detectors speak when that changes, and a heartbeat in between. A bay where stopping is allowed for a while
    says so by `lasts`.
    """

    units: ClassVar[tuple[str, ...]] = ("occupied",)
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 1.0

    kind: Literal["parking"] = "parking"
    event: str = "illegal_parking"
    uncertainty_m: float = 2.5
    lasts: Duration = timedelta(minutes=10)
    period: Duration | None = timedelta(hours=1)
    oldest: Duration = timedelta(hours=2)

    def holds(self, value: float, *, before: bool) -> bool:
        """Occupied."""
        del before
        if value not in {0.0, 1.0}:
            raise TerminalFault(f"value {value:g}; wanted: 0 (free) or 1 (occupied)")
        return value == 1.0

    def reason(self, reading: Reading, since: datetime) -> Reason:
        """Since when."""
        minutes = round((reading.at - since).total_seconds() / 60)
        limit = round(self.lasts.total_seconds() / 60)
        return Reason(
            zh=f"地磁“{self.name}”已被占用 {minutes} 分钟（限 {limit} 分钟）",
            en=f"parking detector {self.name!r} occupied for {minutes} min (limit {limit} min)",
            data={"occupied_min": float(minutes), "limit_min": float(limit)},
        )

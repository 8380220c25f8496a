"""The register of stalls 摊点实名制: who may trade where and when."""

from dataclasses import dataclass
from datetime import date, datetime

from fusion.types.place import GeoPoint
from fusion.types.zone import TimeWindow

#: Goods that stand in a zone of this kind within its windows are no encroachment.
PERMITTED_STALL = "permitted_stall"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedPlace:
    """One place where a vendor may trade."""

    point: GeoPoint  #: its middle
    radius_m: float = 3.0
    windows: tuple[TimeWindow, ...] = ()  #: in the site's local time; empty: always


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """One registered stall. `vendor`, `permit_no` and `phone` are personal data."""

    id: str
    vendor: str
    permit_no: str = ""
    phone: str = ""
    sells: str = ""
    places: tuple[PermittedPlace, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None  #: the last day
    version: int = 0  #: grows by one with each change

    def __repr__(self) -> str:
        return f"Stall({self.id})"

    def valid_on(self, day: date) -> bool:
        """Whether the permit holds on a day of the site's calendar."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Somebody saw or changed personal data: a line that stays."""

    seq: int
    at: datetime
    actor: str  #: "user:admin"
    deed: str  #: "viewed", "listed", "changed", "withdrawn", "linked", "imported"
    subject: str  #: "stall:S-017"
    before: str  #: the `hash` of the line before; empty for the first
    hash: str  #: sha256 over all of the above

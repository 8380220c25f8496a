"""Reports: what a hotline, a tip-off, a worker or the room itself says of one thing, before it is a signal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fusion.types.errors import SiteError
from fusion.types.place import Datum, Place
from fusion.types.signal import EvidenceRef


class ReportSource(StrEnum):
    """Ways in beside cameras and sensors."""

    HOTLINE = "8890"  #: the citizen hotline 8890 热线
    CONDUCT = "xingfeng"  #: the hotline on the conduct of offices 行风热线
    TIP_OFF = "tip_off"  #: 爆料
    WORKER = "worker"  #: a grid worker's own, from the phone 网格员上报
    ROOM = "room"  #: noted by a member of the command room 指挥室登记


class WhyRefused(StrEnum):
    """Why a report is not taken: the label under which it is counted."""

    SOURCE = "source"
    KEY = "key"
    KIND = "kind"
    DATUM = "datum"  #: missing, or none that is known
    PLACE = "place"  #: no degrees of its datum
    OUTSIDE = "outside"  #: in none of the zone's grids
    FUTURE = "future"
    STALE = "stale"
    TIME = "time"  #: without its zone, or began after it was told
    TEXT = "text"
    WORKER = "worker"  #: not on the roster
    PHOTO = "photo"
    REUSED = "reused"  #: its key stands for another report already


class ReportRefused(SiteError):
    """A report is not what is wanted; nothing was changed."""

    def __init__(self, why: WhyRefused, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReport:
    """A report as somebody gave it, of the right types and nothing more; every door makes one of these."""

    source: str
    key: str  #: the giver's own number for it: the same key is the same report
    kind: str
    lon: float  #: degrees of `datum`
    lat: float
    datum: str | None
    at: datetime  #: when the thing was seen
    text: str = ""
    since: datetime | None = None  #: when it began, if the giver knows
    uncertainty_m: float | None = None  #: 95 %; None: what the source is usually worth
    clock_error: timedelta | None = None  #: of `at`; None: what the source is usually worth
    worker_id: str = ""  #: whose own report it is
    photo: bytes = b""  #: JPEG or PNG
    entered_by: str  #: "user:admin", "worker:W-012", "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that was taken."""

    id: str  #: made from source and key
    source: ReportSource
    source_id: str  #: whose word it is: the worker's id, else the source's name
    kind: str
    at: datetime  #: when the thing was seen (aware)
    since: datetime  #: when it began at the earliest, the clock's error included
    clock_error: timedelta  #: of `at` (95 %)
    received_at: datetime
    place: Place
    datum: Datum  #: in which the place came
    text: str
    belief: float  #: 0-1
    entered_by: str
    digest: str  #: sha256 over what it says, by which the same key for something else is known
    evidence: tuple[EvidenceRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStatus:
    """A report and what became of it."""

    report: Report
    taken_at: datetime | None  #: when the engine placed it; None: it waits
    incident_id: str | None = None
    case_id: str | None = None  #: None: not believed by itself yet
    case_number: str | None = None

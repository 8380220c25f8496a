"""The site's registers as people write them: terminals, zones, workers, the demo fleet."""

import re
from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import shapely
from pydantic import AfterValidator, BeforeValidator, Field

from fusion.geo.datum import to_wgs84
from fusion.plugins import Config, Duration
from fusion.types.case import Worker
from fusion.types.masks import Masks, PrivacyClip
from fusion.types.place import Datum
from fusion.types.terminal import Terminal
from fusion.types.zone import TimeWindow, Zone

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)(?:\s+(\w{3})(?:-(\w{3}))?)?$")
_URL = re.compile(r"(rtsps?://[^\s/]+(/\S*)?|fleet:/\S+|/\S+|file:/\S+)$")

Share = Annotated[float, Field(ge=0, le=1)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


def parse_window(text: object) -> TimeWindow:
    """Read "06:30-08:30" or "06:30-08:30 mon-fri"; over midnight when it ends before it starts."""
    wanted = f'wanted a window such as "06:30-08:30" or "22:00-02:00 mon-fri", found {text!r}'
    match = _WINDOW.match(str(text).strip().lower())
    if not match:
        raise ValueError(wanted)
    start, end, first, last = match.groups()
    try:
        days = _weekdays(first, last) if first else frozenset(range(7))
        return TimeWindow(time.fromisoformat(start), time.fromisoformat(end), days)
    except ValueError as error:
        raise ValueError(wanted) from error


def _weekdays(first: str, last: str | None) -> frozenset[int]:
    start = _DAYS.index(first)
    length = (_DAYS.index(last) - start) % 7 + 1 if last else 1
    return frozenset((start + day) % 7 for day in range(length))


def _stream_url(url: str) -> str:
    # The value itself is never quoted back: it may hold a password.
    if not _URL.match(url):
        raise ValueError(
            "wanted a stream such as rtsp://host/path (or rtsps://, fleet:/path, /file), found another form"
        )
    return url


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"wanted an IANA time zone such as Asia/Shanghai, found {name!r}") from error
    return name


def _simple_polygon(corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    area = shapely.Polygon(corners)
    if not area.is_valid:
        raise ValueError(f"{shapely.is_valid_reason(area)}; wanted: corners in order, so that no two edges cross")
    if area.area == 0:
        raise ValueError("all corners on one line; wanted: an area")
    return corners


StreamUrl = Annotated[str, AfterValidator(_stream_url)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Window = Annotated[TimeWindow, BeforeValidator(parse_window)]
LonLat = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


Area = Annotated[tuple[tuple[Share, Share], ...], Field(min_length=3, max_length=200), AfterValidator(_simple_polygon)]


class ZoneEntry(Config):
    """One zone of a terminal's picture."""

    id: Id
    name: str
    kind: str
    polygon: Area
    windows: tuple[Annotated[str, AfterValidator(lambda text: (parse_window(text), text)[1])], ...] = ()

    def zone(self) -> Zone:
        """As the rules know it."""
        windows = tuple(parse_window(text) for text in self.windows)
        return Zone(id=self.id, name=self.name, kind=self.kind, polygon=self.polygon, windows=windows)


class TerminalEntry(Config):
    """One terminal of the register; `sub` is read always, `main` opened for evidence."""

    id: Id
    name: str
    point: LonLat
    height_m: Annotated[float, Field(gt=0, lt=200)] = 4.0
    bearing_deg: Annotated[float, Field(ge=0, lt=360)] = 0.0
    grid: str | None = None
    small_grid: str | None = None
    sub: StreamUrl | None = None
    main: StreamUrl | None = None
    way: Annotated[
        Literal["auto", "pyav", "udp"],
        Field(description="how it is read: auto, our reader over TCP; pyav or udp, libavformat, for odd cameras"),
    ] = "auto"
    zones: tuple[ZoneEntry, ...] = ()
    ground_points: Annotated[tuple[tuple[Share, Share, float, float], ...], Field(max_length=50)] = ()
    masks: Annotated[tuple[Area, ...], Field(max_length=50, description="areas that are never judged")] = ()
    privacy_masks: Annotated[
        tuple[Area, ...], Field(max_length=50, description="areas that are grey in every picture that leaves the box")
    ] = ()
    privacy_clip: Annotated[
        PrivacyClip, Field(description="clips under a privacy mask: coded again with it, or not kept")
    ] = PrivacyClip.REENCODE

    def terminal(self, datum: Datum = Datum.WGS84) -> Terminal:
        """As the engine knows it; a terminal with a main stream only is read there.

        Raises:
            SiteError: a position is none of the datum in which the register gives them.
        """
        return Terminal(
            id=self.id,
            name=self.name,
            point=to_wgs84(*self.point, datum),
            height_m=self.height_m,
            bearing_deg=self.bearing_deg,
            grid_id=self.grid,
            small_grid_id=self.small_grid,
            sub_url=self.sub or self.main,
            main_url=self.main or self.sub,
            way=self.way,
            zones=tuple(entry.zone() for entry in self.zones),
            ground_points=tuple((x, y, *to_wgs84(lon, lat, datum)) for x, y, lon, lat in self.ground_points),
            masks=Masks(ignored=self.masks, private=self.privacy_masks, clip=self.privacy_clip),
        )


class WorkerEntry(Config):
    """One grid worker of the roster."""

    id: Id
    name: str
    grids: tuple[str, ...]
    skills: tuple[str, ...] = ()
    duty: tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")], ...]
    phone: str = ""
    leader: bool = False

    def worker(self) -> Worker:
        """As the engine knows it."""
        duty = tuple((start, end) for start, _, end in (window.partition("-") for window in self.duty))
        return Worker(
            id=self.id,
            name=self.name,
            grid_ids=self.grids,
            skills=self.skills,
            duty=duty,
            phone=self.phone,
            leader=self.leader,
        )


class StreamEntry(Config):
    """One terminal of a demo zone that plays a clip: who, what, and how far into it at the start."""

    terminal: Id
    clip: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    phase: Duration
    user: str | None = None
    password: Annotated[str | None, Field(repr=False)] = None


class SiteNames(Config):
    """What the zone is called, where its clocks are, and the datum of the register's points."""

    name_zh: str
    name_en: str
    timezone: TimeZone = "Asia/Shanghai"
    datum: Datum = Datum.WGS84


class KindEntry(Config):
    """An event kind's names and its code in the site's table (GB/T 30428)."""

    zh: str
    en: str
    code: str = ""


class Files(Config):
    """The site's other files, relative to site.yaml."""

    boundary: str | None = None
    grids: str
    terminals: str
    workers: str
    streets: str | None = None
    fleet: str | None = None
    case_codes: str | None = None  #: the table of codes and limits; without it every kind has the default limits


LogFormat = Literal["auto", "text", "json"]

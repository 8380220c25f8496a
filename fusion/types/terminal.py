"""Monitoring terminals 监控终端 and how they are doing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fusion.types.masks import NO_MASKS, Masks
from fusion.types.place import GeoPoint
from fusion.types.zone import Zone


class Health(StrEnum):
    """How a terminal is doing, as shown to people."""

    REGISTERED = "registered"  #: in the register, no stream configured: not a fault
    CONNECTING = "connecting"
    LIVE = "live"
    OFFLINE = "offline"  #: unreachable or closed by the peer
    REFUSED = "refused"  #: credentials or path refused
    SILENT = "silent"  #: connected, but no picture comes
    UNDECODABLE = "undecodable"  #: pictures come that no decoder here reads


class TroubleKind(StrEnum):
    """What can be wrong with a camera while it is meant to be read."""

    OFFLINE = "offline"  #: unreachable, or closed by the peer
    REFUSED = "refused"  #: credentials or path refused
    NO_VIDEO = "no_video"  #: connected, but no picture comes
    UNSUPPORTED = "unsupported"  #: a codec or profile that no decoder here reads
    FROZEN = "frozen"  #: the same picture again and again
    BLACK = "black"
    OVER_EXPOSED = "over_exposed"
    BLURRED = "blurred"
    COVERED = "covered"
    MOVED = "moved"  #: the view has shifted
    CLOCK_OFF = "clock_off"  #: its own clock, by RTCP sender reports, is not ours
    RATE_FALLEN = "rate_fallen"  #: pictures a second or bits a second well below what is usual there
    PACKET_LOSS = "packet_loss"
    SPARSE_KEYFRAMES = "sparse_keyframes"  #: keyframes further apart than looks may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing wrong with a camera, raised and cleared with hysteresis."""

    kind: TroubleKind
    since: datetime  #: aware, UTC; when it began, not when it was raised
    zh: str  #: a plain sentence without secrets
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One entry of the register."""

    id: str
    name: str
    point: GeoPoint
    height_m: float
    bearing_deg: float  #: clockwise from north, where the lens looks
    grid_id: str | None
    small_grid_id: str | None = None
    sub_url: str | None = None  #: read always; None: registered, not connected. May hold a password
    main_url: str | None = None  #: opened for evidence and bursts. May hold a password
    way: str = "auto"  #: how it is read: "auto", "pyav" (libavformat over TCP) or "udp" (libavformat over UDP)
    zones: tuple[Zone, ...] = ()
    ground_points: tuple[tuple[float, float, float, float], ...] = ()
    #: pairs (x, y, lon, lat) with x, y shares of the picture: four or more give a homography
    masks: Masks = NO_MASKS

    def __repr__(self) -> str:
        return f"Terminal({self.id})"

    @property
    def connected(self) -> bool:
        """Whether the site means fusion to read it."""
        return self.sub_url is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalStatus:
    """What is known of a terminal now."""

    terminal_id: str
    health: Health
    since: datetime
    detail: str = ""  #: a plain sentence without secrets
    last_keyframe_at: datetime | None = None
    codec: str | None = None
    size_px: tuple[int, int] | None = None
    keyframe_gap_s: float | None = None  #: measured between keyframes
    troubles: tuple[Trouble, ...] = ()  #: longest lasting first
    reader: str = "fusion"  #: "fusion": our own over TCP; "pyav": the fallback
    clock_offset_s: float | None = None  #: the camera's clock less ours, by its last sender report; None: not told
    clock_at: datetime | None = None  #: when that report came

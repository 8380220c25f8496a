"""The door for readers of packets: what one is given, what it hands on, and what it promises."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Protocol
from urllib.parse import urlsplit

from fusion.ingest.redact import redacted
from fusion.types.errors import SiteError, TerminalFault
from fusion.types.terminal import Health


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream that the site means fusion to read; terminals without a URL never become one."""

    terminal_id: str
    url: str = field(repr=False)  #: rtsp:// or rtsps://; may hold a password

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme.lower() in {"rtsp", "rtsps"} and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise SiteError(
                f"terminal {self.terminal_id}: {redacted(self.url)!r} is no address of a stream; "
                "wanted: rtsp://host:port/path or rtsps://host:port/path"
            )


@dataclass(frozen=True, slots=True, eq=False)
class StreamHead:
    """What a connection says of its stream before the first packet."""

    codec: str  #: libavcodec's name: "h264", "hevc", ...
    size_px: tuple[int, int] | None  #: (width, height); None: not yet known
    extradata: bytes  #: parameter sets from the SDP, in Annex B form (start codes) for H.264 and H.265; may be empty
    time_base: Fraction  #: seconds per unit of `pts` and `dts`


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One packet: one coded picture, not decoded."""

    head: StreamHead
    data: bytes  #: Annex B for H.264 and H.265
    keyframe: bool
    at: datetime  #: when the camera showed it: arrival smoothed by pts (aware, UTC); later for each later pts
    pts: int | None  #: in units of the head's time base
    dts: int | None


class StreamFault(TerminalFault):
    """Why a stream is not read, with the health to show; its text holds no secret."""

    def __init__(self, health: Health, detail: str) -> None:
        super().__init__(detail)
        self.health = health


class PacketSink(Protocol):
    """Where a reader hands things. Each call returns within a millisecond or so and never raises."""

    def connecting(self, terminal_id: str) -> None:
        """A connection attempt begins."""

    def opened(self, terminal_id: str, head: StreamHead) -> None:
        """It is connected; what was read before is of another stream."""

    def packet(self, terminal_id: str, packet: Encoded) -> None:
        """The next packet, in decoding order."""

    def lost(self, terminal_id: str, fault: StreamFault) -> None:
        """The attempt or the connection failed; the reader will try again by itself."""


class PacketReader(ABC):
    """Reads the packets of some streams and hands them to one sink.

    Promises of each implementation:
    - For each stream the sink sees `connecting`, then `opened` and packets, or not, then `lost`; over and over.
    - Calls for one terminal never overlap; calls for two terminals may come from two threads.
    - It connects again by itself, with back-off and jitter, and caps simultaneous attempts.
    - A peer that stays silent is `lost` within the configured timeouts, also when it is half open.
    - It decodes nothing, and nothing that it says holds a user, a password or a token.
    - `stop` returns within the given time though peers hang; after it the sink is not called again.
    """

    @abstractmethod
    def start(self, streams: Sequence[StreamSpec], sink: PacketSink) -> None:
        """Begin to read; returns at once. Called once."""

    @abstractmethod
    def stop(self, timeout_s: float = 2.0) -> None:
        """End all reading. Twice is harmless."""

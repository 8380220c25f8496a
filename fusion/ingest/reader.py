"""The door for readers of packets: what one is given, what it hands on, and what it promises."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from fusion.ingest.redact import redacted
from fusion.ingest.rtsp.access_unit import byte_stream
from fusion.ingest.rtsp.rtcp import SenderReport
from fusion.types.errors import SiteError, TerminalFault
from fusion.types.masks import NO_MASKS, Masks
from fusion.types.terminal import Health


class Way(StrEnum):
    """How a stream is read."""

    AUTO = "auto"  #: our own reader over TCP; PyAV's after repeated errors of protocol
    PYAV = "pyav"  #: libavformat over TCP, in a thread of its own
    UDP = "udp"  #: libavformat over UDP, for cameras that know nothing else


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream that the site means fusion to read; terminals without a URL never become one."""

    terminal_id: str
    url: str = field(repr=False)  #: rtsp:// or rtsps://; may hold a password
    way: Way = Way.AUTO
    main_url: str | None = field(default=None, repr=False)  #: the finer stream of the same view, opened on demand
    masks: Masks = NO_MASKS

    def __post_init__(self) -> None:
        for url in (self.url, self.main_url):
            if url is not None and not _is_stream(url):
                raise SiteError(
                    f"terminal {self.terminal_id}: {redacted(url)!r} is no address of a stream; "
                    "wanted: rtsp://host:port/path or rtsps://host:port/path"
                )


def _is_stream(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in {"rtsp", "rtsps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, eq=False)
class StreamHead:
    """What a connection says of its stream before the first packet."""

    codec: str  #: libavcodec's name: "h264", "hevc", ...
    size_px: tuple[int, int] | None  #: (width, height); None: not yet known
    extradata: bytes  #: parameter sets from the SDP, in Annex B form (start codes) for H.264 and H.265; may be empty
    time_base: Fraction  #: seconds per unit of `pts` and `dts`
    #: Where `Encoded.raw` is interleaved RTP as it came: its channel and payload type. None: `raw` is for the decoder.
    wire: tuple[int, int] | None = None


class Encoded(NamedTuple):
    """One coded picture, not decoded. Some 25,000 of them come each second: a tuple, and nothing is done ahead."""

    head: StreamHead
    raw: bytes  #: see `StreamHead.wire`
    keyframe: bool
    at_s: float  #: when the camera showed it: arrival smoothed by pts (Unix seconds); later for each later pts
    pts: int | None  #: in units of the head's time base
    dts: int | None

    @property
    def at(self) -> datetime:
        """`at_s` as an aware time, UTC."""
        return datetime.fromtimestamp(self.at_s, UTC)

    @property
    def data(self) -> bytes:
        """What a decoder takes: Annex B for H.264 and H.265. Put together anew each time it is asked for."""
        head = self.head
        return self.raw if head.wire is None else byte_stream(self.raw, head.codec, *head.wire)


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """What one stream has brought since it was first read; over all its connections."""

    packets: int = 0  #: RTP packets, or what the reader calls so
    lost: int = 0  #: packets whose numbers never came
    pictures: int = 0
    dropped: int = 0  #: pictures given up because packets of them, or of what they refer to, are missing
    octets: int = 0
    report: SenderReport | None = None  #: the camera's clock, at `arrival_s` (Unix seconds)
    reader: str = "fusion"  #: which one reads it now


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

    def packets(self, terminal_id: str, batch: Sequence[Encoded]) -> None:
        """The next packets, in decoding order; at least one."""

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
    def add(self, spec: StreamSpec) -> None:
        """Read one more stream, or an old one at another address; the others notice nothing. After `start`."""

    @abstractmethod
    def remove(self, terminal_id: str) -> None:
        """Read it no more; after a moment the sink hears nothing of it. Unknown ones are passed over."""

    @abstractmethod
    def facts(self, terminal_id: str) -> ReadFacts:
        """What a stream has brought; empty for an unknown one."""

    @abstractmethod
    def stop(self, timeout_s: float = 2.0) -> None:
        """End all reading. Twice is harmless."""

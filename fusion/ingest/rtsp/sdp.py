"""The videos of a description (RFC 4566; RFC 2326 C; fmtp by RFC 6184 8.1 and RFC 7798 7.1). Pure."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fusion.ingest.rtsp.address import resolve
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind

_MAX_LINES = 2_000
_MAX_MEDIAS = 32
_MAX_EXTRADATA_BYTES = 64 * 1024
_START_CODE = b"\0\0\0\1"
_VIDEO_HZ = 90_000
_CODECS = {"h264": "h264", "h265": "hevc", "hevc": "hevc"}
_PARAMETER_SETS = {"h264": ("sprop-parameter-sets",), "hevc": ("sprop-vps", "sprop-sps", "sprop-pps")}
#: RFC 3551's fixed payload types, only to call them by their names.
_FIXED_TYPES = {26: "jpeg", 31: "h261", 32: "mpv", 33: "mp2t", 34: "h263"}


@dataclass(frozen=True, slots=True)
class Media:
    """One video of a description."""

    codec: str  #: "h264" or "hevc"; else the SDP's own name, in lower case, and `unsupported` says so
    payload_type: int  #: of its RTP packets, 0 to 127
    clock_rate_hz: int  #: units of an RTP timestamp in a second
    extradata: bytes  #: parameter sets in Annex B form (start codes); may be empty
    control: str = field(repr=False)  #: absolute URL for SETUP; may hold a token in its query
    session_url: str = field(repr=False)  #: absolute URL for PLAY, keep-alives and TEARDOWN
    unsupported: str = ""  #: why it cannot be read here, as a sentence; empty: it can


@dataclass(slots=True)
class _Section:
    """The lines of the session or of one media, by what they say."""

    kind: str = ""  #: "video", "audio", ...; empty: the session
    protocol: str = ""
    payload_types: tuple[int, ...] = ()
    control: str | None = None
    encodings: dict[int, str] = field(default_factory=dict)  #: "H264/90000" by payload type
    formats: dict[int, str] = field(default_factory=dict)  #: fmtp's parameters by payload type


def parse_sdp(text: bytes, base_url: str) -> tuple[Media, ...]:
    """Every video of a description, in its order; what is not understood is passed over.

    Args:
        text: the description.
        base_url: what relative control URLs are relative to (Content-Base, Content-Location or the request's URL).
    """
    session, *medias = _sections(text)
    session_url = resolve(base_url, session.control or "*")
    # Cameras whose session has an absolute control URL mean it as the base of the others.
    base = session_url if "://" in (session.control or "") else base_url
    return tuple(_media(section, base, session_url) for section in medias if section.kind == "video")


def choose(medias: Sequence[Media]) -> Media:
    """The first video that can be read.

    Raises:
        RtspFault: UNSUPPORTED, and why.
    """
    for media in medias:
        if not media.unsupported:
            return media
    why = medias[0].unsupported if medias else "the stream holds no video"
    raise RtspFault(RtspFaultKind.UNSUPPORTED, why)


def _sections(text: bytes) -> list[_Section]:
    """The session first, then the medias."""
    sections = [_Section()]
    for line in text.decode("utf-8", "replace").replace("\r", "\n").split("\n", _MAX_LINES)[:_MAX_LINES]:
        key, _, value = line.strip().partition("=")
        if key == "m":
            if len(sections) > _MAX_MEDIAS:
                break
            sections.append(_media_line(value))
        elif key == "a":
            _attribute(sections[-1], value)
    return sections


def _media_line(value: str) -> _Section:
    kind, _, rest = value.strip().partition(" ")
    _port, _, rest = rest.strip().partition(" ")
    protocol, _, types = rest.strip().partition(" ")
    numbers = tuple(number for text in types.split() if (number := _type(text)) >= 0)
    return _Section(kind.lower(), protocol.upper(), numbers)


def _attribute(section: _Section, value: str) -> None:
    name, _, rest = value.partition(":")
    name = name.strip().lower()
    if name == "control":
        section.control = section.control or rest.strip()
    elif name in ("rtpmap", "fmtp"):
        payload, _, text = rest.strip().partition(" ")
        known = section.encodings if name == "rtpmap" else section.formats
        known.setdefault(_type(payload), text.strip())


def _media(section: _Section, base: str, session_url: str) -> Media:
    candidates = [_candidate(section, number) for number in section.payload_types] or [("", 0, 0, "")]
    codec, payload_type, clock_rate_hz, unsupported = next((one for one in candidates if not one[3]), candidates[0])
    if "RTP/SAVP" in section.protocol:
        unsupported = "the camera encrypts its stream by SRTP, which is not read here"
    elif not codec:
        unsupported = "the camera does not say what its video is"
    parameters = _parameters(section.formats.get(payload_type, ""))
    return Media(
        codec=codec,
        payload_type=payload_type,
        clock_rate_hz=clock_rate_hz,
        extradata=b"" if unsupported else _extradata(codec, parameters),
        control=resolve(base, section.control) if section.control else session_url,
        session_url=session_url,
        unsupported=unsupported,
    )


def _candidate(section: _Section, payload_type: int) -> tuple[str, int, int, str]:
    """(codec, payload type, clock rate in Hz, why it cannot be read) of one of a media's payload types."""
    name, _, rate = section.encodings.get(payload_type, _FIXED_TYPES.get(payload_type, "")).partition("/")
    codec = _CODECS.get(name.strip().lower(), _plain(name))
    rate = rate.partition("/")[0].strip()
    clock_rate_hz = int(rate) if rate.isascii() and rate.isdecimal() and len(rate) < 10 else _VIDEO_HZ
    parameters = _parameters(section.formats.get(payload_type, ""))
    return codec, payload_type, clock_rate_hz, _unsupported(codec, clock_rate_hz, parameters)


def _unsupported(codec: str, clock_rate_hz: int, parameters: dict[str, str]) -> str:
    if codec not in _PARAMETER_SETS:
        return f"its video codec {codec or 'without a name'} is not read here; wanted: H.264 or H.265"
    if not 1_000 <= clock_rate_hz <= 10_000_000:
        return f"its video clock of {clock_rate_hz} Hz cannot be; wanted: 90000"
    if codec == "h264" and parameters.get("packetization-mode") == "2":
        return "the camera interleaves its H.264 (packetization-mode 2), which is not read here; wanted: mode 0 or 1"
    if codec == "hevc" and parameters.get("sprop-max-don-diff", "0").strip("0"):
        return "the camera reorders its H.265 (sprop-max-don-diff above 0), which is not read here"
    return ""


def _extradata(codec: str, parameters: dict[str, str]) -> bytes:
    sets = [nal for name in _PARAMETER_SETS[codec] for nal in _nals(parameters.get(name, ""))]
    extradata = b"".join(_START_CODE + nal for nal in sets)
    # They come with the keyframes too: without them it only starts a little later.
    return extradata if len(extradata) <= _MAX_EXTRADATA_BYTES else b""


def _nals(encoded: str) -> Iterator[bytes]:
    for text in encoded.split(","):
        unpadded = text.strip().rstrip("=")
        try:
            nal = b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        if nal:
            yield nal


def _parameters(fmtp: str) -> dict[str, str]:
    """By lower-case name; the first of each."""
    given: dict[str, str] = {}
    for part in fmtp.split(";"):
        name, _, value = part.partition("=")
        given.setdefault(name.strip().lower(), value.strip())
    return given


def _type(text: str) -> int:
    """An RTP payload type; -1: it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) < 128 else -1


def _plain(name: str) -> str:
    """A name that may stand in a message."""
    return "".join(sign for sign in name.lower() if sign.isascii() and (sign.isalnum() or sign in ".+_-"))[:32]

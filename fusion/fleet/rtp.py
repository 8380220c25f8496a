"""RTP packets and RTCP reports as they go over the interleaved connection (RFC 3550; RFC 2326 10.12). Pure."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from fusion.fleet.packetise import RTP_HEADER_BYTES

PAYLOAD_TYPE = 96
_INTERLEAVED = struct.Struct(">cBH")
_RTP = struct.Struct(">BBHII")
_OWN = struct.Struct(">HII")  # sequence number, timestamp, SSRC: what differs between sessions
_OWN_AT = _INTERLEAVED.size + 2
_PAYLOAD_AT = _INTERLEAVED.size + RTP_HEADER_BYTES
_NTP_UNIX_S = 2_208_988_800  # from 1900 to 1970


@dataclass(frozen=True, slots=True)
class WireUnit:
    """One access unit as interleaved RTP packets on channel 0 whose own fields are zero; shared by all sessions."""

    data: bytes
    #: Where each packet begins in `data`.
    starts: tuple[int, ...]
    payload_bytes: int


def wire_unit(payloads: Sequence[bytes], markers: Sequence[bool] | None = None) -> WireUnit:
    """Lay out the packets of one access unit; without `markers` the last one has the marker bit."""
    data, starts = bytearray(), []
    markers = markers if markers is not None else [False] * (len(payloads) - 1) + [True]
    for payload, marker in zip(payloads, markers, strict=True):
        starts.append(len(data))
        data += _INTERLEAVED.pack(b"$", 0, RTP_HEADER_BYTES + len(payload))
        data += _RTP.pack(0x80, PAYLOAD_TYPE | (0x80 if marker else 0), 0, 0, 0)
        data += payload
    return WireUnit(bytes(data), tuple(starts), sum(map(len, payloads)))


def frames_of(data: bytes | bytearray, starts: Sequence[int]) -> list[bytes]:
    """Interleaved frames that stand one behind another, each for itself."""
    return [bytes(data[start:end]) for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def packets_of(unit: WireUnit) -> list[tuple[bytes, bool]]:
    """(payload, marker bit) of its packets."""
    frames = frames_of(unit.data, unit.starts)
    return [(frame[_PAYLOAD_AT:], bool(frame[_INTERLEAVED.size + 1] & 0x80)) for frame in frames]


def stamped(unit: WireUnit, channel: int, sequence: int, timestamp: int, ssrc: int) -> bytearray:
    """A session's copy of the packets: `sequence` is the first one's, both counters wrap."""
    data = bytearray(unit.data)
    timestamp &= 0xFFFFFFFF
    for start in unit.starts:
        data[start + 1] = channel
        _OWN.pack_into(data, start + _OWN_AT, sequence & 0xFFFF, timestamp, ssrc)
        sequence += 1
    return data


def sender_report(channel: int, ssrc: int, *, wall_unix_s: float, timestamp: int, packets: int, octets: int) -> bytes:
    """An interleaved RTCP packet: sender report and SDES CNAME (RFC 3550 6.4.1, 6.5)."""
    seconds, fraction = divmod(wall_unix_s + _NTP_UNIX_S, 1)
    report = struct.pack(
        ">BBHIIIIII",
        *(0x80, 200, 6, ssrc),
        *(int(seconds) & 0xFFFFFFFF, int(fraction * 2**32)),
        *(timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF),
    )
    cname = b"fleet"
    item = bytes((1, len(cname))) + cname
    item += bytes(4 - len(item) % 4)  # at least one zero ends the list
    description = struct.pack(">BBHI", 0x81, 202, 1 + len(item) // 4, ssrc) + item
    return _INTERLEAVED.pack(b"$", channel, len(report) + len(description)) + report + description

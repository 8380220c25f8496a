"""RTP packets in interleaved frames (RFC 3550 5.1; RFC 2326 10.12). Pure."""

import struct
from collections.abc import Iterator

FRAME_BYTES = 4  #: "$", channel, length
DOLLAR = 0x24
_FRAME = struct.Struct(">xBH")
_RTP_BYTES = 12


def frames(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """(channel, start, end) of each whole frame in bytes that hold nothing but frames; start is behind its header."""
    start = 0
    while start + FRAME_BYTES <= len(raw):
        channel, length = _FRAME.unpack_from(raw, start)
        start += FRAME_BYTES
        if start + length > len(raw):
            return
        yield channel, start, start + length
        start += length


def payload(buffer: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Where the payload of the RTP packet in [start, end) lies, behind CSRCs and extension and before padding.

    None: it is no RTP packet of version 2, or it holds no payload.
    """
    if end - start < _RTP_BYTES or buffer[start] >> 6 != 2:
        return None
    first = buffer[start]
    begin = start + _RTP_BYTES + 4 * (first & 0x0F)
    if first & 0x10:
        if begin + 4 > end:
            return None
        begin += 4 + 4 * int.from_bytes(buffer[begin + 2 : begin + 4])
    if first & 0x20 and begin < end:
        end -= buffer[end - 1]
    return (begin, end) if begin < end else None


def payloads(raw: bytes, channel: int, payload_type: int) -> Iterator[bytes]:
    """The payloads of one channel's packets of one type, in order; everything else is left out."""
    for at, start, end in frames(raw):
        if at != channel or end - start < _RTP_BYTES or buffer_type(raw, start) != payload_type:
            continue
        found = payload(raw, start, end)
        if found:
            yield raw[found[0] : found[1]]


def buffer_type(buffer: bytes, start: int) -> int:
    """The payload type of the RTP packet that begins at `start`."""
    return buffer[start + 1] & 0x7F

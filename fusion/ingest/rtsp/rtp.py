"""RTP packets in interleaved frames (RFC 3550 5.1; RFC 2326 10.12). Pure."""

import struct
from collections.abc import Iterator

FRAME_BYTES = 4  #: "$", channel, length
DOLLAR = 0x24
_PACKET = struct.Struct(">xBHBB")  #: a frame's header, and the first two bytes of its RTP packet
_PLAIN = 0x80  #: version 2, no padding, no extension, no CSRC
_RTP_BYTES = 12


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


def payloads(raw: bytes, channel: int, payload_type: int) -> Iterator[tuple[int, int]]:
    """[start, end) of the payload of each packet of one channel and type, in order; everything else is left out.

    `raw` holds whole interleaved frames and nothing else.
    """
    unpack, start, whole = _PACKET.unpack_from, 0, len(raw)
    while start + _PACKET.size <= whole:
        at, length, first, second = unpack(raw, start)
        begin, start = start + FRAME_BYTES, start + FRAME_BYTES + length
        if start > whole:
            return
        if at != channel or second & 0x7F != payload_type or length <= _RTP_BYTES:
            continue
        if first == _PLAIN:
            yield begin + _RTP_BYTES, start
        elif (found := payload(raw, begin, start)) is not None:
            yield found

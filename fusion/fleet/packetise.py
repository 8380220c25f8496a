"""NAL units to RTP payloads: single NAL units and fragments (RFC 6184 5.6 and 5.8, RFC 7798 4.4.1 and 4.4.3). Pure."""

from collections.abc import Iterator, Sequence

from fusion.fleet.nal import Codec, nal_type

MAX_PACKET_BYTES = 1400
RTP_HEADER_BYTES = 12
_FU_A = 28
_FU_H265 = 49
_START, _END = 0x80, 0x40


def payloads(nals: Sequence[bytes], codec: Codec, max_packet_bytes: int = MAX_PACKET_BYTES) -> list[bytes]:
    """The RTP payloads of one access unit, in order; the last one's packet carries the marker bit.

    `max_packet_bytes` counts the RTP header of 12 bytes too.
    """
    room = max_packet_bytes - RTP_HEADER_BYTES
    result: list[bytes] = []
    for nal in nals:
        if len(nal) <= room:
            result.append(nal)
        elif codec is Codec.H264:
            result.extend(_fu_a(nal, room))
        else:
            result.extend(_fu_h265(nal, room))
    return result


def _fu_a(nal: bytes, room: int) -> Iterator[bytes]:
    indicator = nal[0] & 0xE0 | _FU_A  # forbidden bit and importance stay
    for flags, part in _parts(nal[1:], room - 2):
        yield bytes((indicator, flags | nal_type(nal, Codec.H264))) + part


def _fu_h265(nal: bytes, room: int) -> Iterator[bytes]:
    header = nal[0] & 0x81 | _FU_H265 << 1  # forbidden bit and the layer's high bit stay
    for flags, part in _parts(nal[2:], room - 3):
        yield bytes((header, nal[1], flags | nal_type(nal, Codec.H265))) + part


def _parts(body: bytes, room: int) -> Iterator[tuple[int, bytes]]:
    for at in range(0, len(body), room):
        flags = (_START if at == 0 else 0) | (_END if at + room >= len(body) else 0)
        yield flags, body[at : at + room]

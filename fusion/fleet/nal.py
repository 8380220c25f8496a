"""NAL units of H.264 and H.265: out of files, and told apart by type. Pure; bad bytes raise ValueError."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

_START_CODE = re.compile(b"\x00\x00\x01")


class Codec(StrEnum):
    """Video codecs of the fleet, by their RTP encoding names."""

    H264 = "H264"
    H265 = "H265"


# ITU-T H.264 table 7-1 and H.265 table 7-1.
_PARAMETER_SETS = {Codec.H264: (7, 8), Codec.H265: (32, 33, 34)}
# Access unit delimiters, ends of sequence and stream, filler data: RTP needs none of them.
_NEEDLESS = {Codec.H264: (9, 10, 11, 12), Codec.H265: (35, 36, 37, 38)}


def nal_type(nal: bytes, codec: Codec) -> int:
    """The nal_unit_type of a NAL unit with its header."""
    return nal[0] & 0x1F if codec is Codec.H264 else nal[0] >> 1 & 0x3F


def is_parameter_set(nal: bytes, codec: Codec) -> bool:
    """Whether it is a VPS, SPS or PPS."""
    return nal_type(nal, codec) in _PARAMETER_SETS[codec]


def useful(nals: Sequence[bytes], codec: Codec) -> list[bytes]:
    """The NAL units worth sending, in order."""
    return [nal for nal in nals if nal_type(nal, codec) not in _NEEDLESS[codec]]


def in_sprop_order(sets: Sequence[bytes], codec: Codec) -> list[bytes]:
    """Parameter sets by type (VPS, SPS, PPS), each once."""
    return sorted(dict.fromkeys(sets), key=lambda nal: nal_type(nal, codec))


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units between start codes (H.264 annex B); zero bytes around them belong to none."""
    marks = [(found.start(), found.end()) for found in _START_CODE.finditer(data)]
    ends = [start for start, _ in marks[1:]] + [len(data)]
    nals = (data[begin:end].rstrip(b"\x00") for (_, begin), end in zip(marks, ends, strict=True))
    return [nal for nal in nals if nal]


def split_length_prefixed(data: bytes, prefix_bytes: int) -> list[bytes]:
    """NAL units that are preceded by their length (ISO/IEC 14496-15)."""
    nals, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + prefix_bytes], "big")
        at += prefix_bytes
        if at + size > len(data):
            raise ValueError(f"a NAL unit of {size} bytes in {len(data) - at}")
        if size:
            nals.append(data[at : at + size])
        at += size
    return nals


def parse_configuration(record: bytes, codec: Codec) -> tuple[int, list[bytes]]:
    """(bytes of a length prefix, parameter sets) of an avcC or hvcC record (ISO/IEC 14496-15 5.3.3, 8.3.3)."""
    try:
        if codec is Codec.H264:
            return (record[4] & 3) + 1, list(_avcc_sets(record))
        return (record[21] & 3) + 1, list(_hvcc_sets(record))
    except IndexError:
        raise ValueError("its decoder configuration is cut short") from None


def _avcc_sets(record: bytes) -> Iterator[bytes]:
    at = 5
    for mask in (0x1F, 0xFF):  # SPS, then PPS
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            nal, at = _sized(record, at)
            yield nal


def _hvcc_sets(record: bytes) -> Iterator[bytes]:
    at = 23
    for _ in range(record[22]):
        kind = record[at] & 0x3F
        count, at = int.from_bytes(record[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            nal, at = _sized(record, at)
            if kind in _PARAMETER_SETS[Codec.H265]:
                yield nal


def _sized(record: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(record[at : at + 2], "big")
    if end > len(record) or end == at + 2:
        raise IndexError
    return record[at + 2 : end], end

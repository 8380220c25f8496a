"""What the payloads of H.264 (RFC 6184) and H.265 (RFC 7798) carry: which picture, and its NAL units. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from fusion.ingest.rtsp.rtp import payloads

START_CODE = b"\x00\x00\x00\x01"


class Kind(IntEnum):
    """What the first byte of a payload says of its picture."""

    OTHER = 0  #: parameter sets, SEI, delimiters: nothing of the picture itself
    PICTURE = 1  #: a slice that needs other pictures
    KEY = 2  #: a slice from which decoding can begin
    AGGREGATE = 3  #: several NAL units: look inside
    FRAGMENT = 4  #: a part of one: the FU header says of which
    REFUSED = 5  #: interleaved modes and types that are reserved


@dataclass(frozen=True, slots=True)
class Payloads:
    """The payload format of one codec."""

    kinds: bytes  #: `Kind` by the first byte of a payload
    nal_kinds: bytes  #: `Kind` by the type of a NAL unit
    header_bytes: int  #: of a NAL unit, and of the payload structures
    type_mask: int  #: of the FU header

    def kind(self, data: bytes, start: int, end: int) -> Kind:
        """What the payload in [start, end) carries, seen through aggregation and fragmentation."""
        kind = Kind(self.kinds[data[start]])
        if kind is Kind.FRAGMENT:
            at = start + self.header_bytes
            return Kind(self.nal_kinds[data[at] & self.type_mask]) if at < end else Kind.REFUSED
        if kind is Kind.AGGREGATE:
            return max((self.kind(data, *unit) for unit in self._aggregated(data, start, end)), default=Kind.OTHER)
        return kind

    def begins_picture(self, data: bytes, start: int, end: int) -> bool:
        """Whether a payload is the beginning of a picture, as far as it can be known from it alone.

        What is no slice comes before the slices; the first slice of a picture has a one as the first bit behind its
        header: first_mb_in_slice is zero in H.264 (7.3.3), first_slice_segment_in_pic_flag is set in H.265 (7.3.6.1).
        """
        kind, at = Kind(self.kinds[data[start]]), start + self.header_bytes
        if kind is Kind.AGGREGATE:
            units = [unit for unit in self._aggregated(data, start, end) if unit[0] < unit[1]]
            return bool(units) and self.begins_picture(data, *units[0])
        if kind is Kind.FRAGMENT:
            if at + 1 >= end or not data[at] & 0x80:
                return False
            return self.nal_kinds[data[at] & self.type_mask] == Kind.OTHER or bool(data[at + 1] & 0x80)
        return kind is Kind.OTHER or (at < end and bool(data[at] & 0x80))

    def byte_stream(self, raw: bytes, channel: int, payload_type: int) -> bytes:
        """The Annex B byte stream of one picture that came as interleaved frames of nothing but its packets.

        A fragment whose beginning is missing is left out; so is what is neither a unit nor a known structure.
        """
        parts: list[bytes] = []
        kinds, header_bytes, begun = self.kinds, self.header_bytes, False
        for start, end in payloads(raw, channel, payload_type):
            kind = kinds[raw[start]]
            if kind == Kind.FRAGMENT:
                body = start + header_bytes + 1
                if body > end:
                    continue
                header = raw[body - 1]
                if header & 0x80:
                    parts += (START_CODE, self._whole_header(raw, start, header))
                    begun = True
                if begun:
                    parts.append(raw[body:end])
                    begun = not header & 0x40
            elif kind == Kind.AGGREGATE:
                for first, last in self._aggregated(raw, start, end):
                    parts += (START_CODE, raw[first:last])
            elif kind != Kind.REFUSED and end - start > header_bytes:
                parts += (START_CODE, raw[start:end])
        return b"".join(parts)

    def _whole_header(self, raw: bytes, start: int, header: int) -> bytes:
        kind = header & self.type_mask
        if self.header_bytes == 1:
            return bytes((raw[start] & 0xE0 | kind,))
        return bytes((raw[start] & 0x81 | kind << 1, raw[start + 1]))

    def _aggregated(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """[start, end) of each NAL unit in a STAP-A or AP; one whose length lies ends it."""
        at = start + self.header_bytes
        while at + 2 <= end:
            length = int.from_bytes(data[at : at + 2])
            at += 2
            if at + length > end:
                return
            if length and self.kinds[data[at]] not in {Kind.AGGREGATE, Kind.FRAGMENT}:
                yield at, at + length
            at += length


def _h264_kind(kind: int) -> Kind:
    if 1 <= kind <= 5:
        return Kind.KEY if kind == 5 else Kind.PICTURE
    if kind in {24, 28}:
        return Kind.AGGREGATE if kind == 24 else Kind.FRAGMENT
    return Kind.REFUSED if kind in {0, 25, 26, 27, 29, 30, 31} else Kind.OTHER


def _h265_kind(kind: int) -> Kind:
    if kind < 32:
        return Kind.KEY if 16 <= kind <= 21 else Kind.PICTURE
    if kind in {48, 49}:
        return Kind.AGGREGATE if kind == 48 else Kind.FRAGMENT
    return Kind.REFUSED if kind >= 50 else Kind.OTHER


H264 = Payloads(
    kinds=bytes(_h264_kind(byte & 31) for byte in range(256)),
    nal_kinds=bytes(_h264_kind(kind) for kind in range(32)),
    header_bytes=1,
    type_mask=31,
)
H265 = Payloads(
    kinds=bytes(_h265_kind(byte >> 1 & 63) for byte in range(256)),
    nal_kinds=bytes(_h265_kind(kind) for kind in range(64)),
    header_bytes=2,
    type_mask=63,
)

FORMATS = {"h264": H264, "hevc": H265}  #: by libavcodec's name


def annex_b(units: Iterable[bytes]) -> bytes:
    """The byte stream of NAL units (H.264 and H.265, Annex B)."""
    return b"".join(part for unit in units for part in (START_CODE, unit))


def split(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream that `byte_stream` or `annex_b` made."""
    return [unit for unit in stream.split(START_CODE) if unit]

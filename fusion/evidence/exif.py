"""Time and place of a photo from its Exif (Exif 2.3, 4.6.5 and 4.6.6; TIFF 6.0); everything else in it is left there.

The block is hostile: every offset and count is checked against its length, and nothing is followed twice.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

_ASCII, _LONG, _RATIONAL = 2, 4, 5
_SIZES: Final = {_ASCII: 1, 3: 2, _LONG: 4, _RATIONAL: 8}
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_TAKEN, _OFFSET = 0x9003, 0x9011  # DateTimeOriginal, OffsetTimeOriginal
_LAT_REF, _LAT, _LON_REF, _LON, _MAP_DATUM = 1, 2, 3, 4, 0x12
_MOST_ENTRIES, _MOST_VALUE = 200, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFacts:
    """What a photo says of itself."""

    taken_at: datetime | None = None  #: UTC; None: not said, or without its zone
    lon: float | None = None  #: degrees of the datum that it names
    lat: float | None = None
    datum: str = ""  #: GPSMapDatum as it stands there; most phones leave it out


def facts_of(exif: bytes) -> PhotoFacts:
    """Read a TIFF block; what is not there or not sound is left out."""
    order: Literal["little", "big"] | None = {b"II*\0": "little", b"MM\0*": "big"}.get(exif[:4])  # type: ignore[assignment]  # both values are of the Literal
    if order is None:
        return PhotoFacts()
    block = _Block(exif, order)
    root = block.entries(block.number(4, 4))
    inner = block.entries(block.pointer(root.get(_EXIF_IFD)))
    gps = block.entries(block.pointer(root.get(_GPS_IFD)))
    lon = _signed(block.degrees(gps.get(_LON)), block.text(gps.get(_LON_REF)), "W", 180)
    lat = _signed(block.degrees(gps.get(_LAT)), block.text(gps.get(_LAT_REF)), "S", 90)
    both = lon is not None and lat is not None
    return PhotoFacts(
        taken_at=_moment(block.text(inner.get(_TAKEN)), block.text(inner.get(_OFFSET))),
        lon=lon if both else None,
        lat=lat if both else None,
        datum=block.text(gps.get(_MAP_DATUM)) if both else "",
    )


_Entry = tuple[int, int, int]  #: type, count, offset of the value


@dataclass(frozen=True, slots=True)
class _Block:
    data: bytes
    order: Literal["little", "big"]

    def number(self, at: int, length: int) -> int:
        return int.from_bytes(self.data[at : at + length], self.order)

    def entries(self, at: int) -> dict[int, _Entry]:
        """The directory at an offset; empty where there is none."""
        found: dict[int, _Entry] = {}
        if not 8 <= at <= len(self.data) - 2:
            return found
        for index in range(min(self.number(at, 2), _MOST_ENTRIES)):
            entry = at + 2 + 12 * index
            if entry + 12 > len(self.data):
                break
            kind, count = self.number(entry + 2, 2), self.number(entry + 4, 4)
            length = _SIZES.get(kind, 0) * count
            value = entry + 8 if length <= 4 else self.number(entry + 8, 4)
            if 0 < length <= _MOST_VALUE and value + length <= len(self.data):
                found.setdefault(self.number(entry, 2), (kind, count, value))
        return found

    def pointer(self, entry: _Entry | None) -> int:
        return self.number(entry[2], 4) if entry and entry[:2] == (_LONG, 1) else 0

    def text(self, entry: _Entry | None) -> str:
        if entry is None or entry[0] != _ASCII:
            return ""
        raw = self.data[entry[2] : entry[2] + entry[1]].split(b"\0")[0]
        text = raw.decode("ascii", "replace").strip()
        return text if text.isprintable() else ""

    def degrees(self, entry: _Entry | None) -> float | None:
        """Three rationals, degrees, minutes and seconds, as degrees."""
        if entry is None or entry[:2] != (_RATIONAL, 3):
            return None
        parts = [(self.number(entry[2] + 8 * i, 4), self.number(entry[2] + 8 * i + 4, 4)) for i in range(3)]
        if any(below == 0 for _, below in parts):
            return None
        whole, minutes, seconds = (above / below for above, below in parts)
        return whole + minutes / 60 + seconds / 3600


def _signed(degrees: float | None, reference: str, negative: str, most: float) -> float | None:
    if degrees is None or not math.isfinite(degrees) or degrees > most:
        return None
    return -degrees if reference == negative else degrees


def _moment(taken: str, offset: str) -> datetime | None:
    try:
        # Years before 1000 have fewer digits there and are refused with everything else that is none.
        found = datetime.strptime(f"{taken}{offset.replace('Z', '+00:00')}", "%Y:%m:%d %H:%M:%S%z")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

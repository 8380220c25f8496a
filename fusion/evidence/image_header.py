"""What the first bytes of a JPEG or PNG say, before anything decodes it: its size, and where its Exif lies.

JPEG: ITU-T T.81, B.1.1 (markers) and Exif 2.3, 4.5.2 (APP1). PNG: ISO/IEC 15948, 11.2.2 (IHDR).
"""

from dataclasses import dataclass
from typing import Final

from fusion.types.errors import SiteError

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
#: start of frame of any coding (T.81, table B.1), without the tables DHT, JPG and DAC among them
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_EXIF: Final = b"Exif\0\0"
_MOST_SEGMENTS = 1000


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What is known of a picture without decoding it."""

    size_px: tuple[int, int]  #: width, height
    exif: bytes = b""  #: the TIFF block of a JPEG's Exif


def header_of(data: bytes) -> ImageHeader:
    """Read the header.

    Raises:
        SiteError: it is neither a JPEG nor a PNG, or ends before it says its size.
    """
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        return ImageHeader((int.from_bytes(data[16:20]), int.from_bytes(data[20:24])))
    if data.startswith(_JPEG):
        return _jpeg(data)
    raise SiteError("photo: neither JPEG nor PNG; wanted: one of them")


def _jpeg(data: bytes) -> ImageHeader:
    at, exif = 2, b""
    for _ in range(_MOST_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":
            at += 1  # fill bytes
        if len(data) < at + 4 or data[at] != 0xFF:
            break
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        if marker in _FRAMES and len(body) >= 5:
            return ImageHeader((int.from_bytes(body[3:5]), int.from_bytes(body[1:3])), exif)
        if marker == _APP1 and body.startswith(_EXIF) and not exif:
            exif = body[len(_EXIF) :]
        if marker in {_SCAN, _END} or length < 2:
            break
        at += 2 + length
    raise SiteError("photo: a JPEG without a frame; wanted: a whole picture")

"""Photos from phones: what is taken, what is refused, and what is left behind."""

import contextlib
import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.evidence.exif import facts_of
from fusion.evidence.keep import Verdict, verify
from fusion.evidence.photo import checked_photo, keep_photo
from fusion.types.errors import SiteError

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def a_picture(width: int = 96, height: int = 64) -> np.ndarray:
    bgr = np.zeros((height, width, 3), np.uint8)
    bgr[:, : width // 2] = (40, 90, 200)
    return bgr


def coded(suffix: str, bgr: np.ndarray | None = None) -> bytes:
    done, data = cv2.imencode(suffix, a_picture() if bgr is None else bgr)
    assert done
    return bytes(data.tobytes())


def exif(orientation: int = 1) -> bytes:
    """A TIFF block with an owner's name, a time with its zone, and a place."""
    heap_at, heap = 8 + 2 + 12 * 4 + 4 + (2 + 12 * 2 + 4) + (2 + 12 * 4 + 4), b""

    def far(data: bytes) -> int:
        nonlocal heap
        at = heap_at + len(heap)
        heap += data
        return at

    def text(tag: int, value: bytes) -> bytes:
        inline = struct.pack("<HHI", tag, 2, len(value))
        return inline + (value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", far(value)))

    def degrees(tag: int, *parts: tuple[int, int]) -> bytes:
        return struct.pack("<HHII", tag, 5, 3, far(b"".join(struct.pack("<II", *part) for part in parts)))

    exif_at = 8 + 2 + 12 * 4 + 4
    gps_at = exif_at + 2 + 12 * 2 + 4
    root = struct.pack("<H", 4) + struct.pack("<HHIHxx", 0x0112, 3, 1, orientation)
    root += text(0x9C9D, b"Zhang San\0") + struct.pack("<HHII", 0x8769, 4, 1, exif_at)
    root += struct.pack("<HHII", 0x8825, 4, 1, gps_at) + struct.pack("<I", 0)
    inner = struct.pack("<H", 2) + text(0x9003, b"2026:11:24 11:58:30\0") + text(0x9011, b"+08:00\0") + bytes(4)
    gps = struct.pack("<H", 4) + text(1, b"N\0") + degrees(2, (29, 1), (19, 1), (4800, 100))
    gps += text(3, b"E\0") + degrees(4, (120, 1), (1, 1), (4800, 100)) + bytes(4)
    return struct.pack("<2sHI", b"II", 42, 8) + root + inner + gps + heap


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    body = b"Exif\0\0" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_time_and_place_are_taken_and_nothing_else_of_the_metadata_is_kept() -> None:
    original = with_exif(coded(".jpg"), exif())
    photo = checked_photo(original)
    assert photo.facts.taken_at == datetime(2026, 11, 24, 3, 58, 30, tzinfo=UTC)
    assert (photo.facts.lat, photo.facts.lon) == pytest.approx((29.33, 120.03))
    assert b"Zhang San" in original
    assert b"Zhang San" not in photo.jpeg
    assert b"Exif" not in photo.jpeg


def test_a_photo_that_was_taken_upright_stands_upright() -> None:
    assert checked_photo(with_exif(coded(".jpg"), exif(orientation=6))).size_px == (64, 96)


def test_a_png_becomes_a_jpeg_and_a_large_picture_smaller() -> None:
    small = checked_photo(coded(".png"))
    assert small.jpeg.startswith(b"\xff\xd8")
    assert small.size_px == (96, 64)
    assert checked_photo(coded(".png", a_picture(5120, 1000))).size_px == (2560, 500)


def _png_of(width: int, height: int) -> bytes:
    return coded(".png")[:16] + struct.pack(">II", width, height) + coded(".png")[24:]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"GIF89a" + bytes(100), "neither JPEG nor PNG"),
        (b"", "neither JPEG nor PNG"),
        (b"<svg onload=alert(1)>", "neither JPEG nor PNG"),
        (b"\xff\xd8\xff\xe0", "without a frame"),
        (b"\xff\xd8\xff\xe0\x00\x00" * 50, "without a frame"),
        (_png_of(100_000, 100_000), "100000×100000 pixels"),
        (_png_of(0, 10), "0×10 pixels"),
        (coded(".jpg")[:-200], "does not decode"),
        (bytes(8 * 1024 * 1024 + 1), "8388609 bytes; wanted: 8388608 at most"),
    ],
)
def test_what_is_no_photo_is_refused_in_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(SiteError) as refused:
        checked_photo(data)
    assert says in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=40))
def test_no_photo_whatever_breaks_the_door(at: int, junk: bytes) -> None:
    whole = with_exif(coded(".jpg"), exif())
    cut = at % len(whole)
    for data in (whole[:cut] + junk + whole[cut + len(junk) :], whole[:cut]):
        with contextlib.suppress(SiteError):
            checked_photo(data)


@given(st.binary(max_size=300))
def test_no_exif_whatever_breaks_its_reader(junk: bytes) -> None:
    facts_of(b"II*\0" + junk)
    facts_of(b"MM\0*" + junk)


def test_a_kept_photo_verifies_and_keeping_it_again_is_the_same_file(tmp_path: Path) -> None:
    photo = checked_photo(with_exif(coded(".jpg"), exif()))
    ref = keep_photo(tmp_path, photo, "r:worker:W-1:1", NOON, SHANGHAI)
    assert keep_photo(tmp_path, photo, "r:worker:W-1:1", NOON, SHANGHAI) == ref
    assert verify(tmp_path, ref) is Verdict.INTACT
    assert len(list(tmp_path.rglob("*.jpg"))) == 1
    said = json.loads(next(tmp_path.rglob("*.json")).read_text())
    assert said["report"] == "r:worker:W-1:1"
    assert said["photo"]["taken_at"] == "2026-11-24T03:58:30+00:00"

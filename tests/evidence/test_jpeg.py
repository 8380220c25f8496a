"""From the decoder's planes to a picture that looks as the camera saw it."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from fusion.evidence.jpeg import bgr_of, jpeg_of
from fusion.types.picture import Picture, Plane

_AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def _flat(y: int, u: int, v: int, *, full_range: bool = False, size_px: tuple[int, int] = (64, 48)) -> Picture:
    width, height = size_px
    chroma = ((height + 1) // 2, (width + 1) // 2)
    planes = (np.full((height, width), y, np.uint8), np.full(chroma, u, np.uint8), np.full(chroma, v, np.uint8))
    return Picture("T-0001", _AT, *planes, full_range=full_range)


def _smooth(plane: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), 3), np.uint8)


@pytest.mark.parametrize(
    ("planes", "full_range", "bgr"),
    [
        ((16, 128, 128), False, (0, 0, 0)),
        ((235, 128, 128), False, (255, 255, 255)),
        ((0, 128, 128), True, (0, 0, 0)),
        ((255, 128, 128), True, (255, 255, 255)),
        ((16, 128, 128), True, (16, 16, 16)),
        ((81, 90, 240), False, (0, 0, 255)),  # pure red, BT.601 limited
        ((41, 240, 110), False, (255, 0, 0)),
        ((76, 85, 255), True, (0, 0, 255)),  # pure red, JFIF
    ],
)
def test_black_is_black_and_red_is_red_in_both_ranges(
    planes: tuple[int, int, int], full_range: bool, bgr: tuple[int, int, int]
) -> None:
    found = bgr_of(_flat(*planes, full_range=full_range))
    assert np.abs(found.astype(int) - bgr).max() <= 3


def test_it_agrees_with_opencv_on_a_limited_range_picture() -> None:
    rng = np.random.default_rng(1)
    y = _smooth(rng.integers(16, 236, (48, 64), np.uint8))
    u, v = (_smooth(rng.integers(90, 160, (24, 32), np.uint8)) for _ in range(2))
    packed = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(72, 64)
    theirs = cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420)
    ours = bgr_of(Picture("T-0001", _AT, y, u, v))
    assert np.abs(ours.astype(int) - theirs).mean() < 2


def test_odd_sizes_and_read_only_views_are_fine() -> None:
    picture = _flat(120, 100, 150, size_px=(63, 47))
    for plane in (picture.y, picture.u, picture.v):
        plane.flags.writeable = False
    assert bgr_of(picture).shape == (47, 63, 3)


def test_the_jpeg_reads_back_as_the_picture() -> None:
    bgr = bgr_of(_flat(120, 100, 150))
    data = jpeg_of(bgr)
    assert data.startswith(b"\xff\xd8\xff")
    back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert back is not None
    assert np.abs(back.astype(int) - bgr).max() <= 4

"""Planes to BGR, against libswscale, OpenCV and the formula."""

from datetime import UTC, datetime

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fusion.detectors.colour import bgr
from fusion.detectors.crops import Square
from fusion.types.picture import Picture

from .parts import planes, scenes

AT = datetime(2026, 5, 1, tzinfo=UTC)


def flat(y: int, u: int, v: int, *, full_range: bool, size: tuple[int, int] = (40, 24)) -> Picture:
    width, height = size
    chroma = ((height + 1) // 2, (width + 1) // 2)
    return Picture(
        "t", AT, np.full((height, width), y, np.uint8), np.full(chroma, u, np.uint8), np.full(chroma, v, np.uint8),
        full_range=full_range,
    )  # fmt: skip


def smooth() -> NDArray[np.uint8]:
    """A colourful picture without edges, BGR [120, 160, 3]."""
    small = np.random.default_rng(3).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_a_limited_range_picture_comes_out_as_it_was_and_no_worse_than_opencv_does_it() -> None:
    image = smooth()
    packed = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
    y, u, v = packed[:120], packed[120:150].reshape(60, 80), packed[150:].reshape(60, 80)
    ours = np.abs(bgr(Picture("t", AT, y, u, v)).astype(int) - image).mean()
    theirs = np.abs(cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420).astype(int) - image).mean()
    assert ours < theirs + 0.2
    assert ours < 2.5


def test_a_decoded_clip_comes_out_as_libswscale_converts_it() -> None:
    picture = scenes("stall_cart", 300)[1].picture
    frame = av.VideoFrame(*picture.size_px, "yuv420p")
    for plane, ours in zip(frame.planes, (picture.y, picture.u, picture.v), strict=True):
        padded = np.zeros((plane.height, plane.line_size), np.uint8)
        padded[:, : plane.width] = ours
        plane.update(padded.tobytes())
    theirs = frame.to_ndarray(format="bgr24").astype(int)
    assert np.abs(bgr(planes(frame)).astype(int) - theirs).mean() < 2.0


@pytest.mark.parametrize(("y", "wanted"), [(0, 0), (8, 0), (16, 0), (126, 128), (235, 255), (255, 255)])
def test_limited_luma_is_stretched_and_what_lies_outside_saturates(y: int, wanted: int) -> None:
    image = bgr(flat(y, 128, 128, full_range=False))
    assert set(image.reshape(-1).tolist()) == {wanted}


@pytest.mark.parametrize("y", [0, 8, 128, 255])
def test_full_range_luma_stays_as_it_is(y: int) -> None:
    assert set(bgr(flat(y, 128, 128, full_range=True)).reshape(-1).tolist()) == {y}


@pytest.mark.parametrize("full_range", [True, False])
def test_colours_follow_bt_601(full_range: bool) -> None:
    y, u, v = 120, 90, 170
    gain, chroma_gain, offset = (1.0, 1.0, 0) if full_range else (255 / 219, 255 / 224, 16)
    luma, blue, red = (y - offset) * gain, (u - 128) * chroma_gain, (v - 128) * chroma_gain
    wanted = [luma + 1.772 * blue, luma - 0.344136 * blue - 0.714136 * red, luma + 1.402 * red]
    np.testing.assert_allclose(bgr(flat(y, u, v, full_range=full_range))[5, 5], wanted, atol=1.6)


@pytest.mark.parametrize("size", [(40, 24), (41, 25), (2, 2), (1, 1), (39, 24)])
def test_any_size_is_converted_also_an_odd_one(size: tuple[int, int]) -> None:
    assert bgr(flat(128, 128, 128, full_range=False, size=size)).shape == (size[1], size[0], 3)
    assert bgr(flat(128, 128, 128, full_range=False, size=size), None, 300).shape == (300, 300, 3)


def test_a_part_is_that_part_of_the_whole() -> None:
    picture = scenes("stall_cart", 300)[1].picture
    whole, part = bgr(picture).astype(int), bgr(picture, Square(200, 40, 400, 240)).astype(int)
    # Colour at the part's own edge cannot look beyond it.
    assert np.abs(part - whole[40:240, 200:400])[2:-2, 2:-2].max() <= 1


def test_resizing_first_gives_nearly_what_resizing_last_gives() -> None:
    picture = scenes("stall_cart", 300)[1].picture
    last = cv2.resize(bgr(picture, Square(100, 0, 460, 360)), (300, 300), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(bgr(picture, Square(100, 0, 460, 360), 300).astype(int) - last).mean() < 1.5


def test_the_decoders_planes_are_left_as_they_were() -> None:
    picture = flat(100, 90, 170, full_range=False)
    for plane in (picture.y, picture.u, picture.v):
        plane.flags.writeable = False
    bgr(picture, None, 30)
    assert (picture.y == 100).all()

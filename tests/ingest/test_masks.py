"""Masks: what is not judged tells nothing, what is private is grey in every picture that leaves the box."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
import pytest

from fusion.evidence.jpeg import bgr_of, jpeg_of
from fusion.ingest.change import ChangeGate
from fusion.ingest.live import as_jpeg
from fusion.ingest.masks import PictureMasks, same_shape
from fusion.ingest.policy import ChangePolicy
from fusion.ingest.reader import Encoded, StreamHead
from fusion.ingest.reencode import reencode
from fusion.ingest.remux import remux
from fusion.types.cover import covered
from fusion.types.masks import Masks
from fusion.types.picture import Picture

START = datetime(2026, 11, 24, tzinfo=UTC)
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
CORNER = ((0.7, 0.1), (0.95, 0.15), (0.9, 0.6))
SIZES = [(640, 360), (353, 289), (1920, 1080)]


def a_picture(
    at_s: float = 0.0, size: tuple[int, int] = (640, 360), *, gain: float = 1.0, block: bool = False
) -> Picture:
    width, height = size
    noise = np.random.default_rng(5).integers(60, 120, (height, width)).astype(np.float64)
    if block:
        noise[height // 2 : height // 2 + 60, 40:110] = 230
    y = np.clip(noise * gain, 16, 235).astype(np.uint8)
    chroma = np.random.default_rng(6).integers(90, 160, ((height + 1) // 2, (width + 1) // 2), dtype=np.uint8)
    return Picture("T", START + timedelta(seconds=at_s), y, chroma, chroma[::-1])


def decoded(jpeg: bytes) -> "np.ndarray[Any, Any]":
    """[height, width, 3]."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def test_without_masks_no_picture_is_touched_or_copied() -> None:
    picture, over = a_picture(), PictureMasks()
    assert over.judged(picture) is picture
    assert over.shown(picture) is picture
    assert over.both(picture) == (picture, None)


@pytest.mark.parametrize("size", SIZES)
def test_a_private_area_is_grey_in_the_kept_picture_of_either_stream_and_nothing_else_is(size: tuple[int, int]) -> None:
    picture = a_picture(size=size)
    shown = PictureMasks(Masks(private=(CORNER,))).shown(picture)
    kept = decoded(jpeg_of(bgr_of(shown), quality=95))
    inside = covered((CORNER,), size)
    # What JPEG codes together, 16 pixels wide, takes a little of what is beside it.
    deep = cv2.erode(inside.astype(np.uint8), np.ones((33, 33), np.uint8)) > 0
    assert deep.sum() > 500
    assert np.ptp(kept[deep].astype(int), axis=0).max() <= 3
    assert np.array_equal(shown.y[~inside], picture.y[~inside])
    assert (shown.y[inside] == 128).all()


def test_a_private_area_is_grey_in_the_live_picture_too() -> None:
    shown = PictureMasks(Masks(private=(LEFT_HALF,))).shown(a_picture(size=(1280, 720)))
    live = decoded(as_jpeg(shown))
    assert np.ptp(live[:, :440].astype(int), axis=(0, 1)).max() <= 3
    assert np.ptp(live[:, 520:].astype(int), axis=(0, 1)).max() > 60


def test_an_ignored_area_is_seen_by_people_but_not_judged() -> None:
    picture = a_picture()
    judged, shown = PictureMasks(Masks(ignored=(LEFT_HALF,))).both(picture)
    assert shown is picture
    assert np.ptp(judged.y[:, :320]) == 0
    assert np.array_equal(judged.y[:, 322:], picture.y[:, 322:])


def test_the_change_gate_sees_a_thing_beside_a_mask_and_none_in_it() -> None:
    seen = []
    for masks in (Masks(), Masks(ignored=(LEFT_HALF,)), Masks(private=(LEFT_HALF,))):
        gate, over = ChangeGate(ChangePolicy()), PictureMasks(masks)
        for number in range(5):
            gate.judge(over.judged(a_picture(number)).y, START + timedelta(seconds=number))
        judged = over.judged(a_picture(6, block=True))
        seen.append(bool(gate.judge(judged.y, judged.at).boxes))
    assert seen == [True, False, False]


def test_a_blanked_area_moves_with_the_light_and_so_nothing_happens_in_it() -> None:
    over = PictureMasks(Masks(ignored=(LEFT_HALF,)))
    before, after = over.judged(a_picture()), over.judged(a_picture(gain=1.4))
    blank = before.y[10, 10], after.y[10, 10]
    rest = before.y[:, 330:].mean(), after.y[:, 330:].mean()
    assert abs(float(blank[1]) / float(blank[0]) - rest[1] / rest[0]) < 0.02


def test_each_pixel_that_an_area_touches_is_covered_and_its_colour_too() -> None:
    thin = ((0.101, 0.1), (0.102, 0.1), (0.102, 0.9))
    assert covered((thin,), (100, 100))[15:89, 10].all()
    shown = PictureMasks(Masks(private=(thin,))).shown(a_picture(size=(101, 99)))
    grey = shown.y == 128
    rows, columns = np.nonzero(covered((thin,), (101, 99)))
    assert grey[rows, columns].all()
    assert (shown.u[rows // 2, columns // 2] == 128).all()
    assert (shown.v[rows // 2, columns // 2] == 128).all()


def test_a_mask_of_the_whole_picture_leaves_nothing() -> None:
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    judged, shown = PictureMasks(Masks(ignored=(whole,), private=(whole,))).both(a_picture())
    assert shown is not None
    for picture in (judged, shown):
        assert all((plane == 128).all() for plane in (picture.y, picture.u, picture.v))


def _packets(size: tuple[int, int] = (320, 192), pictures: int = 20) -> Iterator[Encoded]:
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.gop_size = Fraction(1, 10), 10
    encoder.options = {"preset": "ultrafast", "bf": "0", "tune": "zerolatency"}
    head = StreamHead("h264", size, b"", Fraction(1, 10))
    for number in range(pictures):
        rgb = np.random.default_rng(number).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        for packet in encoder.encode(frame):
            at_s = START.timestamp() + number / 10
            yield Encoded(head, bytes(packet), packet.is_keyframe, at_s, packet.pts, packet.dts)


def test_in_a_clip_that_is_coded_again_each_picture_has_its_time_and_a_grey_area() -> None:
    packets = list(_packets())
    clip = reencode(packets, Masks(private=(LEFT_HALF,)), "T")
    assert clip is not None
    with av.open(io.BytesIO(clip), "r") as container:
        frames = list(container.decode(video=0))
    assert len(frames) == len(packets) == 20
    assert [round(float(frame.time or 0), 2) for frame in frames] == [round(0.1 * number, 2) for number in range(20)]
    for frame in frames:
        grey = frame.to_ndarray(format="gray").astype(int)
        assert np.ptp(grey[:, :140]) <= 6
        assert np.ptp(grey[:, 170:]) > 100
    unmasked = remux(packets)
    assert unmasked is not None
    with av.open(io.BytesIO(unmasked), "r") as container:
        assert np.ptp(next(container.decode(video=0)).to_ndarray(format="gray")[:, :140].astype(int)) > 100


def test_packets_that_no_decoder_reads_give_no_clip_rather_than_one_that_shows_all() -> None:
    head = StreamHead("h264", (320, 192), b"", Fraction(1, 10))
    broken = [Encoded(head, bytes([0, 0, 0, 1, 0x65, *range(200)]), True, START.timestamp(), 0, 0)]
    assert reencode(broken, Masks(private=(LEFT_HALF,)), "T") is None
    assert reencode([], Masks(private=(LEFT_HALF,)), "T") is None
    unknown = [Encoded(StreamHead("no_codec", None, b"", Fraction(1, 10)), b"x", True, 0.0, 0, 0)]
    assert reencode(unknown, Masks(private=(LEFT_HALF,)), "T") is None


def test_places_are_the_same_where_the_proportions_are() -> None:
    assert same_shape((640, 360), (1920, 1080))
    assert not same_shape((704, 576), (1920, 1080))

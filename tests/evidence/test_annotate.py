"""What is drawn on a snapshot."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fusion.evidence.annotate import Drawing, annotated
from fusion.evidence.jpeg import Bgr
from fusion.types.sighting import Box

_THING = Box(0.4, 0.4, 0.6, 0.8)


def _grey(width: int = 640, height: int = 360) -> Bgr:
    return np.full((height, width, 3), 128, np.uint8)


def test_the_box_is_drawn_at_its_edges_and_the_thing_inside_stays_visible() -> None:
    picture = annotated(_grey(), Drawing(boxes=((_THING, "street_stall"),)))
    assert (picture[200, 256] != 128).any()
    assert (picture[290, 350] == 128).all()
    assert (picture[200, 150] == 128).all()


def test_the_zone_is_outlined() -> None:
    picture = annotated(_grey(), Drawing(outline=((0.1, 0.5), (0.9, 0.5), (0.9, 0.9), (0.1, 0.9))))
    assert (picture[180, 320] != 128).any()


def test_the_caption_stands_below_the_picture_and_covers_nothing() -> None:
    picture = annotated(_grey(), Drawing(caption=("T-0001  grid R-07", "two persons and a new object " * 8)))
    assert (picture[:360] == 128).all()
    assert picture.shape[0] > 400
    assert picture.shape[1] == 640
    assert (picture[360:] > 200).any()


def test_the_camera_s_picture_itself_is_left_alone() -> None:
    plain = _grey()
    annotated(plain, Drawing(boxes=((_THING, "x"),), outline=((0, 0), (1, 0), (1, 1)), caption=("x",)))
    assert (plain == 128).all()


_share = st.floats(-0.5, 1.5)


@given(
    st.builds(Box, _share, _share, _share, _share),
    st.text(max_size=60),
    st.lists(st.tuples(_share, _share), max_size=8),
    st.sampled_from([(640, 360), (1920, 1080), (33, 17)]),
)
def test_any_text_box_and_outline_can_be_drawn(
    box: Box, text: str, outline: list[tuple[float, float]], size_px: tuple[int, int]
) -> None:
    drawing = Drawing(boxes=((box, text), (_THING, text)), outline=tuple(outline), caption=(text, text * 5))
    assert annotated(_grey(*size_px), drawing).shape[1] == size_px[0]

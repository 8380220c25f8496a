"""What is drawn on a snapshot."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fusion.evidence.annotate import Drawing, annotated, drawable
from fusion.evidence.facts import SnapshotFacts, drawing_of
from fusion.evidence.jpeg import Bgr
from fusion.types.place import GeoPoint
from fusion.types.sighting import Box
from fusion.types.signal import Reason
from fusion.types.terminal import Terminal
from fusion.types.zone import Zone

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
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


def test_a_zone_named_in_chinese_stands_in_the_caption_by_its_id() -> None:
    terminal = Terminal(
        id="T-0001", name="北湖路 1号", point=GeoPoint(120.0, 29.3), height_m=4.0, bearing_deg=0.0, grid_id="E-07"
    )
    zone = Zone(id="S-01", name="北湖路-铁岭路严管路段", kind="no_stall", polygon=((0, 0), (1, 0), (1, 1)))
    reason = Reason(zh="", en=f"two persons × 2 stayed in zone {zone.name!r} for 22 s (seen by {terminal.name})")
    facts = SnapshotFacts(
        terminal=terminal,
        kind="street_stall",
        reason=reason,
        met_at=NOON,
        signal_id="s",
        thing_id="t",
        box=_THING,
        zone=zone,
        grid_id="东-7",
    )
    head, sentence = drawing_of(facts, NOON, ZoneInfo("Asia/Shanghai")).caption
    assert sentence == "two persons x 2 stayed in zone S-01 for 22 s (seen by T-0001)"
    assert head.startswith("2026-11-24 12:00:00 UTC+0800   T-0001   grid ..-7   zone S-01 (no_stall)")


@given(st.text(max_size=200))
def test_what_is_drawn_is_printable_ascii_by_construction_and_never_a_question_mark_that_was_not_there(
    text: str,
) -> None:
    drawing = Drawing(boxes=((_THING, text),), caption=(text,))
    for drawn in (drawing.boxes[0][1], *drawing.caption):
        assert all(" " <= letter <= "~" for letter in drawn)
        assert drawn.count("?") <= text.count("?") + sum(text.count(mark) for mark in "？⁇⁈⁉︖﹖") * 2


def test_full_width_digits_and_accents_are_written_plainly() -> None:
    assert drawable("Ｔ－１２ café – 5 m²") == "T-12 cafe - 5 m2"


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

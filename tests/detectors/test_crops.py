"""Squares around what matters, and their detections as one picture's."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.detectors.crops import Square, merge, squares
from fusion.types.detections import Detections
from fusion.types.sighting import Box

NAMES = ("person", "car")
WIDE = (640, 360)
_share = st.floats(0, 1, width=32)
_box = st.tuples(_share, _share, _share, _share).map(
    lambda s: Box(min(s[0], s[2]), min(s[1], s[3]), max(s[0], s[2]), max(s[1], s[3]))
)
_size = st.tuples(st.integers(2, 700), st.integers(2, 700))


def detections(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    """Each row: left, top, right, bottom, score, class."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64), NAMES)


@settings(deadline=None)  # a loaded machine is no fault
@given(_size, st.lists(_box, max_size=12), st.integers(1, 5))
def test_squares_are_few_and_square_and_lie_within_the_picture(
    size_px: tuple[int, int], boxes: list[Box], most: int
) -> None:
    found = squares(size_px, boxes, most=most)
    assert len(found) <= most
    assert bool(found) == bool(boxes)
    for left, top, right, bottom in found:
        assert 0 <= left < right <= size_px[0]
        assert 0 <= top < bottom <= size_px[1]
        assert right - left == bottom - top
        assert left % 2 == top % 2 == 0


@settings(deadline=None)  # a loaded machine is no fault
@given(st.integers(100, 600), st.floats(1, 1.9), st.booleans(), st.lists(_box, min_size=1, max_size=12))
def test_up_to_16_to_9_three_squares_show_every_interest(
    shorter: int, aspect: float, upright: bool, boxes: list[Box]
) -> None:
    width, height = int(shorter * aspect), shorter
    if upright:
        width, height = height, width
    shown = np.zeros((height, width), bool)
    for left, top, right, bottom in squares((width, height), boxes, most=3):
        shown[top:bottom, left:right] = True
    given_up = int(0.025 * shorter) + 3  # at the ends of what is hardly longer than the largest square
    for box in boxes:
        rows = slice(int(box.top * height) + given_up, max(0, int(box.bottom * height) - given_up))
        columns = slice(int(box.left * width) + given_up, max(0, int(box.right * width) - given_up))
        assert shown[rows, columns].all()


@settings(deadline=None)  # a loaded machine is no fault
@given(st.lists(_box, max_size=8), st.randoms())
def test_the_order_of_interests_does_not_matter(boxes: list[Box], random: Random) -> None:
    other = list(boxes)
    random.shuffle(other)
    assert squares(WIDE, boxes) == squares(WIDE, other)


def test_interests_that_fit_into_one_square_share_it() -> None:
    assert len(squares(WIDE, [Box(0.1, 0.2, 0.2, 0.5), Box(0.25, 0.3, 0.35, 0.6)])) == 1


def test_a_small_interest_gets_context_and_not_a_stamp() -> None:
    (found,) = squares(WIDE, [Box(0.5, 0.5, 0.51, 0.51)])
    assert found.side_px == 125


def test_of_a_panorama_those_squares_are_kept_that_show_most() -> None:
    boxes = [Box(i / 20, 0.4, i / 20 + 0.01, 0.6) for i in (1, 2, 10, 18)]
    found = squares((4000, 200), [*boxes, Box(0.85, 0, 1, 1)], most=2)
    assert len(found) == 2
    assert all(square.left >= 3000 for square in found)


def test_the_whole_picture_comes_beside_the_squares_when_asked() -> None:
    assert squares(WIDE, [], whole=True) == [Square(0, 0, 640, 360)]
    assert squares(WIDE, [Box(0.5, 0.5, 0.6, 0.6)], whole=True)[-1] == Square(0, 0, 640, 360)


def test_boxes_are_put_back_where_the_square_was() -> None:
    found = merge(WIDE, [(Square(280, 0, 640, 360), detections((100, 100, 150, 200, 0.8, 0)), 300)])
    np.testing.assert_allclose(found.xyxy_px, [[400, 120, 460, 240]], atol=1e-3)


def test_boxes_of_a_squashed_whole_picture_are_stretched_again() -> None:
    found = merge(WIDE, [(Square(0, 0, 640, 360), detections((150, 150, 300, 300, 0.8, 0)), 300)])
    np.testing.assert_allclose(found.xyxy_px, [[320, 180, 640, 360]], atol=1e-3)


def test_a_person_whom_two_squares_show_whole_is_one_person() -> None:
    left = (Square(0, 0, 360, 360), detections((300, 100, 340, 200, 0.7, 0)), 360)
    right = (Square(280, 0, 640, 360), detections((21, 101, 61, 201, 0.9, 0)), 360)
    found = merge(WIDE, [left, right])
    np.testing.assert_allclose(found.xyxy_px, [[301, 101, 341, 201]])
    np.testing.assert_allclose(found.score, [0.9])


def test_half_a_person_at_a_squares_edge_yields_to_the_whole_one_even_when_surer() -> None:
    left = (Square(0, 0, 360, 360), detections((340, 100, 360, 200, 0.95, 0)), 360)
    right = (Square(280, 0, 640, 360), detections((60, 100, 110, 200, 0.6, 0)), 360)
    found = merge(WIDE, [left, right])
    np.testing.assert_allclose(found.xyxy_px, [[340, 100, 390, 200]])
    np.testing.assert_allclose(found.score, [0.6])


def test_half_a_person_whom_no_other_square_shows_is_kept_with_its_score() -> None:
    found = merge(WIDE, [(Square(0, 0, 360, 360), detections((340, 100, 360, 200, 0.7, 0)), 360)])
    np.testing.assert_allclose(found.score, [0.7])


@pytest.mark.parametrize("other", [1, 0])
def test_neither_another_class_nor_a_neighbour_makes_a_cut_box_a_fragment(other: int) -> None:
    beside = (60, 100, 110, 200) if other else (81, 100, 131, 200)
    left = (Square(0, 0, 360, 360), detections((340, 100, 360, 200, 0.7, 0)), 360)
    right = (Square(280, 0, 640, 360), detections((*beside, 0.9, other)), 360)
    assert len(merge(WIDE, [left, right])) == 2


def test_who_leaves_the_picture_itself_is_not_cut_by_a_square() -> None:
    small = (Square(0, 0, 360, 360), detections((0, 100, 30, 200, 0.7, 0)), 360)
    large = (Square(0, 0, 300, 300), detections((0, 90, 60, 240, 0.9, 0)), 300)
    assert len(merge(WIDE, [small, large])) == 2


def test_nothing_is_merged_to_nothing() -> None:
    assert len(merge(WIDE, [])) == 0
    assert len(merge(WIDE, [(Square(0, 0, 360, 360), Detections.none(NAMES), 300)])) == 0

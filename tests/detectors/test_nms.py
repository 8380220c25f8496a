"""Non-maximum suppression, also of what a broken model gives."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.detectors.nms import area_px, shared_px, suppress
from fusion.types.detections import Detections

NAMES = ("", "person", "car")
_row = st.tuples(*[st.floats(-50, 150, width=32)] * 4, st.floats(0.0625, 1, width=32), st.integers(1, 2))


def _run(rows: Sequence[tuple[float, float, float, float, float, int]]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return suppress(table[:, :4], table[:, 4], table[:, 5].astype(np.int64), NAMES, size_px=(100, 80))


@settings(deadline=None)  # a loaded machine is no fault
@given(st.lists(_row, max_size=20))
def test_what_is_kept_lies_in_the_picture_best_first_and_does_not_overlap_its_own_class(
    rows: Sequence[tuple[float, float, float, float, float, int]],
) -> None:
    found = _run(rows)
    assert (found.xyxy_px >= 0).all()
    assert (found.xyxy_px <= [100, 80, 100, 80]).all()
    assert (found.xyxy_px[:, 2:] - found.xyxy_px[:, :2] >= 1).all()
    assert (np.diff(found.score) <= 0).all()
    shared, area = shared_px(found.xyxy_px, found.xyxy_px), area_px(found.xyxy_px)
    overlap = shared / (area[:, None] + area - shared)
    same = (found.class_id[:, None] == found.class_id) & ~np.eye(len(found), dtype=bool)
    assert (overlap[same] <= 0.501).all()


def test_the_better_of_two_stays_and_another_class_is_left_alone() -> None:
    found = _run([(10, 10, 50, 50, 0.6, 1), (11, 11, 51, 51, 0.9, 1), (10, 10, 50, 50, 0.5, 2)])
    assert found.names() == ["person", "car"]
    np.testing.assert_allclose(found.score, [0.9, 0.5])


def test_boxes_that_are_not_numbers_or_outside_are_left_out() -> None:
    nan, inf = float("nan"), float("inf")
    found = _run([(nan, 0, 9, 9, 0.9, 1), (-inf, 10, inf, 20, 0.8, 1), (200, 200, 300, 300, 0.9, 1)])
    np.testing.assert_array_equal(found.xyxy_px, [[0, 10, 100, 20]])
    unclipped = np.array([[0, 0, inf, 9]], np.float32)
    assert len(suppress(unclipped, np.ones(1, np.float32), np.ones(1, np.int64), NAMES)) == 0


def test_of_a_model_that_fires_everywhere_only_the_best_2000_are_looked_at() -> None:
    rows = [(10, 10, 50, 50, 0.9, 1)] * 2000 + [(60, 10, 90, 50, 0.1, 1)]
    assert len(_run(rows[1:])) == 2
    assert len(_run(rows)) == 1

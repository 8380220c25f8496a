"""Each family against a slow reading of its format: one anchor, one class, one number at a time."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fusion.detectors.base import Detector, load
from fusion.detectors.detr import Detr, RtDetr
from fusion.types.detections import Detections
from fusion.types.errors import SiteError

from .onnx_file import FLOAT, constant_model, sized_model
from .parts import MakeModel

NAMES = ["person", "car", ""]  # the third is never reported
SIDE = 96  # of the inputs here: 12, 6, 3 and (rounded up) 2 cells
WIDE = (192, 96)  # a picture: squashed to half its width, or letterboxed to half its size
Box = tuple[float, float, float, float]
Row = tuple[str, float, Box]  # class, score, left, top, right, bottom in pixels of the input


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def softmax(values: NDArray[np.floating]) -> list[float]:
    power = [math.exp(float(value)) for value in values]
    return [one / sum(power) for one in power]


def cells(*strides: int) -> Iterator[tuple[int, int, int]]:
    """Column, row and stride of each cell in order."""
    for stride in strides:
        for row in range(math.ceil(SIDE / stride)):
            for column in range(math.ceil(SIDE / stride)):
                yield column, row, stride


def centred(cx: float, cy: float, width: float, height: float) -> Box:
    return cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2


def squashed(box: Box) -> Box:
    return box[0] * 2, box[1], box[2] * 2, box[3]


def boxed_around(box: Box) -> Box:
    """The picture's 192 x 96 lie as 96 x 48 in the middle of the input."""
    return box[0] * 2, (box[1] - 24) * 2, box[2] * 2, (box[3] - 24) * 2


def boxed_in_the_corner(box: Box) -> Box:
    return box[0] * 2, box[1] * 2, box[2] * 2, box[3] * 2


def suppressed(rows: list[Row]) -> list[Row]:
    kept: list[Row] = []
    for name, score, box in sorted(rows, key=lambda row: -row[1]):
        if all(other != name or overlap(box, taken) <= 0.5 for other, _, taken in kept):
            kept.append((name, score, box))
    return kept


def overlap(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / ((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - shared)


def in_picture(rows: list[Row], place: Callable[[Box], Box], *, once: bool = False) -> list[Row]:
    """Rows as a picture's detections: placed, clipped, named ones only."""
    found = []
    for name, score, box in rows:
        left, top, right, bottom = place(box)
        clipped = (max(left, 0), max(top, 0), min(right, WIDE[0]), min(bottom, WIDE[1]))
        if name and clipped[2] - clipped[0] >= 1 and clipped[3] - clipped[1] >= 1:
            found.append((name, score, clipped))
    return sorted(found, key=lambda row: -row[1]) if once else suppressed(found)


def equal(found: Detections, wanted: list[Row]) -> None:
    assert wanted, "the reference finds nothing: the test would say nothing"
    assert found.names() == [name for name, _, _ in wanted]
    np.testing.assert_allclose(found.score, [score for _, score, _ in wanted], rtol=1e-4)
    np.testing.assert_allclose(found.xyxy_px, [box for _, _, box in wanted], atol=0.02)


def looked(make: MakeModel, data: bytes, family: str, **keys: Any) -> tuple[Detector, Detections]:
    detector = load(make(data, family=family, size_px=[SIDE, SIDE], classes=NAMES, least_score=0.5, **keys))
    return detector, detector.detect([np.zeros((WIDE[1], WIDE[0], 3), np.uint8)])[0]


def some_scores(count: int, seed: int) -> NDArray[np.float32]:
    """Class scores [count, 3], few of them high, none near the least score."""
    random = np.random.default_rng(seed)
    scores = random.uniform(0, 0.3, (count, 3))
    sure = random.choice(count, 14, replace=False)
    scores[sure, random.integers(0, 3, 14)] = random.uniform(0.6, 0.99, 14)
    return scores.astype(np.float32)


def some_boxes(count: int, seed: int) -> NDArray[np.float32]:
    """Centre and size [count, 4] in pixels of the input, some of them beyond its edges."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.uniform(0, SIDE, (count, 2)), random.uniform(4, 40, (count, 2))], 1).astype(
        np.float32
    )


@pytest.mark.parametrize("strides", [(8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32)])
@pytest.mark.parametrize("transposed", [False, True])
def test_yolov8_gives_decoded_boxes_and_a_score_for_each_class(
    make_model: MakeModel, strides: tuple[int, ...], transposed: bool
) -> None:
    count = len(list(cells(*strides)))
    boxes, scores = some_boxes(count, 1), some_scores(count, 2)
    rows = np.concatenate([boxes, scores], axis=1)
    data = constant_model(["N", 3, SIDE, SIDE], [(rows if transposed else rows.T)[None]])
    wanted = [
        (NAMES[index], float(scores[anchor, index]), centred(*boxes[anchor].tolist()))
        for anchor in range(count)
        for index in range(3)
        if scores[anchor, index] > 0.5
    ]
    _, found = looked(make_model, data, "yolov8")
    equal(found, in_picture(wanted, boxed_around))


def test_yolov5_multiplies_its_classes_by_what_says_that_there_is_something(make_model: MakeModel) -> None:
    count = 3 * len(list(cells(8, 16, 32)))
    boxes, scores = some_boxes(count, 3), some_scores(count, 4)
    likely = np.random.default_rng(5).uniform(0, 1, (count, 1)).astype(np.float32)
    data = constant_model([1, 3, SIDE, SIDE], [np.concatenate([boxes, likely, scores], axis=1)[None]])
    wanted = [
        (NAMES[index], float(likely[anchor, 0] * scores[anchor, index]), centred(*boxes[anchor].tolist()))
        for anchor in range(count)
        for index in range(3)
        if likely[anchor, 0] * scores[anchor, index] > 0.5
    ]
    _, found = looked(make_model, data, "yolov5")
    equal(found, in_picture(wanted, boxed_around))


def test_yolox_gives_offsets_and_log_sizes_in_cells(make_model: MakeModel) -> None:
    grid = list(cells(8, 16, 32))
    random = np.random.default_rng(6)
    codes = random.uniform(-0.5, 1.2, (len(grid), 4)).astype(np.float32)
    likely = random.uniform(0.5, 1, (len(grid), 1)).astype(np.float32)
    scores = some_scores(len(grid), 7)
    data = constant_model([1, 3, SIDE, SIDE], [np.concatenate([codes, likely, scores], axis=1)[None]])
    wanted = []
    for (column, row, stride), (x, y, width, height), sure, classes in zip(grid, codes, likely, scores, strict=True):
        box = centred((column + x) * stride, (row + y) * stride, math.exp(width) * stride, math.exp(height) * stride)
        wanted += [(NAMES[i], float(sure[0] * score), box) for i, score in enumerate(classes) if sure[0] * score > 0.5]
    _, found = looked(make_model, data, "yolox")
    equal(found, in_picture(wanted, boxed_in_the_corner))


@pytest.mark.parametrize("strides", [(8, 16, 32), (8, 16, 32, 64)])
@pytest.mark.parametrize("form", ["one", "levels", "scores first"])
def test_nanodet_sides_are_the_means_of_distributions(
    make_model: MakeModel, strides: tuple[int, ...], form: str
) -> None:
    grid = list(cells(*strides))
    scores = some_scores(len(grid), 8)
    sides = np.random.default_rng(9).normal(0, 2, (len(grid), 32)).astype(np.float32)
    ends = np.cumsum([len(list(cells(stride))) for stride in strides])[:-1]
    levels = list(zip(np.split(scores, ends), np.split(sides, ends), strict=True))
    outputs = {
        "one": [np.concatenate([scores, sides], axis=1)],
        "levels": [part for level in levels for part in level],
        "scores first": [score for score, _ in levels] + [side for _, side in levels],
    }[form]
    data = constant_model([1, 3, SIDE, SIDE], [output[None] for output in outputs])
    middle = 0.5 if len(strides) == 3 else 0.0
    wanted = []
    for (column, row, stride), classes, logits in zip(grid, scores, sides, strict=True):
        means = [sum(i * p for i, p in enumerate(softmax(logits[8 * k : 8 * k + 8]))) * stride for k in range(4)]
        x, y = (column + middle) * stride, (row + middle) * stride
        box = (x - means[0], y - means[1], x + means[2], y + means[3])
        wanted += [(NAMES[index], float(score), box) for index, score in enumerate(classes) if score > 0.5]
    _, found = looked(make_model, data, "nanodet")
    equal(found, in_picture(wanted, squashed))


@pytest.mark.parametrize("no_object", [True, False])
@pytest.mark.parametrize("boxes_first", [True, False])
def test_detr_gives_each_thing_once_by_softmax_or_sigmoid(
    make_model: MakeModel, no_object: bool, boxes_first: bool
) -> None:
    random = np.random.default_rng(10)
    logits = random.normal(-3, 2.5, (40, 3 + no_object)).astype(np.float32)
    shares = random.uniform(0.1, 0.6, (40, 4)).astype(np.float32)
    logits[:2], shares[1] = [4.0, -4.0, -4.0, -4.0][: 3 + no_object], shares[0]  # two on each other: both stay
    outputs = [shares[None], logits[None]] if boxes_first else [logits[None], shares[None]]
    names = ["pred_boxes", "logits"] if boxes_first else ["logits", "pred_boxes"]
    data = constant_model(["N", 3, SIDE, SIDE], outputs, names=names)
    wanted = []
    for values, box in zip(logits, shares, strict=True):
        scores = softmax(values)[:-1] if no_object else [sigmoid(float(value)) for value in values]
        wanted += [(NAMES[i], s, centred(*(box * SIDE).tolist())) for i, s in enumerate(scores) if s > 0.5]
    _, found = looked(make_model, data, "detr")
    equal(found, in_picture(wanted, squashed, once=True))


@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
def test_rtdetr_boxes_come_in_the_size_that_was_fed(make_model: MakeModel, fit: str) -> None:
    labels = np.array([[0, 1, 1, 2, 7, -1]])
    shares = np.array([[[0.1, 0.3, 0.4, 0.7]] * 2 + [[0.5, 0.4, 0.9, 0.6]] * 4], np.float32)
    scores = np.array([[0.9, 0.8, 0.4, 0.95, 0.95, 0.95]], np.float32)
    detector, found = looked(make_model, sized_model([1, 3, SIDE, SIDE], labels, shares, scores), "rtdetr", fit=fit)
    box = (0.1 * SIDE, 0.3 * SIDE, 0.4 * SIDE, 0.7 * SIDE)
    wanted: list[Row] = [("person", 0.9, box), ("car", 0.8, box)]
    equal(found, in_picture(wanted, squashed if fit == "stretch" else boxed_around, once=True))
    assert len(detector.detect([np.zeros((9, 9, 3), np.uint8)] * 3)) == 3


def test_scores_far_from_any_threshold_raise_no_floating_point_error(make_model: MakeModel) -> None:
    logits = np.full((1, 5, 3), -500, np.float32)
    logits[0, 0, 0] = 500
    shares = np.full((1, 5, 4), 0.5, np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        _, found = looked(make_model, constant_model([1, 3, SIDE, SIDE], [logits, shares]), "detr")
    assert found.score.tolist() == [1.0]


CELLS = len(list(cells(8, 16, 32)))


@pytest.mark.parametrize(
    ("family", "shapes", "said"),
    [
        ("yolov8", [(1, 8, CELLS)], r"outputs \[\[8, 189\]\] .*; wanted \[\[7, 189\]\] or \[\[189, 7\]\]"),
        ("yolov8", [(1, 7, 100)], r"outputs \[\[7, 100\]\] .*; wanted \[\[7, 189\]\]"),
        ("yolov8", [(1, 300, 6)], r"outputs \[\[300, 6\]\]"),
        ("yolov5", [(1, CELLS, 8)], r"outputs \[\[189, 8\]\] .*; wanted \[\[567, 8\]\]"),
        ("yolox", [(1, 3 * CELLS, 8)], r"outputs \[\[567, 8\]\] .*; wanted \[\[189, 8\]\]"),
        ("nanodet", [(1, CELLS, 3)], r"wanted \[\[A, 35\]\] with A 189 \(NanoDet\) or 193 \(NanoDet-Plus\)"),
        ("nanodet", [(1, 144, 3), (1, 144, 32), (1, 36, 3), (1, 36, 32)], r"or \[A, 3\] and \[A, 32\] for each stride"),
        ("detr", [(1, 9, 6), (1, 9, 4)], r"wanted logits \[Q, 3\] \(sigmoid\) or \[Q, 4\] \(softmax\)"),
        ("detr", [(1, 9, 3), (1, 8, 4)], r"outputs \[\[9, 3\], \[8, 4\]\]"),
        ("detr", [(1, 9, 4), (1, 9, 4)], r"outputs \[\[9, 4\], \[9, 4\]\]"),  # which of the two is it?
    ],
)
def test_a_wrong_shape_or_count_is_refused_with_file_found_and_wanted(
    make_model: MakeModel, family: str, shapes: list[tuple[int, ...]], said: str
) -> None:
    data = constant_model([1, 3, SIDE, SIDE], [np.zeros(shape, np.float32) for shape in shapes])
    with pytest.raises(SiteError, match=said) as caught:
        load(make_model(data, family=family, size_px=[SIDE, SIDE], classes=NAMES))
    assert "mine.onnx: outputs" in str(caught.value)
    assert f"for the family {family}" in str(caught.value)


def test_what_a_model_really_gives_counts_and_not_what_it_declares(make_model: MakeModel) -> None:
    rows = np.zeros((1, 7, 50), np.float32)
    data = constant_model(["N", 3, "H", "W"], [rows], declared=[["N", 7, "anchors"]])
    with pytest.raises(SiteError, match=r"outputs \[\[7, 50\]\] .*; wanted \[\[7, 189\]\]"):
        load(make_model(data, family="yolov8", size_px=[SIDE, SIDE], classes=NAMES))


def test_rtdetr_wants_whole_numbers_for_labels_and_its_second_input(make_model: MakeModel) -> None:
    labels, shares, scores = np.zeros((1, 2), np.int64), np.zeros((1, 2, 4), np.float32), np.zeros((1, 2), np.float32)
    keys = {"family": "rtdetr", "size_px": [SIDE, SIDE], "classes": NAMES}
    with pytest.raises(SiteError, match=r"labels float32.*; wanted whole numbers for labels"):
        load(make_model(sized_model([1, 3, SIDE, SIDE], labels, shares, scores, labels_kind=FLOAT), **keys))
    plain = constant_model([1, 3, SIDE, SIDE], [scores], names=["scores"])
    with pytest.raises(SiteError, match=r"inputs picture .*; wanted one picture and orig_target_sizes \['N', 2\]"):
        load(make_model(plain, **keys))
    sized = sized_model([1, 3, SIDE, SIDE], labels, shares, scores)
    with pytest.raises(SiteError, match=r"inputs images .*orig_target_sizes .*; wanted one picture"):
        load(make_model(sized, **(keys | {"family": "detr"})))


def test_detr_with_three_classes_knows_its_boxes_by_name(make_model: MakeModel) -> None:
    outputs = [np.zeros((1, 9, 4), np.float32), np.zeros((1, 9, 4), np.float32)]
    data = constant_model([1, 3, SIDE, SIDE], outputs, names=["boxes", "scores"])
    detector = load(make_model(data, family="detr", size_px=[SIDE, SIDE], classes=NAMES))
    assert isinstance(detector, Detr)
    assert detector.outputs[0][0] == "boxes"


def test_an_output_of_whole_numbers_where_scores_belong_is_refused(make_model: MakeModel) -> None:
    labels, shares, scores = np.zeros((1, 2), np.int64), np.zeros((1, 2, 4), np.float32), np.zeros((1, 2), np.float32)
    keys = {"family": "sized", "size_px": [SIDE, SIDE], "classes": NAMES}

    class Sized(RtDetr, family="sized"):
        whole = frozenset[str]()

    try:
        with pytest.raises(SiteError, match=r"labels int64, .*; wanted floating-point numbers for the family sized"):
            load(make_model(sized_model([1, 3, SIDE, SIDE], labels, shares, scores), **keys))
    finally:
        Detector.families.pop(Sized.family)

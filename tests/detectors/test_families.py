"""Families of models: the shipped one on rendered streets, another by one file, and shapes that do not fit."""

from pathlib import Path

import numpy as np
import pytest

from fusion.detectors.base import Detector, load
from fusion.detectors.colour import bgr
from fusion.detectors.crops import merge, squares
from fusion.detectors.manifest import Model, find_model
from fusion.detectors.nms import area_px, shared_px
from fusion.detectors.ssd import anchors
from fusion.detectors.yolox import Yolox
from fusion.plugins import load_file
from fusion.types.detections import Detections
from fusion.types.errors import SiteError
from fusion.types.sighting import Box

from .onnx_file import DOUBLE, constant_model
from .parts import MakeModel, Scene, scenes

SITE_FAMILY = '''
from fusion.detectors.ssd import Ssd


class Mirrored(Ssd, family="mirrored"):
    """A model that was trained on mirrored pictures."""

    def prepare(self, image):
        return super().prepare(image[:, ::-1])
'''


@pytest.fixture(scope="module")
def shipped() -> Detector:
    return load(find_model("ssdlite_mobilenet_v2_coco"))


def seen(detector: Detector, scene: Scene) -> Detections:
    """Everything that a detector finds in a picture, by the largest squares."""
    parts = squares(scene.picture.size_px, [Box(0, 0, 1, 1)])
    found = detector.detect([bgr(scene.picture, part, 300) for part in parts])
    return merge(scene.picture.size_px, [(part, one, 300) for part, one in zip(parts, found, strict=True)])


def share_found(truth: np.ndarray, found: Detections) -> float:
    shared = shared_px(truth, found.xyxy_px)
    union = area_px(truth)[:, None] + area_px(found.xyxy_px)[None, :] - shared
    return float((shared / union > 0.5).any(axis=1).mean()) if len(found) else 0.0


def test_the_shipped_model_finds_the_persons_at_a_stall(shipped: Detector) -> None:
    pictures = [scene for scene in scenes("stall_cart", 40) if len(scene.boxes("person", least_height_px=90))]
    shares = [
        share_found(scene.boxes("person", least_height_px=90), seen(shipped, scene).of_class("person"))
        for scene in pictures
    ]
    assert len(pictures) >= 4
    assert float(np.mean(shares)) > 0.6


def test_the_shipped_model_names_a_parked_car_a_vehicle_when_the_square_is_around_it(shipped: Detector) -> None:
    named = []
    for scene in scenes("stall_cart", 40):
        (car,) = scene.boxes("car")
        width, height = scene.picture.size_px
        (part,) = squares((width, height), [Box(*(car / [width, height, width, height]).tolist())])
        found = merge((width, height), [(part, shipped.detect([bgr(scene.picture, part, 300)])[0], 300)])
        named.append(share_found(car[None], found.of_class("car", "truck")))
    assert len(named) == 10
    assert float(np.mean(named)) >= 0.6


def test_an_empty_picture_holds_nothing(shipped: Detector) -> None:
    assert [len(one) for one in shipped.detect([np.full((360, 360, 3), 127, np.uint8)])] == [0]


def test_boxes_stay_within_the_picture_whatever_its_size(shipped: Detector) -> None:
    scene = scenes("stall_cart", 300)[1]
    image = bgr(scene.picture)[100:360, 300:600]
    for found in shipped.detect([image, image[::2, ::3], image[:1, :1]]):
        assert (found.xyxy_px >= 0).all()
        assert (found.xyxy_px[:, 2:] > found.xyxy_px[:, :2]).all()


def test_the_anchors_are_1917_and_the_first_layer_has_three_a_cell() -> None:
    rows = anchors()
    assert rows.shape == (1917, 4)
    np.testing.assert_allclose(rows[0], (0.5 / 19, 0.5 / 19, 0.1, 0.1), rtol=1e-6)
    np.testing.assert_allclose(rows[-1, :2], 0.5)


def test_ssd_codes_are_offsets_from_the_anchor_with_the_variances_of_the_zoo(make_model: MakeModel) -> None:
    boxes, logits = np.zeros((1, 1917, 4), np.float32), np.full((1, 1917, 3), -9, np.float32)
    # The first cell of the last layer: centre 0.5, 0.5, sides 0.95 (scale) for ratio 1.
    boxes[0, -6] = [1.0, -2.0, 5 * np.log(0.5), 5 * np.log(0.25)]
    logits[0, -6] = [9.0, 2.0, 3.0]
    model = make_model(constant_model(["N", 3, 300, 300], [boxes, logits]), classes=["background", "", "car"])
    (found,) = load(model).detect([np.zeros((1000, 2000, 3), np.uint8)])
    # Left out is the class that the manifest gives no name, whatever its index.
    assert found.names() == ["background", "car"]
    y, x, height, width = 0.5 + 0.095, 0.5 - 0.19, 0.95 * 0.5, 0.95 * 0.25
    wanted = [(x - width / 2) * 2000, (y - height / 2) * 1000, (x + width / 2) * 2000, (y + height / 2) * 1000]
    np.testing.assert_allclose(found.xyxy_px, [wanted, wanted], atol=0.1)
    np.testing.assert_allclose(found.score, 1 / (1 + np.exp([-9.0, -3.0])), rtol=1e-5)


def test_a_small_crop_is_enlarged_smoothly_and_not_by_repeating_pixels(shipped: Detector) -> None:
    edge = np.zeros((126, 126, 3), np.uint8)
    edge[:, 63:] = 255
    row = shipped.prepare(edge)[0, 150]
    assert len(np.unique(row.round(3))) > 3


def test_a_site_brings_a_family_with_one_file(tmp_path: Path, shipped: Detector) -> None:
    (tmp_path / "mirrored.py").write_text(SITE_FAMILY)
    load_file(tmp_path / "mirrored.py")
    try:
        entry = shipped.model.entry.model_copy(update={"family": "mirrored"})
        mirrored = load(Model("mirrored", shipped.model.folder, entry))
        image = bgr(scenes("stall_cart", 300)[1].picture)[:, 200:560]
        one, other = shipped.detect([image[:, ::-1]])[0], mirrored.detect([image])[0]
        assert len(one) > 0
        np.testing.assert_array_equal(one.xyxy_px, other.xyxy_px)
        with pytest.raises(SiteError, match="family 'mirrored': registered twice"):
            load_file(tmp_path / "mirrored.py")
    finally:
        Detector.families.pop("mirrored")


def test_a_model_of_another_input_size_is_refused_with_found_and_wanted() -> None:
    shipped = find_model("ssdlite_mobilenet_v2_coco")
    other = Model(shipped.name, shipped.folder, shipped.entry.model_copy(update={"size_px": (320, 300)}))
    with pytest.raises(SiteError, match=r"input tensor\(float\) \['N', 3, 300, 300\]; wanted .*'N', 3, 300, 320"):
        load(other)


def test_a_model_of_another_type_or_layout_is_refused_with_found_and_wanted(make_model: MakeModel) -> None:
    rows = np.zeros((1, 84, 7), np.float32)
    double = make_model(constant_model([1, 3, 64, 64], [rows], DOUBLE), size_px=[64, 64], family="yolox")
    with pytest.raises(SiteError, match=r"input tensor\(double\) .*; wanted tensor\(float\)"):
        load(double)
    planar = make_model(constant_model([1, 3, 64, 64], [rows]), size_px=[64, 64], family="yolox", layout="nhwc")
    with pytest.raises(SiteError, match=r"\[1, 3, 64, 64\]; wanted .*\['N', 64, 64, 3\]"):
        load(planar)


def test_a_model_of_other_classes_is_refused_with_found_and_wanted() -> None:
    shipped = find_model("ssdlite_mobilenet_v2_coco")
    other = Model(shipped.name, shipped.folder, shipped.entry.model_copy(update={"classes": ("", "person")}))
    with pytest.raises(SiteError, match=r"outputs \[\[1917, 4\], \[1917, 91\]\] .*; wanted .*\[1917, 2\]"):
        load(other)


def _yolox_rows() -> np.ndarray:
    """One certain person of the second class whose centre is (32, 16) and size 16 x 24 in a 64 px input."""
    rows = np.zeros((2, 64 + 16 + 4, 7), np.float32)
    rows[:, 2 * 8 + 4] = [0, 0, np.log(2), np.log(3), 1.0, 0.0, 0.9]  # stride 8, row 2, column 4
    return rows


def test_yolox_undoes_its_letterbox_and_a_model_of_one_batch_size_takes_any_number(make_model: MakeModel) -> None:
    data = constant_model([2, 64, 64, 3], [_yolox_rows()])
    keys = {"family": "yolox", "size_px": [64, 64], "channels": "bgr", "classes": ["dog", "person"]}
    detector = load(make_model(data, layout="nhwc", **keys))
    assert isinstance(detector, Yolox)
    image = np.zeros((64, 128, 3), np.uint8)
    found = detector.detect([image] * 3)
    assert len(found) == 3
    for one in found:
        assert one.names() == ["person"]
        np.testing.assert_allclose(one.xyxy_px, [[48, 8, 80, 56]], atol=0.01)
        np.testing.assert_allclose(one.score, [0.9], atol=1e-6)


def test_yolox_pads_with_grey_below_and_scales_as_the_manifest_says(make_model: MakeModel) -> None:
    data = constant_model([2, 3, 64, 64], [_yolox_rows()])
    keys = {"family": "yolox", "size_px": [64, 64], "classes": ["dog", "person"]}
    detector = load(make_model(data, channels="rgb", scale=2.0, shift=1.0, **keys))
    image = np.zeros((64, 128, 3), np.uint8)
    image[..., 0] = 10  # blue
    prepared = detector.prepare(image)
    np.testing.assert_array_equal(prepared[:, 0, 0], [1, 1, 21])
    np.testing.assert_array_equal(prepared[:, 40, 0], [229, 229, 229])


def test_the_sites_least_score_wins_over_the_manifests(make_model: MakeModel) -> None:
    keys = {"family": "yolox", "size_px": [64, 64], "classes": ["dog", "person"], "least_score": 0.95}
    model = make_model(constant_model([2, 3, 64, 64], [_yolox_rows()]), **keys)
    image = np.zeros((64, 64, 3), np.uint8)
    assert len(load(model).detect([image])[0]) == 0
    assert len(load(model, least_score=0.5).detect([image])[0]) == 1


def test_the_model_in_eight_bits_finds_the_persons_that_the_one_in_floats_finds(shipped: Detector) -> None:
    small = load(find_model("ssdlite_mobilenet_v2_coco_int8"))
    shares = []
    for scene in scenes("stall_cart", 80):
        found, other = (seen(detector, scene).of_class("person") for detector in (shipped, small))
        sure = found.xyxy_px[found.score >= 0.35]
        shares += [share_found(sure, other)] * len(sure)
    assert len(shares) >= 10
    assert float(np.mean(shares)) >= 0.9

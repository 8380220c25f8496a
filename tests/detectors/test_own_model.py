"""A site's own model: one file and a few lines."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from fusion.detectors.base import load
from fusion.detectors.coco import LISTS
from fusion.detectors.manifest import OwnModel
from fusion.detectors.pool import DEFAULT_MODEL, DetectorPool, OnnxConfig
from fusion.detectors.suggest import lines, suggestions
from fusion.types.errors import SiteError

from .onnx_file import constant_model

SIDE = 64
CELLS = 64 + 16 + 4


def yolov8_file(path: Path, *, size: int | str = SIDE, classes: int = 80) -> Path:
    """Sees one person of 16 x 24 pixels at (32, 16)."""
    rows = np.zeros((1, 4 + classes, CELLS), np.float32)
    rows[0, :5, 7] = [32, 16, 16, 24, 0.9]
    path.write_bytes(constant_model(["N", 3, size, size], [rows]))
    return path


def test_a_file_a_family_and_classes_are_enough(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    yolov8_file(tmp_path / "models" / "mine.onnx")
    own = {"file": "models/mine.onnx", "family": "yolov8", "classes": "coco"}
    config = OnnxConfig.model_validate({"own_model": own})
    model = config.chosen(tmp_path)
    assert (model.name, len(model.entry.sha256)) == ("mine", 64)
    with DetectorPool(model, config) as pool:
        assert pool.size_px == (SIDE, SIDE)
        (found,) = pool.detect([np.zeros((64, 64, 3), np.uint8)])
    assert found.names() == ["person"]
    np.testing.assert_allclose(found.xyxy_px, [[24, 4, 40, 28]])


def test_a_digest_that_is_given_is_checked(tmp_path: Path) -> None:
    yolov8_file(tmp_path / "mine.onnx")
    own = OwnModel(file="mine.onnx", family="yolov8", classes=LISTS["coco"], sha256="0" * 64)
    with pytest.raises(SiteError, match=r"mine\.onnx has sha256 [0-9a-f]{64}; wanted 0{64}"):
        load(own.found(tmp_path))


def test_a_missing_file_is_said_with_its_path(tmp_path: Path) -> None:
    own = OwnModel(file="mine.onnx", family="yolov8", classes=LISTS["coco"])
    with pytest.raises(
        SiteError, match=rf"model mine: {tmp_path}/mine\.onnx: No such file or directory; wanted: the file"
    ):
        own.found(tmp_path)


def test_own_model_beside_a_named_one_is_refused() -> None:
    own = {"file": "mine.onnx", "family": "yolov8", "classes": "coco"}
    with pytest.raises(ValidationError, match="own_model stands beside model or models; wanted: one of them"):
        OnnxConfig.model_validate({"own_model": own, "model": DEFAULT_MODEL})


def test_an_unknown_list_of_classes_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match="wanted a list of names, or one of coco, coco91; found 'voc'"):
        OwnModel.model_validate({"file": "mine.onnx", "family": "yolov8", "classes": "voc"})


def test_a_model_that_takes_any_size_wants_one_in_the_manifest(tmp_path: Path) -> None:
    yolov8_file(tmp_path / "mine.onnx", size="side")
    with pytest.raises(SiteError, match=r"input .* takes any size; wanted: size_px"):
        load(OwnModel(file="mine.onnx", family="yolov8", classes=LISTS["coco"]).found(tmp_path))
    sized = OwnModel(file="mine.onnx", family="yolov8", classes=LISTS["coco"], size_px=(SIDE, SIDE))
    assert load(sized.found(tmp_path)).preparation.size_px == (SIDE, SIDE)


def test_a_file_tells_which_lines_a_site_has_to_write(tmp_path: Path) -> None:
    (own,) = suggestions(yolov8_file(tmp_path / "mine.onnx"))
    assert lines(own) == ["file: mine.onnx", "family: yolov8", "classes: coco"]


def test_a_file_of_no_known_family_says_what_it_gives(tmp_path: Path) -> None:
    yolov8_file(tmp_path / "mine.onnx", classes=7)
    with pytest.raises(
        SiteError, match=r"outputs \[\[11, 84\]\] \(out0 float32\); wanted: what one of detr, .*own_model"
    ):
        suggestions(tmp_path / "mine.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(SiteError, match=r"text\.onnx is no ONNX model that runs here"):
        suggestions(tmp_path / "text.onnx")

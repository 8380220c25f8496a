"""A models folder: what is right, and how each thing that is wrong is said."""

from pathlib import Path

import pytest

from fusion.detectors.base import load
from fusion.detectors.manifest import Model, find_model, read_manifest, shipped_models
from fusion.detectors.pool import OnnxConfig
from fusion.types.errors import SiteError

from .parts import MakeModel


def test_every_shipped_model_is_the_file_that_the_manifest_means() -> None:
    models = read_manifest(shipped_models())
    assert "ssdlite_mobilenet_v2_coco" in models
    assert [model.fault for model in models.values()] == [None] * len(models)


def test_the_shipped_model_knows_the_80_classes_of_coco() -> None:
    entry = find_model("ssdlite_mobilenet_v2_coco").entry
    named = [name for name in entry.classes if name]
    assert (len(entry.classes), len(named), len(set(named))) == (91, 80, 80)
    assert [entry.classes[index] for index in (1, 3, 28, 44, 90)] == [
        "person", "car", "umbrella", "bottle", "toothbrush",
    ]  # fmt: skip


def test_another_file_under_the_name_is_refused_by_name_with_both_digests(make_model: MakeModel) -> None:
    model = make_model(b"not the one", sha256="0" * 64)
    with pytest.raises(SiteError, match=r"model mine: .*mine\.onnx has sha256 [0-9a-f]{64}; wanted 0{64}"):
        load(model)
    assert model.fault is not None
    assert "has sha256" in model.fault


def test_a_missing_file_is_refused_by_name(make_model: MakeModel) -> None:
    model = make_model(b"")
    model.path.unlink()
    with pytest.raises(SiteError, match=r"model mine: .*mine\.onnx: No such file or directory; wanted: the file that"):
        load(model)
    assert model.fault is not None


def test_a_folder_in_place_of_the_file_is_a_fault_and_no_traceback(make_model: MakeModel) -> None:
    model = make_model(b"")
    model.path.unlink()
    model.path.mkdir()
    assert model.fault is not None
    assert "Is a directory" in model.fault


def test_the_right_sha256_does_not_make_a_model_of_a_text(make_model: MakeModel) -> None:
    with pytest.raises(SiteError, match=r"^model mine: .*mine\.onnx is no ONNX model that runs here: .+$"):
        load(make_model(b"hello"))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("famly", "ssd", r"mine\.famly: unknown key; valid: family, classes, size_px, .*, file, sha256"),
        ("sha256", "abc", r"mine\.sha256: String should match pattern .*; found 'abc'"),
        ("file", "../../etc/passwd", r"mine\.file: String should match pattern .*; found '\.\./\.\./etc/passwd'"),
        ("size_px", [300, 0], r"mine\.size_px\.1: Input should be greater than 0; found 0"),
        ("size_px", [300], r"mine\.size_px"),
        ("channels", "rbg", r"mine\.channels: Input should be 'rgb' or 'bgr'; found 'rbg'"),
        ("layout", "hwc", r"mine\.layout: Input should be 'nchw' or 'nhwc'; found 'hwc'"),
        ("least_score", 1.5, r"mine\.least_score: Input should be less than 1"),
        ("classes", [], r"mine\.classes: .*at least 1"),
    ],
)
def test_a_wrong_key_is_said_with_file_key_and_what_is_wanted(
    make_model: MakeModel, key: str, value: object, said: str
) -> None:
    with pytest.raises(SiteError, match=rf"manifest\.toml: {said}"):
        make_model(b"", **{key: value})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mine]\nfile = 'a.onnx'\n", r"manifest\.toml: mine\.family: missing; wanted: this key"),
        ("mine = 3\n", r"manifest\.toml: mine: Input should be .*; found 3"),
        ("[mine\n", r"manifest\.toml: not TOML: .*line 1"),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}", r"manifest\.toml: not TOML"),
    ],
)
def test_a_broken_manifest_is_one_clear_error(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "manifest.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(SiteError, match=said) as caught:
        read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_manifest_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"manifest\.toml: No such file or directory; wanted: a models folder"):
        read_manifest(tmp_path)


def test_an_unknown_model_is_refused_with_the_list_of_those_that_there_are(tmp_path: Path) -> None:
    said = r"model 'yolo': not in .*manifest\.toml; valid: ssdlite_mobilenet_v2_coco, ssdlite_mobilenet_v2_coco_int8$"
    with pytest.raises(SiteError, match=said):
        OnnxConfig(model="yolo").chosen(tmp_path)


def test_an_unknown_family_is_refused_with_the_list_of_families() -> None:
    shipped = find_model("ssdlite_mobilenet_v2_coco")
    other = Model(shipped.name, shipped.folder, shipped.entry.model_copy(update={"family": "ssdd"}))
    with pytest.raises(SiteError, match=r"family 'ssdd' is unknown; valid: .*ssd, yolov5, yolov8, yolox"):
        load(other)

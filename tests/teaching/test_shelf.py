import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fusion.teaching.classifier import Classifier, decoded, encoded
from fusion.teaching.embedder import Backbone
from fusion.teaching.learn import Learnt
from fusion.teaching.shelf import Shelf
from fusion.types.errors import SiteError


@pytest.fixture(scope="module")
def good(learnt: Learnt) -> Classifier:
    return learnt.classifier


def test_a_classifier_comes_back_from_its_file_as_it_was(good: Classifier) -> None:
    again = decoded(encoded(good), "v1", good.backbone)
    vectors = np.random.default_rng(1).normal(size=(5, len(good.mean))).astype(np.float32)
    assert np.array_equal(again.weights, good.weights)
    assert np.array_equal(again.shares(vectors), good.shares(vectors))
    assert encoded(again) == encoded(good)
    assert again.shares(vectors).sum(axis=1) == pytest.approx(np.ones(5))


def changed(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document.__setitem__(key, value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed("format", "pickle/1"), "wanted: fusion-classifier/1"),
        (changed("recipe", 99), "taught on crops of recipe 99"),
        (lambda d: d["backbone"].update(sha256="0" * 64), "taught on another backbone"),
        (lambda d: d["backbone"].update(tap="clip_1"), "taught on another backbone"),
        (lambda d: d["weights"][0].pop(), "wanted: one length"),
        (lambda d: d["weights"].pop(), "for 3 classes; wanted: one value a class"),
        (lambda d: d["mean"].append(0.0), "wanted: one length"),
        (changed("intercept", [0.0, 1.0]), "for 3 classes"),
        (lambda d: d["weights"][1].__setitem__(5, 1e300), "wanted: finite numbers"),
        (lambda d: d["scale"].__setitem__(0, 0.0), "not positive"),
        (changed("temperature", -1.0), "temperature -1.0"),
        (changed("temperature", "hot"), "Expected `float`"),
        (changed("classes", ["chat", "chat", "stall"]), "each once"),
        (changed("classes", ["chat", "sits", "ufo"]), "each once, of"),
        (changed("classes", ["chat", "sits", "rain"]), "at least one that is right"),
        (changed("counts", [1, 2, 0]), "not positive"),
        (changed("made_at", "2026-11-24T04:00:00"), "without a time zone"),
        (changed("run", "__import__('os')"), "unknown field"),
        (lambda d: d["held_out"].update(x=[2.0, 0.0, 0.0]), "wanted: probabilities"),
        (lambda d: d.pop("weights"), "missing required field"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_in_one_line(
    good: Classifier, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    document = json.loads(encoded(good))
    change(document)
    with pytest.raises(SiteError, match=r"^classifier v9: ") as refused:
        decoded(json.dumps(document).encode(), "classifier v9", good.backbone)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\x80\x04\x95", b"[]", b"null", b'{"mean": NaN}', b"[" * 100_000])
def test_what_is_no_such_json_is_refused(good: Classifier, data: bytes) -> None:
    with pytest.raises(SiteError, match="wanted: what `fusion learn` wrote"):
        decoded(data, "v1", good.backbone)


def test_not_a_number_in_the_weights_is_refused(good: Classifier) -> None:
    text = encoded(replace(good, temperature=1.0)).replace(b'"temperature":1.0', b'"temperature":NaN')
    with pytest.raises(SiteError):
        decoded(text, "v1", good.backbone)


def test_versions_are_switched_on_and_off_by_a_word(good: Classifier, shelf: Shelf) -> None:
    assert shelf.in_use(good.backbone) is None
    assert [shelf.put(good), shelf.put(good)] == ["v1", "v2"]
    assert shelf.in_use(good.backbone) is None
    marks = [shelf.mark()]
    for name in ("v1", "v2", "v1"):
        shelf.use(name, good.backbone)
        found = shelf.in_use(good.backbone)
        assert found is not None
        assert found[0] == name
        marks.append(shelf.mark())
    shelf.off()
    marks.append(shelf.mark())
    assert shelf.in_use(good.backbone) is None
    assert len(set(marks)) == len(marks)
    assert shelf.names() == ["v1", "v2"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in shelf.folder.rglob("*"))


def test_weights_changed_after_they_were_switched_on_are_refused(good: Classifier, shelf: Shelf) -> None:
    shelf.put(good)
    shelf.use("v1", good.backbone)
    file = shelf.folder / "versions" / "v1.json"
    file.write_bytes(encoded(replace(good, weights=-good.weights)))
    with pytest.raises(SiteError, match=r"v1.json: changed since it was switched on"):
        shelf.in_use(good.backbone)


def test_a_classifier_of_another_backbone_cannot_be_switched_on(good: Classifier, shelf: Shelf) -> None:
    shelf.put(replace(good, backbone=Backbone("other", hashlib.sha256(b"").hexdigest())))
    with pytest.raises(SiteError, match="taught on another backbone"):
        shelf.use("v1", good.backbone)


@pytest.mark.parametrize("name", ["v7", "../v1", "v1.json", "v0", "", "off"])
def test_a_version_that_there_is_not_is_refused_with_those_there_are(good: Classifier, shelf: Shelf, name: str) -> None:
    shelf.put(good)
    with pytest.raises(SiteError, match="wanted: one of v1"):
        shelf.use(name, good.backbone)


@pytest.mark.parametrize(
    "text", ["", "v1", '{"version": "../../etc/passwd"}', '{"version": 3}', '{"version": "v1", "x": 1}']
)
def test_a_broken_choice_is_refused(good: Classifier, shelf: Shelf, text: str) -> None:
    shelf.put(good)
    (shelf.folder / "in_use.json").write_text(text)
    with pytest.raises(SiteError):
        shelf.in_use(good.backbone)

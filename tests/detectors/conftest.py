"""Model folders as a site would bring them, and the shipped model behind a gate."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fusion.detectors.manifest import Model, find_model

from .parts import Gate, Gated, MakeModel


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """Write a models folder with one model and look it up."""

    def make(data: bytes, **keys: Any) -> Model:
        (tmp_path / "mine.onnx").write_bytes(data)
        entry = {
            "file": "mine.onnx",
            "sha256": hashlib.sha256(data).hexdigest(),
            "licence": "Apache-2.0",
            "source": "tests",
            "family": "ssd",
            "size_px": [300, 300],
            "classes": ["", "person"],
        } | keys
        lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
        (tmp_path / "manifest.toml").write_text("\n".join(["[mine]", *lines]))
        return find_model("mine", tmp_path)

    return make


@pytest.fixture
def gate() -> Iterator[Gate]:
    Gated.gate = Gate()
    yield Gated.gate
    Gated.gate.open.set()


@pytest.fixture
def gated() -> Model:
    """The shipped model, of the gated family."""
    model = find_model("ssdlite_mobilenet_v2_coco")
    return Model(model.name, model.folder, model.entry.model_copy(update={"family": "gated"}))

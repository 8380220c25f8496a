"""What a model runs on: by preference, and never silently on something else."""

import onnxruntime as ort
import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from fusion import metrics
from fusion.detectors.base import load
from fusion.detectors.manifest import find_model
from fusion.detectors.pool import DetectorPool, OnnxConfig
from fusion.detectors.providers import Provider, attempts
from fusion.types.errors import SiteError

SHIPPED = find_model("ssdlite_mobilenet_v2_coco")
missing_here = pytest.mark.skipif(
    "CUDAExecutionProvider" in ort.get_available_providers(), reason="this installation has CUDA"
)


def config(**keys: object) -> OnnxConfig:
    return OnnxConfig.model_validate(keys)


def test_the_cpu_serves_without_a_word_when_it_is_what_is_wanted() -> None:
    with capture_logs() as said:
        session = load(SHIPPED).session
    assert (session.providers, session.fallback, said) == (("CPUExecutionProvider",), None, [])


@missing_here
def test_a_provider_that_is_missing_is_warned_of_counted_and_told_and_the_next_serves() -> None:
    with capture_logs() as said, DetectorPool(SHIPPED, config(providers=["cuda", "cpu"])) as pool:
        assert pool.providers == ("CPUExecutionProvider",)
        assert pool.fallback == "cuda: this installation has no CUDAExecutionProvider (package onnxruntime-gpu)"
    warned = [(line["wanted"], line["reason"]) for line in said if line["log_level"] == "warning"]
    assert warned == [("cuda", "this installation has no CUDAExecutionProvider (package onnxruntime-gpu)")]
    assert b'fusion_detector_fallbacks{used="CPUExecutionProvider",wanted="cuda"} 1.0' in metrics.exposition()


@missing_here
def test_a_site_that_wants_no_fallback_is_refused_in_its_place() -> None:
    with pytest.raises(SiteError, match=r"cuda: this installation has no .*; wanted: cuda .*, or fallback: yes"):
        config(providers=["cuda"], fallback=False).started(SHIPPED)


def test_a_provider_that_does_not_start_is_a_fallback_with_its_own_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    # Listed as there, as CUDA is where its libraries are missing: ONNX Runtime alone would go on without a word.
    here = [*ort.get_available_providers(), "TensorrtExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: here)
    with capture_logs() as said:
        session = config(providers=["tensorrt"]).started(SHIPPED).session
    assert session.providers == ("CPUExecutionProvider",)
    assert session.fallback is not None
    assert session.fallback.startswith("tensorrt: ")
    assert [line["log_level"] for line in said] == ["warning"]


def test_an_unknown_provider_is_refused_with_the_list() -> None:
    with pytest.raises(ValidationError, match="wanted one of cpu, openvino, cuda, tensorrt; found 'rocm'"):
        config(providers=["rocm"])
    with pytest.raises(ValidationError, match="providers is empty; wanted: one or more of cpu, openvino"):
        config(providers=[])


def test_providers_go_by_a_word_or_by_onnx_runtimes_name_with_options() -> None:
    found = config(
        providers=["CUDAExecutionProvider", {"name": "openvino", "options": {"device_type": "GPU"}}]
    ).providers
    assert [one.name for one in found] == ["cuda", "openvino"]
    assert found[1].for_runtime == ("OpenVINOExecutionProvider", {"device_type": "GPU"})
    on = Provider(name="tensorrt", options={"trt_fp16_enable": True, "device_id": 0})
    assert on.for_runtime[1] == {"trt_fp16_enable": "1", "device_id": "0"}


def test_each_provider_gets_those_after_it_for_what_it_cannot_do(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: here)
    wanted = [Provider(name="openvino"), Provider(name="tensorrt"), Provider(name="cuda")]
    tried = [(one.name, [name for name, _ in chain]) for one, chain, _ in attempts(wanted)]
    assert tried == [("openvino", []), ("tensorrt", here), ("cuda", here[1:]), ("cpu", here[2:])]

"""What a model runs on: execution providers of ONNX Runtime by the site's preference, and a fall-back that is said."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import onnxruntime as ort
from pydantic import BeforeValidator, Field

from fusion.plugins import Config

#: the site's word -> ONNX Runtime's name
PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
CPU = PROVIDERS["cpu"]
_WORDS = {name: word for word, name in PROVIDERS.items()}
_PACKAGES = {"openvino": "onnxruntime-openvino", "cuda": "onnxruntime-gpu", "tensorrt": "onnxruntime-gpu"}
Value = str | int | float | bool


def _word(value: object) -> object:
    word = _WORDS.get(value, value) if isinstance(value, str) else value
    if word not in PROVIDERS:
        raise ValueError(f"wanted one of {', '.join(PROVIDERS)}; found {value!r}")
    return word


class Provider(Config):
    """One execution provider with the options that its documentation lists, such as `device_id` of CUDA."""

    name: Annotated[str, BeforeValidator(_word)]
    options: dict[str, Value] = Field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """ONNX Runtime's name."""
        return PROVIDERS[self.name]

    @property
    def for_runtime(self) -> tuple[str, dict[str, str]]:
        """Name and options as ONNX Runtime takes them: all values are text."""
        return self.full_name, {key: _text(value) for key, value in self.options.items()}


def _as_provider(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


#: in the site's YAML a bare name, or a mapping of name and options
OneProvider = Annotated[Provider, BeforeValidator(_as_provider, json_schema_input_type=str | Provider)]


def attempts(wanted: Sequence[Provider]) -> Iterator[tuple[Provider, list[tuple[str, dict[str, str]]], str | None]]:
    """What to try in turn: the provider, what a session is given (those after it too, the CPU last), or why not.

    TensorRT and CUDA leave what they cannot do to the next one of the session.
    """
    here = ort.get_available_providers()
    chain = [*wanted, *([] if any(one.full_name == CPU for one in wanted) else [Provider(name="cpu")])]
    for index, one in enumerate(chain):
        if one.full_name not in here:
            package = _PACKAGES.get(one.name)
            yield one, [], f"this installation has no {one.full_name}" + (f" (package {package})" if package else "")
            continue
        yield one, [after.for_runtime for after in chain[index:] if after.full_name in here], None


def _text(value: Value) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)

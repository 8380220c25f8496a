"""One ONNX Runtime session of one thread; a provider that is missing is said loudly, and the CPU serves."""

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort
import structlog
from numpy.typing import NDArray

from fusion.detectors.manifest import Model
from fusion.types.errors import SiteError

_LOG = structlog.get_logger()
CPU = "CPUExecutionProvider"


def usable_providers(wanted: Sequence[str]) -> list[str]:
    """Those of the wanted execution providers that this installation has, with the CPU last."""
    here = ort.get_available_providers()
    for name in wanted:
        if name not in here:
            _LOG.warning("execution provider missing, falling back", wanted=name, available=here)
    return [*(name for name in wanted if name in here and name != CPU), CPU]


class Session:
    """Runs a model; not to be shared by threads."""

    def __init__(self, model: Model, providers: Sequence[str] = (CPU,)) -> None:
        options = ort.SessionOptions()
        # One thread a session and one session a core: batching on a CPU gains nothing, contention loses much.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(model.read(), options, providers=usable_providers(providers))
        except Exception as error:
            if isinstance(error, SiteError):
                raise
            raise SiteError(f"model {model.name}: {model.path} is no ONNX model that runs here: {error}") from error
        self.providers: list[str] = self._session.get_providers()
        self._input = self._session.get_inputs()[0].name
        self._check_input(model)

    def _check_input(self, model: Model) -> None:
        shape = self._session.get_inputs()[0].shape
        width, height = model.entry.size_px
        if (
            len(shape) != 4
            or shape[1] != 3
            or any(
                isinstance(found, int) and found != wanted
                for found, wanted in zip(shape[2:], (height, width), strict=True)
            )
        ):
            raise SiteError(f"model {model.name}: input {shape}; wanted [N, 3, {height}, {width}] as the manifest says")

    @property
    def fixed_batch(self) -> int | None:
        """The only batch size that the model takes, or None when any goes."""
        first = self._session.get_inputs()[0].shape[0]
        return first if isinstance(first, int) else None

    @property
    def output_shapes(self) -> list[list[object]]:
        """Shapes as the model declares them."""
        return [output.shape for output in self._session.get_outputs()]

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """[N, 3, H, W] in, all outputs out."""
        return [np.asarray(output) for output in self._session.run(None, {self._input: batch})]

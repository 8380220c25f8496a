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
_FLOAT = "tensor(float)"


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
        data, usable = model.read(), usable_providers(providers)
        try:
            self._session = ort.InferenceSession(data, options, providers=usable)
        except Exception as error:  # ONNX Runtime's own errors have no common base
            reason = str(error).strip().partition("\n")[0]
            raise SiteError(f"model {model.name}: {model.path} is no ONNX model that runs here: {reason}") from error
        #: execution providers that the session took, the preferred one first
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())
        for name in usable:
            if name not in self.providers:
                _LOG.warning("execution provider does not start, falling back", wanted=name, used=self.providers)
        self._input = self._session.get_inputs()[0].name
        self._check_input(model)

    def _check_input(self, model: Model) -> None:
        inputs = self._session.get_inputs()
        width, height = model.entry.size_px
        wanted = [3, height, width] if model.entry.layout == "nchw" else [height, width, 3]
        found = inputs[0].shape
        # A named dimension takes any size.
        fits = len(found) == 4 and all(
            size == want or not isinstance(size, int) for size, want in zip(found[1:], wanted, strict=True)
        )
        if len(inputs) != 1 or not fits or inputs[0].type != _FLOAT:
            shown = ", ".join(f"{entry.type} {entry.shape}" for entry in inputs)
            raise SiteError(f"model {model.name}: input {shown}; wanted {_FLOAT} {['N', *wanted]} as the manifest says")

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
        """All outputs of one batch; its shape is the one that the manifest gives, [N, 3, H, W] or [N, H, W, 3]."""
        return [np.asarray(output) for output in self._session.run(None, {self._input: batch})]

"""One ONNX Runtime session of one thread; a provider that is missing is said loudly, and the next one serves."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime as ort
import structlog
from numpy.typing import NDArray

from fusion.detectors.manifest import Model
from fusion.detectors.providers import CPU, Provider, attempts
from fusion.types.errors import SiteError

_LOG = structlog.get_logger()
_FLOAT = "tensor(float)"
_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32}
ON_CPU = (Provider(name="cpu"),)
Array = NDArray[np.generic]


class Session:
    """Runs a model; not to be shared by threads."""

    def __init__(
        self,
        model: Model,
        providers: Sequence[Provider] = ON_CPU,
        *,
        fallback: bool = True,
        beside: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """Start it.

        Args:
            model: its file is checked against the manifest while it is read.
            providers: by preference, at least one.
            fallback: False: only the first of them will do.
            beside: inputs beside the picture, which the family feeds: name and shape without the batch axis.

        Raises:
            SiteError: it is no model, its input is another than the manifest says, or nothing runs it.
        """
        self._model = model
        #: why it does not run on the provider that the site wants first; None: it does
        self.fallback: str | None = None
        self._session = self._start(providers, fallback=fallback)
        #: execution providers that the session took, the preferred one first
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())
        self._picture, self._beside = self._inputs(beside or {})
        self.size_px = self._check_picture()
        self._names = [output.name for output in self._session.get_outputs()]

    def _start(self, providers: Sequence[Provider], *, fallback: bool) -> ort.InferenceSession:
        options = ort.SessionOptions()
        # One thread a session and one session a core: batching on a CPU gains nothing, contention loses much.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model, data, reasons = self._model, self._model.read(), list[str]()
        for provider, chain, missing in attempts(providers):
            started, wrong = (None, missing) if missing else _try(data, options, provider, chain)
            if started is not None:
                self.fallback = "; ".join(reasons) or None
                return started
            if provider.full_name == CPU:
                raise SiteError(f"model {model.name}: {model.path} is no ONNX model that runs here: {wrong}")
            reasons.append(f"{provider.name}: {wrong}")
            if not fallback:
                raise SiteError(
                    f"model {model.name}: {reasons[0]}; wanted: {provider.name} as detectors.providers says, "
                    "or fallback: yes"
                )
            _LOG.warning("execution provider missing, falling back", wanted=provider.name, reason=wrong)
        raise AssertionError("the CPU is always tried, and either serves or raises")

    def _inputs(self, beside: Mapping[str, Sequence[int]]) -> tuple[ort.NodeArg, list[tuple[str, type]]]:
        """The picture's input, and the names and types of those beside it."""
        inputs = self._session.get_inputs()
        pictures = [one for one in inputs if one.name not in beside]
        others = [one for one in inputs if one.name in beside]
        well = all(one.type in _TYPES and fits(one.shape[1:], beside[one.name]) for one in others)
        if len(pictures) != 1 or len(others) != len(beside) or not well:
            wanted = "".join(f" and {name} {['N', *shape]}" for name, shape in beside.items())
            shown = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs)
            raise SiteError(f"{self._where}: inputs {shown}; wanted one picture{wanted}")
        return pictures[0], [(one.name, _TYPES[one.type]) for one in others]

    def _check_picture(self) -> tuple[int, int]:
        entry, found = self._model.entry, self._picture.shape
        planar = entry.layout == "nchw"
        own = found[2:4] if planar else found[1:3]
        size_px = entry.size_px or tuple(reversed(own))
        if len(found) == 4 and not all(isinstance(side, int) and side > 0 for side in size_px):
            raise SiteError(
                f"{self._where}: input {found} takes any size; wanted: size_px, width and height to give it"
            )
        height, width = (size_px[1], size_px[0]) if len(size_px) == 2 else ("H", "W")
        wanted = [3, height, width] if planar else [height, width, 3]
        if len(found) != 4 or not fits(found[1:], wanted) or self._picture.type != _FLOAT:
            raise SiteError(
                f"{self._where}: input {self._picture.type} {found}; wanted {_FLOAT} {['N', *wanted]} "
                f"(layout {entry.layout}) as the manifest says"
            )
        return int(width), int(height)

    @property
    def _where(self) -> str:
        return f"model {self._model.name}: {self._model.path}"

    @property
    def fixed_batch(self) -> int | None:
        """The only batch size that the model takes, or None when any goes."""
        first = self._picture.shape[0]
        return first if isinstance(first, int) else None

    @property
    def outputs(self) -> list[tuple[str, str, list[object]]]:
        """Name, type such as "tensor(float)", and shape of each output, as the model declares them."""
        return [(output.name, output.type, output.shape) for output in self._session.get_outputs()]

    def use(self, names: Sequence[str]) -> None:
        """Give only these outputs from now on, in this order."""
        self._names = list(names)

    def run(self, batch: NDArray[np.float32], beside: Mapping[str, Array] | None = None) -> list[NDArray[np.float32]]:
        """The outputs of one batch; its shape is the one that the manifest gives, [N, 3, H, W] or [N, H, W, 3]."""
        feed: dict[str, Array] = {self._picture.name: batch}
        for name, kind in self._beside:
            feed[name] = (beside or {})[name].astype(kind)
        return [np.asarray(output) for output in self._session.run(self._names, feed)]


def fits(found: Sequence[object], wanted: Sequence[object]) -> bool:
    """Whether a declared shape is the wanted one; a named or unknown dimension takes any size."""
    return len(found) == len(wanted) and all(
        one == other or not isinstance(one, int) for one, other in zip(found, wanted, strict=True)
    )


def _said(error: Exception) -> str:
    """The first line of ONNX Runtime's word, without the place in its own source that stands before it."""
    return re.sub(r"^(?:/\S+:\d+ .*?\)|\[ONNXRuntimeError\] : \d+ : \w+ :) ", "", str(error).strip().partition("\n")[0])


def _try(
    data: bytes, options: ort.SessionOptions, provider: Provider, chain: list[tuple[str, dict[str, str]]]
) -> tuple[ort.InferenceSession | None, str | None]:
    """A session that runs on the provider, or in a line why there is none."""
    try:
        # Its own fall-back prints to standard output and goes on: ours is told.
        session = ort.InferenceSession(data, options, providers=chain, enable_fallback=0)
    except Exception as error:  # noqa: BLE001 - ONNX Runtime's own errors have no common base; the reason is told
        return None, _said(error)
    if provider.full_name not in session.get_providers():
        return None, f"{provider.full_name} does not start; its libraries or its device are missing"
    return session, None

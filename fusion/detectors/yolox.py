"""YOLOX (Ge et al., "YOLOX: Exceeding YOLO Series in 2021"): one output [N, A, 5 + C] over strides 8, 16 and 32."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion.detectors.base import Detector
from fusion.detectors.preparing import Preset
from fusion.types.detections import Detections

_STRIDES = (8, 16, 32)


class Yolox(Detector, family="yolox"):
    """Raw head outputs: offsets and log sizes in cells, objectness and class scores already 0-1."""

    preset = Preset(fit="corner", channels="bgr")

    def check(self) -> None:
        """Refuse another output than one row for each cell with 5 + classes values."""
        self._cells, self._strides = grid(self.preparation.size_px, _STRIDES)
        wanted = [[len(self._cells), 5 + len(self.model.entry.classes)]]
        if [list(shape) for _, _, shape in self.outputs] != wanted:
            raise self.refuse(f"{wanted}")

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes whose class score times objectness passes."""
        rows = outputs[0]
        # No class score is above 1: where the objectness does not pass, nothing does.
        likely = np.flatnonzero(rows[:, 4] > self.least_score)
        score = rows[likely, 4:5] * rows[likely, 5:]
        index, class_id = np.nonzero(score > self.least_score)
        row = likely[index]
        centre = (rows[row, :2] + self._cells[row]) * self._strides[row]
        half = np.exp(rows[row, 2:4]) * self._strides[row] / 2
        return self.picked(
            np.concatenate([centre - half, centre + half], axis=1), score[index, class_id], class_id, size_px
        )


def grid(size_px: tuple[int, int], strides: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The cells of several strides, row by row, one stride after the other.

    Returns:
        Column and row of each cell [A, 2], and its stride in pixels [A, 1]. A stride that does not divide
        the input has one cell more, as convolutions with padding make it.
    """
    cells, sizes = [], []
    for stride in strides:
        y, x = np.mgrid[: -(-size_px[1] // stride), : -(-size_px[0] // stride)]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        sizes.append(np.full((x.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(sizes).astype(np.float32)

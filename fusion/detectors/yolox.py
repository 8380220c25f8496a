"""YOLOX (Ge et al., 2021): one output [N, A, 5 + C] over strides 8, 16 and 32, letterboxed input."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.detectors.base import Detector, Image, as_input
from fusion.detectors.nms import suppress
from fusion.types.detections import Detections
from fusion.types.errors import SiteError

_STRIDES = (8, 16, 32)
_GREY = 114  # the padding that the family is trained with


class Yolox(Detector, family="yolox"):
    """Raw head outputs: offsets and log sizes in cells, objectness and class scores already 0-1."""

    def check(self) -> None:
        """Refuse another output than one row for each cell with 5 + classes values."""
        width, height = self.model.entry.size_px
        cells, strides = [], []
        for stride in _STRIDES:
            y, x = np.mgrid[: height // stride, : width // stride]
            cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
            strides.append(np.full((x.size, 1), stride))
        self._cells = np.concatenate(cells).astype(np.float32)
        self._strides = np.concatenate(strides).astype(np.float32)
        wanted = [[len(self._cells), 5 + len(self.model.entry.classes)]]
        found = [shape[1:] for shape in self.session.output_shapes]
        if found != wanted:
            raise SiteError(f"model {self.model.name}: outputs {found}; wanted {wanted} for the family yolox")

    def _ratio(self, size_px: tuple[int, int]) -> float:
        width, height = self.model.entry.size_px
        return min(width / size_px[0], height / size_px[1])

    def prepare(self, image: Image) -> NDArray[np.float32]:
        """Scaled to fit, padded with grey at the right and below."""
        width, height = self.model.entry.size_px
        ratio = self._ratio((image.shape[1], image.shape[0]))
        size = (max(1, int(image.shape[1] * ratio)), max(1, int(image.shape[0] * ratio)))
        canvas = np.full((height, width, 3), _GREY, np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        return as_input(canvas, self.model.entry)

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes whose class score times objectness passes."""
        rows = outputs[0]
        score = rows[:, 4:5] * rows[:, 5:]
        row, class_id = np.nonzero(score > self.least_score)
        centre = (rows[row, :2] + self._cells[row]) * self._strides[row]
        half = np.exp(rows[row, 2:4]) * self._strides[row] / 2
        xyxy_px = np.concatenate([centre - half, centre + half], axis=1) / self._ratio(size_px)
        names = self.model.entry.classes
        return suppress(xyxy_px.astype(np.float32), score[row, class_id], class_id, names, size_px=size_px)

"""NanoDet and NanoDet-Plus (RangiLyu/nanodet): a distribution for each side of a box, after Generalized Focal Loss.

Li et al., "Generalized Focal Loss" (2020): the distance from a point to a side, in strides, is the mean of a softmax
over 0 to `reg_max`, which is 7 in all published models. Scores are 0-1: the export has the sigmoid. Two forms:

- one output `[N, A, C + 32]`, the levels one after the other;
- two outputs a level, `[N, A, C]` and `[N, A, 32]`, in any order, as exports of the first releases have them.

NanoDet has strides 8, 16 and 32 and its points in the middle of a cell (`gfl_head.py`); NanoDet-Plus has 64 too, and
its points at the cell's corner (`nanodet_plus_head.py`). BGR with ImageNet's mean and deviation, squashed.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion.detectors.base import Detector
from fusion.detectors.preparing import Preset
from fusion.detectors.yolox import grid
from fusion.types.detections import Detections

_REG_MAX = 7
_SIDES = 4 * (_REG_MAX + 1)
#: strides -> where in its cell a point lies, in cells
_HEADS = {(8, 16, 32): 0.5, (8, 16, 32, 64): 0.0}


class NanoDet(Detector, family="nanodet"):
    """Scores and distributions over three or four strides."""

    preset = Preset(channels="bgr", mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395))

    def check(self) -> None:
        """Refuse outputs that are of neither head."""
        classes = len(self.model.entry.classes)
        shapes = [shape for _, _, shape in self.outputs]
        for strides, middle in _HEADS.items():
            counts = [len(grid(self.preparation.size_px, [stride])[0]) for stride in strides]
            order = _order(shapes, counts, classes)
            if order is not None:
                cells, self._strides = grid(self.preparation.size_px, strides)
                self._points = (cells + np.float32(middle)) * self._strides
                self._order = order
                return
        totals = [len(grid(self.preparation.size_px, strides)[0]) for strides in _HEADS]
        raise self.refuse(
            f"[[A, {classes + _SIDES}]] with A {totals[0]} (NanoDet) or {totals[1]} (NanoDet-Plus), "
            f"or [A, {classes}] and [A, {_SIDES}] for each stride,"
        )

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes above the least score; sides are worked out only for those."""
        if self._order:
            scores, sides = (np.concatenate([outputs[at] for at in part]) for part in zip(*self._order, strict=True))
        else:
            scores, sides = outputs[0][:, :-_SIDES], outputs[0][:, -_SIDES:]
        row, class_id = np.nonzero(scores > self.least_score)
        logits = sides[row].reshape(-1, 4, _REG_MAX + 1)
        power = np.exp(logits - logits.max(axis=2, keepdims=True))
        distance = power @ np.arange(_REG_MAX + 1, dtype=np.float32) / power.sum(axis=2) * self._strides[row]
        boxes = np.concatenate([self._points[row] - distance[:, :2], self._points[row] + distance[:, 2:]], axis=1)
        return self.picked(boxes, scores[row, class_id], class_id, size_px)


def _order(shapes: Sequence[tuple[int, ...]], counts: Sequence[int], classes: int) -> list[tuple[int, int]] | None:
    """Each level's scores and sides, as indices of outputs; empty: one output holds all; None: it does not fit."""
    if list(shapes) == [(sum(counts), classes + _SIDES)]:
        return []
    found = list[tuple[int, int]]()
    for count in counts:
        scores = [at for at, shape in enumerate(shapes) if shape == (count, classes)]
        sides = [at for at, shape in enumerate(shapes) if shape == (count, _SIDES)]
        if classes == _SIDES:  # alike in shape: the scores stand first, as in the exports
            scores, sides = scores[:1], sides[1:]
        if len(scores) != 1 or len(sides) != 1:
            return None
        found.append((scores[0], sides[0]))
    return found if len(shapes) == 2 * len(counts) else None

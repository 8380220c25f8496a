"""DETR and its kin: a fixed number of queries, each thing once, no suppression.

`detr`: logits `[N, Q, C]` or `[N, Q, C + 1]` and boxes `[N, Q, 4]`, centre and size as shares of the picture. DETR
(Carion et al., "End-to-End Object Detection with Transformers", 2020) has one class more, "no object", the last, and
a softmax over all; Deformable DETR, RT-DETR, LW-DETR and RF-DETR as exported by their own code or by Transformers
have none, and a sigmoid for each class.

`rtdetr`: as `export_onnx.py` of RT-DETR and of D-FINE makes it: inputs `images` and `orig_target_sizes`, outputs
`labels` `[N, Q]`, `boxes` `[N, Q, 4]` (left, top, right, bottom in pixels of the size that was fed) and `scores`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fusion.detectors.base import Detector
from fusion.detectors.preparing import Preset
from fusion.types.detections import Detections

_ALL = 1.0  #: overlap: the model gives each thing once


class Detr(Detector, family="detr"):
    """Logits and boxes, in either order."""

    # ImageNet's mean and deviation, as DETR's own code has them.
    preset = Preset(scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))

    def check(self) -> None:
        """Refuse other outputs than logits over the manifest's classes, one more or not, and as many boxes."""
        classes = len(self.model.entry.classes)
        shapes = [shape for _, _, shape in self.outputs]
        pair = len(shapes) == 2 and all(len(shape) == 2 for shape in shapes) and shapes[0][0] == shapes[1][0]
        logits = [at for at in (0, 1) if pair and shapes[at][1] in (classes, classes + 1) and shapes[1 - at][1] == 4]
        if not logits or (len(logits) == 2 and shapes[0][1] == shapes[1][1]):
            # Three or four classes give two outputs alike; then their names decide.
            logits = [at for at in logits if "box" in self.outputs[1 - at][0] and "box" not in self.outputs[at][0]]
        if not logits:
            raise self.refuse(f"logits [Q, {classes}] (sigmoid) or [Q, {classes + 1}] (softmax) and boxes [Q, 4]")
        self._logits = logits[0]
        self._softmax = shapes[self._logits][1] == classes + 1

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Queries that have a class above the least score."""
        logits, boxes = outputs[self._logits], outputs[1 - self._logits]
        if self._softmax:
            power = np.exp(logits - logits.max(axis=1, keepdims=True))
            scores = (power / power.sum(axis=1, keepdims=True))[:, :-1]
            query, class_id = np.nonzero(scores > self.least_score)
            score = scores[query, class_id]
        else:
            query, class_id = np.nonzero(logits > np.log(self.least_score / (1 - self.least_score)))
            score = 1 / (1 + np.exp(-logits[query, class_id]))
        half = boxes[query, 2:] / 2
        shares = np.concatenate([boxes[query, :2] - half, boxes[query, :2] + half], axis=1)
        width, height = self.preparation.size_px
        xyxy_px = shares * [width, height, width, height]
        return self.picked(xyxy_px, score, class_id, size_px, overlap=_ALL)


class RtDetr(Detector, family="rtdetr"):
    """Labels, boxes and scores, known by their names."""

    preset = Preset(scale=1 / 255)
    beside: ClassVar[Mapping[str, tuple[int, ...]]] = {"orig_target_sizes": (2,)}
    whole = frozenset({"labels"})

    def check(self) -> None:
        """Refuse other outputs than the three."""
        shapes = {name: shape for name, _, shape in self.outputs}
        count = shapes.get("scores", (0,))
        wanted = {"labels": count, "boxes": (*count, 4), "scores": count}
        if shapes != wanted or len(count) != 1:
            raise self.refuse("labels [Q], boxes [Q, 4] and scores [Q], by these names,")
        self._order = [[name for name, _, _ in self.outputs].index(name) for name in ("labels", "boxes", "scores")]

    def feed(self, count: int) -> dict[str, NDArray[Any]]:
        """The size in which boxes come back: the input's own, so that a letterbox can be undone."""
        return {"orig_target_sizes": np.tile(np.array(self.preparation.size_px, np.int64), (count, 1))}

    def decode(self, outputs: Sequence[NDArray[Any]], size_px: tuple[int, int]) -> Detections:
        """Queries above the least score; a label outside of the manifest's classes is left out."""
        labels, boxes, scores = (outputs[at] for at in self._order)
        passed = (scores > self.least_score) & (labels >= 0) & (labels < len(self.model.entry.classes))
        return self.picked(boxes[passed], scores[passed], labels[passed].astype(np.int64), size_px, overlap=_ALL)

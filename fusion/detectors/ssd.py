"""SSD and SSDLite as TensorFlow's detection zoo exports them: box encodings and class logits over anchors.

Anchors after Liu et al., "SSD: Single Shot MultiBox Detector" (2016), six layers, scales 0.2 to 0.95.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion.detectors.base import Detector
from fusion.detectors.preparing import Preset
from fusion.types.detections import Detections

_LAYERS = (19, 10, 5, 3, 2, 1)  # cells along one side, for a 300-pixel input
_LEAST, _MOST = 0.2, 0.95
_CENTRE_VARIANCE, _SIZE_VARIANCE = 10.0, 5.0


def anchors() -> NDArray[np.float32]:
    """[1917, 4]: centre y, centre x, height, width as shares of the picture."""
    scales = [_LEAST + (_MOST - _LEAST) * layer / 5 for layer in range(6)] + [1.0]
    rows = []
    for layer, cells in enumerate(_LAYERS):
        scale, following = scales[layer], scales[layer + 1]
        shapes = [(scale, ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 1 / 3)] + [((scale * following) ** 0.5, 1.0)]
        if layer == 0:
            shapes = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
        for y in range(cells):
            for x in range(cells):
                for size, ratio in shapes:
                    rows.append(((y + 0.5) / cells, (x + 0.5) / cells, size / ratio**0.5, size * ratio**0.5))
    return np.array(rows, np.float32)


class Ssd(Detector, family="ssd"):
    """Two outputs: boxes [N, A, 4] and class logits [N, A, C], class 0 being the background."""

    preset = Preset(scale=1 / 127.5, mean=(1.0, 1.0, 1.0))

    def check(self) -> None:
        """Refuse other outputs than boxes over our anchors and logits over the manifest's classes."""
        self._anchors = _scaled(anchors(), self.preparation.size_px)
        wanted = [[len(self._anchors), 4], [len(self._anchors), len(self.model.entry.classes)]]
        if [list(shape) for _, _, shape in self.outputs] != wanted:
            raise self.refuse(f"{wanted}")
        self._logit = float(np.log(self.least_score / (1 - self.least_score)))
        #: the background passes nearly everywhere: the search begins behind it when it has no name
        self._first = int(np.argmax(self._reported))

    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """Boxes above the least score, decoded only where a class passed."""
        boxes, logits = outputs
        passed = logits > self._logit
        passed[:, : self._first] = False
        # A flat search over 1917 x 91 logits is seven times faster than one in two dimensions.
        anchor, class_id = np.divmod(np.flatnonzero(passed), logits.shape[1])
        score = 1 / (1 + np.exp(-logits[anchor, class_id]))
        code, base = boxes[anchor], self._anchors[anchor]
        centre = code[:, 1::-1] * base[:, 2:4] + base[:, :2]
        half = np.exp(code[:, :1:-1] / _SIZE_VARIANCE) * base[:, 4:]
        return self.picked(np.concatenate([centre - half, centre + half], axis=1), score, class_id, size_px)


def _scaled(shares: NDArray[np.float32], size_px: tuple[int, int]) -> NDArray[np.float32]:
    """Anchors [A, 4] as [A, 6] in pixels of the input: centre x, y, what a unit of offset x, y is worth, half sizes."""
    side = np.array(size_px, np.float32)
    centre, size = shares[:, 1::-1] * side, shares[:, :1:-1] * side
    return np.concatenate([centre, size / np.float32(_CENTRE_VARIANCE), size / 2], axis=1)

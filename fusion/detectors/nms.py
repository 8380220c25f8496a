"""Boxes that say the same thing become one; pure functions over arrays, the search itself is OpenCV's."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.types.detections import Detections

_MOST_BOXES = 200
_MOST_CANDIDATES = 2000  #: best scores first; the search is quadratic, and a model that fires everywhere is broken
_LEAST_SIDE_PX = 1.0


def suppress(
    xyxy_px: NDArray[np.floating],
    score: NDArray[np.floating],
    class_id: NDArray[np.integer],
    class_names: tuple[str, ...],
    *,
    size_px: tuple[int, int] | None = None,
    overlap: float = 0.5,
) -> Detections:
    """Non-maximum suppression within each class, best score first.

    Args:
        xyxy_px: [N, 4], left, top, right, bottom.
        score: [N], 0-1.
        class_id: [N], index into `class_names`.
        class_names: the model's classes.
        size_px: (width, height) to which the boxes are clipped; None: they are not.
        overlap: two boxes of a class that share more than this (intersection over union) are one thing.

    Returns:
        At most 200 boxes. What is outside of the picture, thinner than a pixel or not a number is left out.
    """
    if not len(score):
        return Detections.none(class_names)
    boxes = xyxy_px.astype(np.float32)
    if size_px is not None:
        np.clip(boxes, 0, np.array([*size_px, *size_px], np.float32), out=boxes)
    sizes = boxes[:, 2:] - boxes[:, :2]
    # What is not a number is not larger than anything; an infinite side is none of a picture.
    real = np.flatnonzero(((sizes >= _LEAST_SIDE_PX) & (sizes < np.inf)).all(axis=1))
    best = real[np.argsort(-score[real], kind="stable")][:_MOST_CANDIDATES]
    if len(best) > 1:
        # OpenCV wants left, top, width, height, and hands back indices in whatever order.
        sizes = np.concatenate([boxes[best, :2], sizes[best]], axis=1)
        kept = cv2.dnn.NMSBoxesBatched(sizes.tolist(), score[best].tolist(), class_id[best].tolist(), 0.0, overlap)
        best = best[np.sort(kept)][:_MOST_BOXES]
    return Detections(boxes[best], score[best].astype(np.float32), class_id[best].astype(np.int64), class_names)


def shared_px(boxes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Area that each of N boxes [N, 4] shares with each of M others [M, 4], in square pixels [N, M]."""
    corner = np.maximum(boxes[:, None, :2], others[None, :, :2])
    opposite = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.asarray((opposite - corner).clip(0).prod(axis=2), np.float64)


def area_px(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Area of each box [N, 4] in square pixels [N]."""
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1), np.float64)

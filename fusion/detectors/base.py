"""What a detector family promises, and the config by which a site names one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.detectors.manifest import Model, ModelEntry
from fusion.detectors.session import CPU, Session
from fusion.types.detections import Detections
from fusion.types.errors import SiteError

Image = NDArray[np.uint8]  # [height, width, 3], BGR, 0-255

_MOST_BOXES = 200


class Detector(ABC):
    """One model in one session, for one thread.

    `detect` is called with one or more pictures of any size and answers in the same order; boxes are
    in pixels of the picture given, clipped to it, after non-maximum suppression. It keeps no picture.
    """

    #: family name in the manifest -> detector class; a subclass registers itself
    families: ClassVar[dict[str, type["Detector"]]] = {}

    def __init_subclass__(cls, *, family: str) -> None:
        super().__init_subclass__()
        Detector.families[family] = cls

    def __init__(self, model: Model, *, least_score: float, providers: Sequence[str] = (CPU,)) -> None:
        self.model = model
        self.least_score = least_score
        self.session = Session(model, providers)
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Refuse a model whose outputs are not of this family: SiteError with found and wanted shapes."""

    @abstractmethod
    def prepare(self, image: Image) -> NDArray[np.float32]:
        """One picture as the model's input, float32 [3, H, W]."""

    @abstractmethod
    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """One picture's outputs (without the batch axis) as boxes in pixels of a picture of (width, height)."""

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Boxes of each picture."""
        if not images:
            return []
        batch = np.stack([self.prepare(image) for image in images])
        step = self.session.fixed_batch or len(batch)
        found = []
        for start in range(0, len(batch), step):
            outputs = self.session.run(batch[start : start + step])
            for index, image in enumerate(images[start : start + step]):
                size_px = (image.shape[1], image.shape[0])
                found.append(self.decode([output[index] for output in outputs], size_px))
        return found


def as_input(image: Image, entry: ModelEntry) -> NDArray[np.float32]:
    """Channel order and scaling of the manifest: uint8 BGR [H, W, 3] to float32 [3, H, W]."""
    ordered = cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if entry.channels == "rgb" else image
    planes = np.ascontiguousarray(ordered.transpose(2, 0, 1)).astype(np.float32)
    planes *= np.float32(entry.scale)
    planes += np.float32(entry.shift)
    return planes


def suppress(
    xyxy_px: NDArray[np.float32],
    score: NDArray[np.float32],
    class_id: NDArray[np.int64],
    class_names: tuple[str, ...],
    *,
    size_px: tuple[int, int] | None = None,
    overlap: float = 0.5,
) -> Detections:
    """Non-maximum suppression within each class by OpenCV, best score first; boxes clipped to the picture."""
    if not len(score):
        return Detections.none(class_names)
    boxes = xyxy_px.astype(np.float32)
    if size_px is not None:
        width, height = size_px
        boxes = boxes.clip(0, np.array([width, height, width, height], np.float32))
    sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(sizes.tolist(), score.tolist(), class_id.tolist(), 0.0, overlap)
    keep = np.asarray(kept, np.int64).reshape(-1)
    keep = keep[np.argsort(-score[keep], kind="stable")][:_MOST_BOXES]
    return Detections(boxes[keep], score[keep].astype(np.float32), class_id[keep].astype(np.int64), class_names)


def load(model: Model, *, least_score: float, providers: Sequence[str] = (CPU,)) -> Detector:
    """The detector of a model's family, or SiteError that lists the families."""
    family = Detector.families.get(model.entry.family)
    if family is None:
        valid = ", ".join(sorted(Detector.families))
        raise SiteError(f"model {model.name}: family {model.entry.family!r} is unknown; valid: {valid}")
    return family(model, least_score=least_score, providers=providers)

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


class Detector(ABC):
    """One model in one session, for one thread.

    `detect` is called with one or more pictures of any size and answers in the same order; boxes are
    in pixels of the picture given, clipped to it, after non-maximum suppression. It keeps no picture.
    """

    #: family name in the manifest -> detector class; a subclass registers itself
    families: ClassVar[dict[str, type["Detector"]]] = {}

    def __init_subclass__(cls, *, family: str) -> None:
        super().__init_subclass__()
        if family in Detector.families:
            raise SiteError(f"detector family {family!r}: registered twice; wanted: a name of its own")
        Detector.families[family] = cls

    def __init__(self, model: Model, *, least_score: float | None = None, providers: Sequence[str] = (CPU,)) -> None:
        self.model = model
        self.least_score = model.entry.least_score if least_score is None else least_score
        self.session = Session(model, providers)
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Refuse a model whose outputs are not of this family: SiteError with found and wanted shapes."""

    @abstractmethod
    def prepare(self, image: Image) -> NDArray[np.float32]:
        """One picture as the model's input: float32 [3, H, W] or [H, W, 3], as the manifest's layout says."""

    @abstractmethod
    def decode(self, outputs: Sequence[NDArray[np.float32]], size_px: tuple[int, int]) -> Detections:
        """One picture's outputs (without the batch axis) as boxes in pixels of a picture of (width, height)."""

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Boxes of each picture."""
        step = self.session.fixed_batch or max(1, len(images))
        found = []
        for start in range(0, len(images), step):
            some = images[start : start + step]
            prepared = [self.prepare(image) for image in some]
            # A model of one batch size gets its last batch filled up.
            prepared += [prepared[-1]] * (step - len(prepared))
            outputs = self.session.run(np.stack(prepared))
            for index, image in enumerate(some):
                height, width = image.shape[:2]
                found.append(self.decode([output[index] for output in outputs], (width, height)))
        return found


def check_image(image: object) -> None:
    """Refuse what is no picture; ValueError with wanted and found.

    Args:
        image: wanted uint8 [height, width, 3], BGR, at least one pixel.
    """
    if not isinstance(image, np.ndarray):
        raise ValueError(f"image: wanted a uint8 array [H, W, 3], found {type(image).__name__}")  # noqa: TRY004 - one error for one door
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"image: wanted uint8 [H, W, 3], found {image.dtype} {list(image.shape)}")


def as_input(image: Image, entry: ModelEntry) -> NDArray[np.float32]:
    """Channel order, scaling and layout of the manifest: uint8 BGR [H, W, 3] to float32."""
    ordered = cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if entry.channels == "rgb" else image
    if entry.layout == "nchw":
        ordered = np.ascontiguousarray(ordered.transpose(2, 0, 1))
    values = ordered.astype(np.float32)
    values *= np.float32(entry.scale)
    values += np.float32(entry.shift)
    return values


def load(model: Model, *, least_score: float | None = None, providers: Sequence[str] = (CPU,)) -> Detector:
    """The detector of a model's family, or SiteError that lists the families.

    A family is known once its file was imported: the pool imports the shipped ones, `plugins:` a site's own.

    Args:
        model: its file is checked against the manifest while it is read.
        least_score: below it nothing is reported; None: the manifest's.
        providers: ONNX Runtime execution providers by preference; the CPU serves when none is there.
    """
    family = Detector.families.get(model.entry.family)
    if family is None:
        valid = ", ".join(sorted(Detector.families))
        raise SiteError(f"model {model.name}: family {model.entry.family!r} is unknown; valid: {valid}")
    return family(model, least_score=least_score, providers=providers)

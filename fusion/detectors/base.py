"""What a detector family promises, and the base that does what all families share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fusion.detectors.manifest import Model
from fusion.detectors.nms import suppress
from fusion.detectors.preparing import Image, Preparation, Preset
from fusion.detectors.providers import Provider
from fusion.detectors.session import ON_CPU, Session
from fusion.types.detections import Detections
from fusion.types.errors import SiteError

Output = tuple[str, str, tuple[int, ...]]  # name, dtype, shape without the batch axis


class Detector(ABC):
    """One model in one session, for one thread.

    `detect` is called with one or more pictures of any size and answers in the same order; boxes are
    in pixels of the picture given, clipped to it, each thing once. It keeps no picture. A family is known
    once its file was imported: the pool imports the shipped ones, `plugins:` a site's own.
    """

    #: family name in the manifest -> detector class; a subclass registers itself
    families: ClassVar[dict[str, type["Detector"]]] = {}
    family: ClassVar[str]
    #: how the family's models are usually trained; the manifest goes before it
    preset: ClassVar[Preset] = Preset()
    #: inputs beside the picture, by name: shape without the batch axis; `feed` gives them
    beside: ClassVar[Mapping[str, tuple[int, ...]]] = {}

    #: outputs of whole numbers, by name; all others are floating-point
    whole: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, *, family: str) -> None:
        super().__init_subclass__()
        if family in Detector.families:
            raise SiteError(f"detector family {family!r}: registered twice; wanted: a name of its own")
        cls.family = family
        Detector.families[family] = cls

    def __init__(
        self,
        model: Model,
        *,
        least_score: float | None = None,
        providers: Sequence[Provider] = ON_CPU,
        fallback: bool = True,
    ) -> None:
        self.model = model
        self.least_score = model.entry.least_score if least_score is None else least_score
        self.session = Session(model, providers, fallback=fallback, beside=self.beside)
        self.preparation = Preparation.of(model.entry, self.preset, self.session.size_px)
        self._reported = np.array([bool(name) for name in model.entry.classes])
        #: what the model really gives for one picture, whatever it declares
        self.outputs = self._tried()
        if any(np.dtype(dtype).kind != ("i" if name in self.whole else "f") for name, dtype, _ in self.outputs):
            whole = f"whole numbers for {', '.join(sorted(self.whole))} and " if self.whole else ""
            raise self.refuse(f"{whole}floating-point numbers")
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Refuse a model whose `outputs` are not of this family, by `refuse`."""

    @abstractmethod
    def decode(self, outputs: Sequence[NDArray[Any]], size_px: tuple[int, int]) -> Detections:
        """One picture's outputs (without the batch axis) as boxes in pixels of a picture of (width, height)."""

    def prepare(self, image: Image) -> NDArray[np.float32]:
        """One picture as the model's input: float32 [3, H, W] or [H, W, 3], as the manifest's layout says."""
        return self.preparation(image)

    def feed(self, count: int) -> dict[str, NDArray[Any]]:
        """The inputs beside so many pictures."""
        return {name: np.zeros((count, *shape), np.int64) for name, shape in self.beside.items()}

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Boxes of each picture."""
        step = self.session.fixed_batch or max(1, len(images))
        found = []
        for start in range(0, len(images), step):
            some = images[start : start + step]
            prepared = [self.prepare(image) for image in some]
            # A model of one batch size gets its last batch filled up.
            prepared += [prepared[-1]] * (step - len(prepared))
            batch = prepared[0][None] if step == 1 else np.stack(prepared)
            outputs = self.session.run(batch, self.feed(step))
            for index, image in enumerate(some):
                height, width = image.shape[:2]
                found.append(self.decode([output[index] for output in outputs], (width, height)))
        return found

    def refuse(self, wanted: str) -> SiteError:
        """What was found and what is wanted, to be raised by `check`."""
        shapes = [list(shape) for _, _, shape in self.outputs]
        named = ", ".join(f"{name} {dtype}" for name, dtype, _ in self.outputs)
        return SiteError(
            f"model {self.model.name}: {self.model.path}: outputs {shapes} ({named}); wanted {wanted} "
            f"for the family {self.family}"
        )

    def picked(
        self,
        xyxy_px: NDArray[np.floating],
        score: NDArray[np.floating],
        class_id: NDArray[np.integer],
        size_px: tuple[int, int],
        *,
        overlap: float = 0.5,
    ) -> Detections:
        """Boxes in pixels of the input as detections of a picture: named classes only, each thing once, in it.

        `overlap` 1 leaves boxes of one class that lie on each other, for families that give each thing once.
        """
        names = self.model.entry.classes
        named = self._reported[class_id]
        if not named.all():
            xyxy_px, score, class_id = xyxy_px[named], score[named], class_id[named]
        boxes = self.preparation.back(xyxy_px, size_px)
        return suppress(boxes, score, class_id, names, size_px=size_px, overlap=overlap)

    def _tried(self) -> tuple[Output, ...]:
        """Let the model look at a black picture: a dimension without a number is known only then."""
        count, (width, height) = self.session.fixed_batch or 1, self.preparation.size_px
        blank = self.prepare(np.zeros((height, width, 3), np.uint8))
        try:
            arrays = self.session.run(np.stack([blank] * count), self.feed(count))
        except Exception as error:  # ONNX Runtime's own errors have no common base
            reason = str(error).strip().partition("\n")[0]
            raise SiteError(f"model {self.model.name}: {self.model.path} fails on a black picture: {reason}") from error
        return tuple(
            (name, str(array.dtype), array.shape[1:])
            for (name, _, _), array in zip(self.session.outputs, arrays, strict=True)
        )


def check_image(image: object) -> None:
    """Refuse what is no picture; ValueError with wanted and found.

    Args:
        image: wanted uint8 [height, width, 3], BGR, at least one pixel.
    """
    if not isinstance(image, np.ndarray):
        raise ValueError(f"image: wanted a uint8 array [H, W, 3], found {type(image).__name__}")  # noqa: TRY004 - one error for one door
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"image: wanted uint8 [H, W, 3], found {image.dtype} {list(image.shape)}")


def load(
    model: Model,
    *,
    least_score: float | None = None,
    providers: Sequence[Provider] = ON_CPU,
    fallback: bool = True,
) -> Detector:
    """The detector of a model's family, or SiteError that lists the families.

    Args:
        model: its file is checked against the manifest while it is read.
        least_score: below it nothing is reported; None: the manifest's.
        providers: execution providers by preference.
        fallback: whether the next one, and the CPU last, serves where the first does not.
    """
    family = Detector.families.get(model.entry.family)
    if family is None:
        valid = ", ".join(sorted(Detector.families))
        raise SiteError(f"model {model.name}: family {model.entry.family!r} is unknown; valid: {valid}")
    return family(model, least_score=least_score, providers=providers, fallback=fallback)

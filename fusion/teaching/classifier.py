"""A taught classifier: weights over vectors, with what they were taught from; as JSON, checked when it is read."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fusion.teaching.classes import FALSE, NAMES, RIGHT
from fusion.teaching.crops import RECIPE
from fusion.teaching.embedder import Backbone, Vector
from fusion.types.errors import SiteError

FORMAT = "fusion-classifier/1"
LARGEST_BYTES = 32 * 1024 * 1024
_TEMPERATURES = (0.05, 50.0)
_LEAST_SCALE = 1e-9
Shares = NDArray[np.float64]  #: probabilities [N, K], by class


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classifier:
    """Multinomial logistic regression over standardised vectors, its logits divided by a temperature.

    The temperature is that of Guo et al., "On Calibration of Modern Neural Networks" (2017).
    """

    backbone: Backbone
    made_at: datetime  #: aware
    code: str  #: version of fusion that taught it
    classes: tuple[str, ...]  #: K of them, at least one right and one false
    counts: tuple[int, ...]  #: examples by class [K]: also the prior that it was taught with
    mean: Vector  #: [D]
    scale: Vector  #: [D], positive
    weights: NDArray[np.float32]  #: [K, D]
    intercept: NDArray[np.float32]  #: [K]
    temperature: float
    data_sha256: str  #: of the sorted (class, sha256 of the crop) of all examples
    held_out: dict[str, tuple[float, ...]]  #: sha256 of a crop -> probabilities [K] by a fit that had not seen it
    validation: dict[str, Any]  #: figures of its cross-validation and of the comparison, for people

    def shares(self, vectors: NDArray[np.float32]) -> Shares:
        """Probabilities [N, K] of vectors [N, D]."""
        logits = ((vectors - self.mean) / self.scale) @ self.weights.T + self.intercept
        return softmax(np.asarray(logits, np.float64) / self.temperature)

    def right(self, shares: Shares) -> NDArray[np.float64]:
        """Probability [N] that something is shown that is rightly told."""
        return np.asarray(shares[:, [word in RIGHT for word in self.classes]].sum(axis=1), np.float64)


def softmax(logits: NDArray[np.float64]) -> Shares:
    """Probabilities of logits [N, K]."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


class _Backbone(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    sha256: str
    tap: str


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    recipe: int
    backbone: _Backbone
    made_at: datetime
    code: str
    classes: list[str]
    counts: list[int]
    mean: list[float]
    scale: list[float]
    weights: list[list[float]]
    intercept: list[float]
    temperature: float
    data_sha256: str
    held_out: dict[str, list[float]]
    validation: dict[str, Any]


def encoded(classifier: Classifier) -> bytes:
    """As JSON; no code is ever run to read it."""
    c = classifier
    document = _Document(
        format=FORMAT,
        recipe=RECIPE,
        backbone=_Backbone(c.backbone.name, c.backbone.sha256, c.backbone.tap),
        made_at=c.made_at,
        code=c.code,
        classes=list(c.classes),
        counts=list(c.counts),
        mean=_short(c.mean),
        scale=_short(c.scale),
        weights=[_short(row) for row in c.weights],
        intercept=_short(c.intercept),
        temperature=c.temperature,
        data_sha256=c.data_sha256,
        held_out={sha256: [round(p, 6) for p in shares] for sha256, shares in sorted(c.held_out.items())},
        validation=c.validation,
    )
    return msgspec.json.encode(document) + b"\n"


def decoded(data: bytes, what: str, backbone: Backbone) -> Classifier:
    """The classifier of a file.

    Args:
        data: its bytes.
        what: names it in errors.
        backbone: the one at hand, whose vectors it will be given.

    Raises:
        SiteError: no such JSON, other lengths, numbers that are none, unknown classes, or taught on another backbone.
    """
    if len(data) > LARGEST_BYTES:
        raise SiteError(f"{what}: {len(data)} bytes; wanted: {LARGEST_BYTES} at most")
    try:
        found = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SiteError(f"{what}: {str(error)[:200]}; wanted: what `fusion learn` wrote") from error
    fault = _foreign(found, backbone) or _wrong(found)
    if fault:
        raise SiteError(f"{what}: {fault}")
    return Classifier(
        backbone=backbone,
        made_at=found.made_at,
        code=found.code,
        classes=tuple(found.classes),
        counts=tuple(found.counts),
        mean=np.array(found.mean, np.float32),
        scale=np.array(found.scale, np.float32),
        weights=np.array(found.weights, np.float32),
        intercept=np.array(found.intercept, np.float32),
        temperature=found.temperature,
        data_sha256=found.data_sha256,
        held_out={sha256: tuple(shares) for sha256, shares in found.held_out.items()},
        validation=found.validation,
    )


def _foreign(found: _Document, backbone: Backbone) -> str | None:
    if found.format != FORMAT:
        return f"format {found.format[:40]!r}; wanted: {FORMAT}"
    if found.recipe != RECIPE:
        return f"taught on crops of recipe {found.recipe}; wanted: {RECIPE}; teach it again with `fusion learn`"
    theirs = found.backbone
    if (theirs.name, theirs.sha256, theirs.tap) != (backbone.name, backbone.sha256, backbone.tap):
        return (
            f"taught on another backbone ({theirs.name[:60]}, sha256 {theirs.sha256[:12]}…, {theirs.tap[:40]}); "
            f"wanted: {backbone.name}, {backbone.sha256[:12]}…, {backbone.tap}; teach it again with `fusion learn`"
        )
    return None


def _wrong(found: _Document) -> str | None:
    """What does not fit together, and what is wanted."""
    return _wrong_classes(found.classes) or _wrong_lengths(found) or _wrong_numbers(found)


def _wrong_classes(classes: list[str]) -> str | None:
    if not set(classes) <= NAMES.keys() or len(set(classes)) != len(classes):
        return f"classes {classes[:20]}; wanted: each once, of {', '.join(NAMES)}"
    if not RIGHT.keys() & set(classes) or not FALSE.keys() & set(classes):
        return f"classes {classes}; wanted: at least one that is right and one that is false"
    return None


def _wrong_lengths(found: _Document) -> str | None:
    width, widths = len(found.mean), sorted({len(found.scale), *map(len, found.weights)})
    counts = {len(found.counts), len(found.weights), len(found.intercept)}
    counts |= {len(shares) for shares in found.held_out.values()}
    if counts != {len(found.classes)}:
        return f"lists of {sorted(counts)} for {len(found.classes)} classes; wanted: one value a class"
    if width == 0 or widths != [width]:
        return f"mean of {width} values, scale and weights of {widths}; wanted: one length"
    return None


def _wrong_numbers(found: _Document) -> str | None:
    weights = [weight for row in found.weights for weight in row]
    numbers = [*found.mean, *found.scale, *found.intercept, found.temperature, *weights]
    limit = float(np.finfo(np.float32).max)
    if not all(math.isfinite(number) and abs(number) <= limit for number in numbers):
        return "a number that is none; wanted: finite numbers"
    if min(found.scale) < _LEAST_SCALE or min(found.counts) < 1:
        return "a scale or a count that is not positive; wanted: positive ones"
    if not _TEMPERATURES[0] <= found.temperature <= _TEMPERATURES[1]:
        return f"temperature {found.temperature}; wanted: {_TEMPERATURES[0]} to {_TEMPERATURES[1]}"
    if not all(0 <= share <= 1 for shares in found.held_out.values() for share in shares):
        return "a held-out share outside 0 to 1; wanted: probabilities"
    return None if found.made_at.tzinfo else "made_at without a time zone; wanted: one"


def _short(values: NDArray[np.float32]) -> list[float]:
    """Nine digits give every float32 back."""
    return [float(f"{value:.9g}") for value in values]

"""From marked crops to a new version, and whether it takes the place of the one in use."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from typing import Any

import numpy as np

from fusion.teaching.classes import RIGHT
from fusion.teaching.classifier import Classifier
from fusion.teaching.embedder import Embedder
from fusion.teaching.examples import Example
from fusion.teaching.fit import LEAST, LEAST_GROUPS, Fitted, Texts, Vectors, classes_of, fit
from fusion.teaching.measures import Bools, Figure, Floats, balanced_accuracy, log_loss, over_groups
from fusion.teaching.outcome import Outcome, outcome_of
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.shelf import Shelf

_DECISIVE = ("crops.py", "embedder.py", "fit.py", "classifier.py", "learn.py")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The new one and the one in use on the same crops, each by a fit that had not seen the crop."""

    against: str | None  #: version; None: nothing was in use, and the share of right marks stands for it
    crops: int
    log_loss: Figure  #: of the new one
    log_loss_before: Figure
    log_loss_change: Figure  #: paired; below 0 is better
    balanced_accuracy: Figure
    balanced_accuracy_before: Figure
    outcome: Outcome  #: of the new one

    @property
    def better(self) -> bool:
        """Less log-loss, beyond chance, no less balanced accuracy, and hardly a right one lost."""
        no_worse = self.balanced_accuracy.value >= self.balanced_accuracy_before.value
        return self.log_loss_change.high < 0 and no_worse and self.outcome.safe

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON."""
        names = ("log_loss", "log_loss_before", "log_loss_change", "balanced_accuracy", "balanced_accuracy_before")
        figures = {name: getattr(self, name).facts for name in names}
        return {"against": self.against, "crops": self.crops, "better": self.better, **figures, **self.outcome.facts}


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A new classifier, not kept yet."""

    classifier: Classifier
    comparison: Comparison
    examples: tuple[Example, ...]  #: that were used
    words: tuple[str, ...]  #: their classes, rare reasons pooled
    remarks: tuple[str, ...]  #: on classes that have too few


def learnt_from(
    examples: Sequence[Example],
    shelf: Shelf,
    embedder: Embedder,
    *,
    now: datetime,
    code: str,
    least: int = LEAST,
    policy: SecondStagePolicy | None = None,
    step: Callable[[str], None] = lambda _what: None,
) -> Learnt:
    """Teach a classifier by examples, and compare it with the one in use.

    Args:
        examples: each picture once.
        shelf: has the one in use.
        embedder: of the shipped model.
        now: when.
        code: version of fusion.
        least: examples a class.
        policy: the site's; None: the usual one.
        step: told of what is being done.

    Raises:
        TooEarly: too few examples; says which class has how many.
        SiteError: a crop is no picture, scikit-learn is missing, or the one in use is broken.
    """
    words, remarks = classes_of([e.word for e in examples], [e.group for e in examples], least)
    step(f"embedding {len(examples)} crops")
    vectors = np.stack([embedder.embed(example.crop()) for example in examples])
    step("fitting")
    by, groups = _held_out_by(examples, words)
    fitted = fit(vectors, words, groups)
    used = tuple(examples[index] for index in fitted.used)
    step("comparing")
    new = _classifier(fitted, used, embedder, now, code)
    outcome = outcome_of(fitted.words, new.classes, new.counts, fitted.held_out, policy or SecondStagePolicy())
    comparison = _compared(new, fitted, vectors[fitted.used], np.array(groups)[fitted.used], used, shelf, outcome)
    facts = {"held_out_by": by, "folds": fitted.folds, "strength": fitted.strength, "comparison": comparison.facts}
    facts |= _validated(fitted)
    return Learnt(replace(new, validation=facts), comparison, used, fitted.words, tuple(remarks))


def code_version() -> str:
    """Names the code that makes crops, vectors and weights: the sha256 of its sources, shortened."""
    folder = files("fusion.teaching")
    sources = [folder.joinpath(name).read_bytes() for name in _DECISIVE]
    return f"teaching-{hashlib.sha256(b''.join(sources)).hexdigest()[:12]}"


def switch(learnt: Learnt, shelf: Shelf) -> tuple[str, bool]:
    """Keep it as a new version, and use it if it is better; its name, and whether it is in use now.

    What a person switched off stays off, and what a person chose stays unless the new one is better.
    """
    before = shelf.choice()
    name = shelf.put(learnt.classifier)
    was_put_off = before.version is None and before.asked
    if not learnt.comparison.better or was_put_off:
        return name, False
    shelf.use(name, learnt.classifier.backbone)
    return name, True


def _held_out_by(examples: Sequence[Example], words: Sequence[str | None]) -> tuple[str, list[str]]:
    """(what is held out together, the group of each example).

    Whole terminals, since the same stall stands at the same corner every day; terminals and days where a class comes
    from too few terminals for that.
    """
    pairs = {(word, example.terminal) for word, example in zip(words, examples, strict=True) if word is not None}
    terminals = Counter(word for word, _ in pairs)
    if min(terminals.values()) >= LEAST_GROUPS:
        return "terminal", [example.terminal for example in examples]
    return "terminal and day", [example.group for example in examples]


def _classifier(fitted: Fitted, used: Sequence[Example], embedder: Embedder, now: datetime, code: str) -> Classifier:
    counts = Counter(fitted.words)
    listed = sorted(f"{word} {example.sha256}" for word, example in zip(fitted.words, used, strict=True))
    return Classifier(
        backbone=embedder.backbone,
        made_at=now,
        code=code,
        classes=fitted.classes,
        counts=tuple(counts[word] for word in fitted.classes),
        mean=fitted.mean,
        scale=fitted.scale,
        weights=fitted.weights,
        intercept=fitted.intercept,
        temperature=fitted.temperature,
        data_sha256=hashlib.sha256("\n".join(listed).encode()).hexdigest(),
        held_out={e.sha256: tuple(row.tolist()) for e, row in zip(used, fitted.held_out, strict=True)},
        validation={},
    )


def _compared(
    new: Classifier,
    fitted: Fitted,
    vectors: Vectors,
    groups: Texts,
    used: Sequence[Example],
    shelf: Shelf,
    outcome: Outcome,
) -> Comparison:
    right = np.array([word in RIGHT for word in fitted.words])
    before = shelf.in_use(new.backbone)
    p = new.right(fitted.held_out)
    q = _before(before[1], vectors, used) if before else np.full(len(used), right.mean())

    def of(measure: Callable[[Bools, Floats], float], values: Floats) -> Figure:
        return over_groups(groups, lambda rows: measure(right[rows], values[rows]))

    return Comparison(
        against=before[0] if before else None,
        crops=len(used),
        log_loss=of(log_loss, p),
        log_loss_before=of(log_loss, q),
        log_loss_change=over_groups(groups, lambda i: log_loss(right[i], p[i]) - log_loss(right[i], q[i])),
        balanced_accuracy=of(balanced_accuracy, p),
        balanced_accuracy_before=of(balanced_accuracy, q),
        outcome=outcome,
    )


def _before(classifier: Classifier, vectors: Vectors, used: Sequence[Example]) -> Floats:
    """What the one in use makes of the crops; of those that it was taught with, what it made of them unseen."""
    shares = classifier.shares(vectors)
    for row, example in enumerate(used):
        if example.sha256 in classifier.held_out:
            shares[row] = classifier.held_out[example.sha256]
    return classifier.right(shares)


def _validated(fitted: Fitted) -> dict[str, Any]:
    """How often each class was taken for which, held out."""
    said = [fitted.classes[index] for index in fitted.held_out.argmax(axis=1)]
    pairs = Counter(zip(fitted.words, said, strict=True))
    taken = {true: {word: pairs[true, word] for word in fitted.classes} for true in fitted.classes}
    return {"taken_for": taken, "examples": dict(Counter(fitted.words))}

"""Fits a classifier; the only place that needs scikit-learn, which comes with the extra `learn`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.teaching.classes import FALSE, OTHER, RIGHT
from fusion.teaching.classifier import Shares, softmax
from fusion.types.errors import SiteError

LEAST = 30  #: examples a class
_FOLDS, _INNER = 5, 3
LEAST_GROUPS = 3  #: a class that comes from fewer terminals and days cannot be told from the place
_STRENGTHS = (0.01, 0.1, 1.0)  #: inverse of the penalty (scikit-learn's C)
_FLOOR = 1e-3  #: of a standard deviation: a map that never fires must not be blown up
_ITERATIONS = 400
Vectors = NDArray[np.float32]
Texts = NDArray[np.str_]


class TooEarly(SiteError):
    """Not enough was marked yet; the message says of what."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Weights, and what was found while they were tried."""

    classes: tuple[str, ...]
    words: tuple[str, ...]  #: class of each example that was used, rare reasons pooled
    used: NDArray[np.int64]  #: their indices [M]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]  #: [K, D]
    intercept: NDArray[np.float32]
    temperature: float
    strength: float
    held_out: Shares  #: [M, K], each by a fit that had not seen the example's group
    folds: int


def classes_of(words: Sequence[str], groups: Sequence[str], least: int = LEAST) -> tuple[list[str | None], list[str]]:
    """(class of each example, or None where it is not used; what was said about those that are too few).

    Reasons for a false alarm that are too few, or come from too few places, are put together as "other"; together they
    may be enough.

    Raises:
        TooEarly: no class that is right, or none that is false, has enough; says which class has how many.
    """
    counts, places = Counter(words), _places(words, groups)
    rare = {word for word in FALSE.keys() & counts.keys() if counts[word] < least or places[word] < LEAST_GROUPS}
    pooled = [OTHER if word in rare else word for word in words]
    total, places_of = Counter(pooled), _places(pooled, groups)
    enough = {word for word in total if total[word] >= least and places_of[word] >= LEAST_GROUPS}
    said = [_few(word, counts[word], places[word], least) for word in sorted(RIGHT.keys() & counts.keys() - enough)]
    if rare - {OTHER}:
        listed = ", ".join(f"{word} {counts[word]}" for word in sorted(rare))
        state = "put together as other" if OTHER in enough else f"together {total[OTHER]}, not taught yet"
        said.append(f"fewer than {least}, or from fewer than {LEAST_GROUPS} terminals and days: {listed}; {state}")
    if not enough & RIGHT.keys() or not enough & FALSE.keys():
        have = ", ".join(f"{word} {count}" for word, count in counts.most_common()) or "nothing"
        raise TooEarly(
            f"too early to learn: marked so far: {have}; wanted: {least} of at least one class that is right "
            f"({', '.join(RIGHT)}) and {least} of false alarms, each from {LEAST_GROUPS} terminals or days"
        )
    return [word if word in enough else None for word in pooled], said


def _places(words: Sequence[str], groups: Sequence[str]) -> Counter[str]:
    """From how many groups each class comes."""
    return Counter(word for word, _ in set(zip(words, groups, strict=True)))


def _few(word: str, count: int, places: int, least: int) -> str:
    if count < least:
        return f"{word}: {count} of {least}, not taught yet"
    return f"{word}: from {places} terminals and days only, {LEAST_GROUPS} wanted, not taught yet"


def fit(vectors: Vectors, words: Sequence[str | None], groups: Sequence[str], *, seed: int = 1) -> Fitted:
    """Weights for all examples, and probabilities of each from fits without its group.

    The penalty is chosen by cross-validation within what each fit may see, so that the held-out figures hold.

    Args:
        vectors: [N, D].
        words: class of each, None: not used.
        groups: of each; a group is never on both sides of a fold.
        seed: of the folds.

    Raises:
        SiteError: scikit-learn is not installed.
    """
    with _scikit() as (regression, splitter):
        used = np.flatnonzero([word is not None for word in words])
        x = vectors[used].astype(np.float64)
        y: Texts = np.array([words[int(index)] for index in used], dtype=np.str_)
        g: Texts = np.array([groups[int(index)] for index in used], dtype=np.str_)
        classes = tuple(sorted(set(y.tolist())))
        trial = _Trial(regression, splitter, classes, seed)
        logits, folds = np.zeros((len(y), len(classes))), trial.folds(y, g, _FOLDS)
        for train, test in folds:
            strength = trial.strength(x[train], y[train], g[train])
            logits[test] = trial.logits(x[train], y[train], x[test], strength)
        temperature = _temperature(logits, y, classes)
        strength = trial.strength(x, y, g)
        mean, scale, weights, intercept = trial.weights(x, y, strength)
    return Fitted(
        classes=classes,
        words=tuple(y.tolist()),
        used=used,
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        weights=weights.astype(np.float32),
        intercept=intercept.astype(np.float32),
        temperature=temperature,
        strength=strength,
        held_out=softmax(logits / temperature),
        folds=len(folds),
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    """Fits with scikit-learn."""

    regression: Any
    splitter: Any
    classes: tuple[str, ...]
    seed: int

    def folds(self, y: Texts, g: Texts, most: int) -> list[tuple[Any, Any]]:
        """(train, test) indices: no group on both sides, classes spread, every class in each training."""
        fewest = min(len(set(g[y == word])) for word in set(y.tolist()))
        count = min(most, fewest, len(set(g.tolist())))
        if count < 2:
            return []
        split = self.splitter(n_splits=count, shuffle=True, random_state=self.seed).split(y[:, None], y, g)
        return [(train, test) for train, test in split if set(y[train].tolist()) == set(y.tolist())]

    def strength(self, x: NDArray[np.float64], y: Texts, g: Texts) -> float:
        """The penalty with the least log-loss on held-out groups."""
        folds = self.folds(y, g, _INNER)
        if not folds:
            return _STRENGTHS[len(_STRENGTHS) // 2]
        return min(_STRENGTHS, key=lambda c: sum(self._loss(x, y, train, test, c) for train, test in folds))

    def _loss(self, x: NDArray[np.float64], y: Texts, train: Any, test: Any, strength: float) -> float:
        shares = softmax(self.logits(x[train], y[train], x[test], strength))
        own = shares[np.arange(len(test)), [self.classes.index(word) for word in y[test]]]
        return float(-np.log(own.clip(1e-4)).sum())

    def logits(
        self, x: NDArray[np.float64], y: Texts, others: NDArray[np.float64], strength: float
    ) -> NDArray[np.float64]:
        """Logits [N, K] of other vectors, by a fit of these."""
        mean, scale, weights, intercept = self.weights(x, y, strength)
        return np.asarray((others - mean) / scale @ weights.T + intercept, np.float64)

    def weights(self, x: NDArray[np.float64], y: Texts, strength: float) -> tuple[NDArray[np.float64], ...]:
        """Mean [D], scale [D], weights [K, D] and intercept [K] over all classes; a class not in `y` is never said."""
        mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), _FLOOR) * x.shape[1] ** 0.5 / 10
        model = self.regression(C=strength, max_iter=_ITERATIONS).fit((x - mean) / scale, y)
        rows, bias = model.coef_, model.intercept_
        if len(rows) == 1:  # of two classes scikit-learn gives the log-odds of the second
            rows, bias = np.concatenate([-rows, rows]) / 2, np.concatenate([-bias, bias]) / 2
        weights, intercept = np.zeros((len(self.classes), x.shape[1])), np.full(len(self.classes), -30.0)
        for row, (word, its_bias) in enumerate(zip(model.classes_, bias, strict=True)):
            weights[self.classes.index(word)], intercept[self.classes.index(word)] = rows[row], its_bias
        return mean, scale, weights, intercept


def _temperature(logits: NDArray[np.float64], y: Texts, classes: tuple[str, ...]) -> float:
    """The one that gives held-out logits the least log-loss, of a fine grid."""
    own = [classes.index(word) for word in y]
    grid = np.geomspace(0.25, 8, 81)
    return float(min(grid, key=lambda t: float(-np.log(softmax(logits / t)[np.arange(len(y)), own].clip(1e-9)).mean())))


@contextmanager
def _scikit() -> Iterator[tuple[Any, Any]]:
    """(LogisticRegression, StratifiedGroupKFold) on one core, so that a running zone is not disturbed."""
    try:
        # Imported here: whoever only uses a classifier needs none of it.
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedGroupKFold
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise SiteError(
            "fusion learn: scikit-learn is not installed; wanted: the extra `learn`: pip install 'fusion[learn]'"
        ) from error
    with threadpool_limits(1):
        yield LogisticRegression, StratifiedGroupKFold

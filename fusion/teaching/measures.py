"""Figures of probabilities against marks, with intervals from a bootstrap over groups; pure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 2000
_LEAST = 1e-4  #: no probability is taken for surer than this: one wrong crop must not decide alone
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def facts(self) -> dict[str, float]:
        """As JSON."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def losses(right: Bools, p: Floats) -> Floats:
    """Log-loss of each crop [N]: `right` says whether it was rightly told, `p` how likely that was held."""
    p = p.clip(_LEAST, 1 - _LEAST)
    return -np.where(right, np.log(p), np.log(1 - p))


def log_loss(right: Bools, p: Floats) -> float:
    """Mean over crops."""
    return float(losses(right, p).mean())


def balanced_accuracy(right: Bools, p: Floats) -> float:
    """Mean of the shares of right crops held right and of false ones held false; NaN where one kind is missing."""
    if right.all() or not right.any():
        return float("nan")
    return float(((p[right] >= 0.5).mean() + (p[~right] < 0.5).mean()) / 2)


def over_groups(groups: NDArray[np.str_], measure: Callable[[NDArray[np.int64]], float], *, seed: int = 1) -> Figure:
    """A measure of crops with its interval: groups are drawn with replacement 2000 times (percentile bootstrap).

    Args:
        groups: group of each crop [N].
        measure: of the crops with these indices; rounds in which it is NaN are passed over.
        seed: of the draws.
    """
    _, number = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(number == group) for group in range(number.max() + 1)]
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(members), size=(_ROUNDS, len(members)))
    values = np.array([measure(np.concatenate([members[group] for group in row])) for row in drawn])
    values = values[np.isfinite(values)]
    whole = measure(np.arange(len(groups)))
    if not len(values):
        return Figure(whole, whole, whole)
    low, high = np.percentile(values, [2.5, 97.5])
    return Figure(whole, float(low), float(high))

"""Shares and rates with their intervals of confidence (95 %), and delays."""

import math
from collections.abc import Callable, Sequence

import numpy as np

_Z = 1.959963984540054  #: of the normal distribution, 97.5 %
_TAIL = 0.025


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927, the score interval); (0, 1) where nothing was counted."""
    if of <= 0:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == of else min(1.0, middle + half)


def poisson(count: int) -> tuple[float, float]:
    """The exact interval of the mean of a Poisson count (Garwood 1936)."""
    low = 0.0 if count == 0 else _root(lambda mean: 1.0 - _at_most(count - 1, mean), _TAIL, float(count))
    high = _root(lambda mean: 1.0 - _at_most(count, mean), 1.0 - _TAIL, 2.0 * count + 10.0)
    return low, high


def _at_most(count: int, mean: float) -> float:
    """P(X <= count) of a Poisson variable."""
    if mean <= 0.0:
        return 1.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


def _root(rising: Callable[[float], float], wanted: float, high: float) -> float:
    """Where a rising function reaches a value, by halving; `high` is beyond it."""
    low = 0.0
    while high - low > 1e-9 * max(1.0, high):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which so many lie (0-100), between two by their distance; None of none."""
    return round(float(np.percentile(values, share)), 3) if values else None

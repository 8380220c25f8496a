"""How far a source's word has held good so far, and how much that counts: a Beta posterior that enters by log-odds.

A word of a camera is a trial: people later say whether it was true. With a prior Beta(a, b) and t true and f false
marks, the share of true ones has the posterior Beta(a + t, b + f) (Gelman et al., Bayesian Data Analysis, 2.4); its
mean m is the reliability. A word told with belief p then counts as

    logit(p) + logit(m) - logit(a / (a + b)),

so that without marks it counts as it was told. A word is lowered to "says nothing" (log-odds 0) at the most, since a
source that is often wrong does not say the opposite; and what still stands after `held_at_most` counts as it was told:
nobody is muted.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration
from fusion.types.signal import Phase, Reason, Signal
from fusion.types.told import Mark, Outcome

#: Machines. What people report is looked at by people, and nobody is doubted by a formula.
_WEIGHED = frozenset({"video", "sensor"})
_LEAST, _MOST = 0.01, 0.99  # of a belief, as in `fusion.incidents.trace`
_TOLD_FROM = 0.05  #: a change of belief less than this is not worth a sentence


class ReliabilityPolicy(Config):
    """How marks of people weigh on what their source says next."""

    on: bool = True
    #: Beta(16, 4): four words of five are taken to be true, as firmly as if twenty had been marked so. One or two false
    #: alarms change little; seven without a true one, and a belief of 0.8 is no longer enough alone.
    prior_true: Annotated[float, Field(gt=0, le=1000)] = 16.0
    prior_false: Annotated[float, Field(gt=0, le=1000)] = 4.0
    half_life: Duration | None = timedelta(days=60)  #: a mark counts half after so long; none: it always counts whole
    most_marks: Annotated[int, Field(ge=1, le=10_000)] = 200  #: the newest; cameras are turned and streets rebuilt
    most_lowered: Annotated[float, Field(ge=0, le=10)] = 2.5  #: log-odds
    most_raised: Annotated[float, Field(ge=0, le=10)] = 0.7  #: log-odds; twice the odds
    #: What still stands so long after its rule was met counts as it was told, whatever its source's marks.
    held_at_most: Duration = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Of one source, zone and kind, at one time."""

    trues: float  #: marks, each by its weight
    falses: float
    prior_true: float
    prior_false: float

    @property
    def mean(self) -> float:
        """Posterior mean of the share of true words, 0-1, exclusive."""
        a, b = self.prior_true + self.trues, self.prior_false + self.falses
        return a / (a + b)

    @property
    def shift(self) -> float:
        """By how much it moves the log-odds of a word, before any bound."""
        return _logit(self.mean) - _logit(self.prior_true / (self.prior_true + self.prior_false))


def reliability_of(marks: Iterable[Mark], now: datetime, policy: ReliabilityPolicy) -> Reliability:
    """What the marks of one source, zone and kind say now; in any order, and those of the future count as of now."""
    newest = sorted(marks, key=lambda mark: (mark.at, mark.case_id), reverse=True)[: policy.most_marks]
    weights = dict.fromkeys(Outcome, 0.0)
    for mark in newest:
        weights[mark.outcome] += _weight(now - mark.at, policy.half_life)
    return Reliability(
        trues=weights[Outcome.TRUE],
        falses=weights[Outcome.FALSE],
        prior_true=policy.prior_true,
        prior_false=policy.prior_false,
    )


def counted(told: float, reliability: Reliability, policy: ReliabilityPolicy) -> float:
    """What a belief (0-1) counts for; between "says nothing" and a little more than was told."""
    word = _logit(min(max(told, _LEAST), _MOST))
    shift = min(max(reliability.shift, -policy.most_lowered), policy.most_raised)
    if shift == 0:
        return told
    if shift < 0:
        return min(told, _probability(max(word + shift, min(word, 0.0))))
    return max(told, _probability(word + shift))


def weighed(signal: Signal, marks: Iterable[Mark], policy: ReliabilityPolicy) -> Signal:
    """The signal with what its belief counts for; its reason says so where that is noticeable."""
    if not policy.on or signal.phase is Phase.ENDED or signal.source not in _WEIGHED:
        return signal
    reliability = reliability_of(marks, signal.at, policy)
    belief = round(counted(signal.belief, reliability, policy), 3)
    if belief < signal.belief and signal.at - signal.met_at >= policy.held_at_most:
        return replace(signal, reason=_held(signal.reason, reliability, signal.at - signal.met_at))
    if abs(belief - signal.belief) < _TOLD_FROM:
        return replace(signal, belief=belief)
    return replace(signal, belief=belief, reason=_said(signal.reason, reliability, signal.belief, belief))


def _held(reason: Reason, reliability: Reliability, stood: timedelta) -> Reason:
    minutes = stood.total_seconds() / 60
    return Reason(
        f"{reason.zh}；{_history_zh(reliability)}，已多观察 {minutes:.0f} 分钟仍在，故立案",
        f"{reason.en}; {_history_en(reliability)}, but it still stands {minutes:.0f} min after the rule was met",
        {**reason.data, **_data(reliability), "held_s": round(stood.total_seconds(), 1)},
    )


def _said(reason: Reason, reliability: Reliability, told: float, belief: float) -> Reason:
    return Reason(
        f"{reason.zh}；{_history_zh(reliability)}，置信度由 {told:.2f} 调为 {belief:.2f}",
        f"{reason.en}; {_history_en(reliability)}, so a belief of {told:.2f} counts as {belief:.2f}",
        {**reason.data, **_data(reliability), "told_belief": told},
    )


def _history_zh(reliability: Reliability) -> str:
    return (
        f"该终端此区域同类警报近期属实 {reliability.trues:.0f} 次、误报 {reliability.falses:.0f} 次"
        f"（可信度 {100 * reliability.mean:.0f}%）"
    )


def _history_en(reliability: Reliability) -> str:
    return (
        f"of late {reliability.trues:.0f} such alarms of this terminal and zone were true and "
        f"{reliability.falses:.0f} false (reliability {100 * reliability.mean:.0f} %)"
    )


def _data(reliability: Reliability) -> dict[str, float | str]:
    return {
        "reliability": round(reliability.mean, 3),
        "marked_true": round(reliability.trues, 1),
        "marked_false": round(reliability.falses, 1),
    }


def _weight(age: timedelta, half_life: timedelta | None) -> float:
    if half_life is None or half_life <= timedelta(0):
        return 1.0
    return float(0.5 ** (max(age, timedelta(0)) / half_life))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _logit(p: float) -> float:
    return math.log(p / (1 - p))

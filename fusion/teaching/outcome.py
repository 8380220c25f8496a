"""What clear rejections would have done to marked signals; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fusion.teaching.classes import RIGHT, RIGHT_FOR
from fusion.teaching.classifier import Shares
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.weighing import answer

_MOST_LOST = 0.02  #: of the right ones: a command room forgives a false alarm sooner than a stall that nobody told of


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of marked signals, each judged by a fit that had not seen it."""

    right: int
    right_lost: int  #: they would have filed no case
    false: int
    false_spared: int  #: they would have filed none either

    @property
    def safe(self) -> bool:
        """At most one in fifty of the right ones is lost."""
        return self.right_lost <= _MOST_LOST * self.right

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "right": self.right,
            "right_lost": self.right_lost,
            "false": self.false,
            "false_spared": self.false_spared,
        }


def outcome_of(
    words: Sequence[str], classes: Sequence[str], counts: Sequence[int], shares: Shares, policy: SecondStagePolicy
) -> Outcome:
    """What becomes of crops.

    Args:
        words: class of each crop [N], by people.
        classes: the classifier's [K].
        counts: its examples by class [K].
        shares: its probabilities [N, K].
        policy: the site's.
    """
    right = [index for index, word in enumerate(words) if word in RIGHT]
    false = [index for index, word in enumerate(words) if word not in RIGHT]

    def rejected(index: int) -> bool:
        # Nothing says of which kind a false alarm was: it counts as spared only where it would be for each.
        kinds = [kind for kind, own in RIGHT_FOR.items() if words[index] not in RIGHT or words[index] in own]
        said = [answer(kind, "", classes, counts, shares[index].tolist(), policy) for kind in kinds]
        known = [one.rejected for one in said if one is not None]
        return bool(known) and all(known)

    return Outcome(len(right), sum(map(rejected, right)), len(false), sum(map(rejected, false)))

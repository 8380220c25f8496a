"""What the classifier's answer does to a finding's belief, and how it is said; pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fusion.teaching.classes import FALSE, NAMES, RIGHT_FOR
from fusion.teaching.policy import SecondStagePolicy
from fusion.types.signal import Finding, Reason

_LEAST = 1e-6
_TOUCHED = 0.5  #: what is more likely something else altogether is not rejected for a small false share


@dataclass(frozen=True, slots=True)
class Answer:
    """What the classifier makes of one crop, for one kind of event."""

    version: str
    word: str  #: the likeliest class
    share: float  #: its probability, 0-1
    evidence: float  #: log-odds of right against false that the crop itself speaks for
    log_odds: float  #: the same, capped: by so much the belief moves
    rejected: bool  #: clearly a false alarm: no case is filed on this source's word alone


def answer(
    kind: str, version: str, classes: Sequence[str], counts: Sequence[int], shares: Sequence[float],
    policy: SecondStagePolicy,
) -> Answer | None:  # fmt: skip
    """The answer of probabilities; None: it was not taught what is right for this kind.

    The odds of right against false are divided by those among the examples, so that a site that marked many false
    alarms does not thereby believe less: what is left is what the crop itself says (a likelihood ratio).

    Args:
        kind: of the event.
        version: of the classifier.
        classes: its K classes.
        counts: its examples by class [K].
        shares: its probabilities by class [K].
        policy: the site's.
    """
    right = [k for k, word in enumerate(classes) if word in RIGHT_FOR.get(kind, ())]
    false = [k for k, word in enumerate(classes) if word in FALSE]
    if not right or not false:
        return None
    is_right, is_false = (max(sum(shares[k] for k in which), _LEAST) for which in (right, false))
    prior = math.log(sum(counts[k] for k in right) / sum(counts[k] for k in false))
    touched = min(1.0, is_right + is_false)
    said = (math.log(is_right / is_false) - prior) * touched
    best = max(range(len(classes)), key=lambda k: shares[k])
    clear = said <= -math.log(policy.reject_at / (1 - policy.reject_at))
    return Answer(
        version=version,
        word=classes[best],
        share=float(shares[best]),
        evidence=said,
        log_odds=min(max(said, -policy.most), policy.most),
        rejected=clear and best in false and touched >= _TOUCHED,
    )


def weighed(finding: Finding, said: Answer, believed: float) -> Finding:
    """The finding with its belief moved, and a reason that says so.

    `believed` is the belief from which on a case is filed. A clear rejection lowers it to half of that or less; a
    doubt alone never takes a case away that the rule would have filed.
    """
    before = min(max(finding.belief, 0.01), 0.99)
    after = 1 / (1 + math.exp(-(math.log(before / (1 - before)) + said.log_odds)))
    bound = min(after, believed / 2) if said.rejected else max(after, min(finding.belief, believed))
    after = round(bound, 3)
    return replace(finding, belief=after, reason=_reason(finding.reason, said, finding.belief, after))


def _reason(reason: Reason, said: Answer, before: float, after: float) -> Reason:
    zh, en = NAMES[said.word]
    share = f"{min(said.share, 0.99):.0%}"
    only_zh, only_en = ("，仅作信号记录、不立案", "; told as a signal only, no case") if said.rejected else ("", "")
    return Reason(
        zh=f"{reason.zh}；二级判别（{said.version}）：像“{zh}” {share}，可信度 {before:.2f} → {after:.2f}{only_zh}",
        en=f"{reason.en}; second stage ({said.version}): looks like {en}, {share}, "
        f"belief {before:.2f} → {after:.2f}{only_en}",
        data=reason.data
        | {
            "second_stage_class": said.word,
            "second_stage_share": round(said.share, 4),
            "second_stage_version": said.version,
            "second_stage_rejected": float(said.rejected),
            "belief_before": before,
        },
    )

"""What a second look says in words, and how the words of several terminals go together."""

from collections.abc import Sequence
from datetime import datetime

from fusion.tracking.clearing import Compared, Shows
from fusion.types.case import Trace
from fusion.types.signal import Reason
from fusion.types.terminal import TroubleKind
from fusion.types.verdict import Clear

#: A camera with one of these cannot tell whether a place is clear.
BLIND = frozenset(
    {
        TroubleKind.OFFLINE,
        TroubleKind.REFUSED,
        TroubleKind.NO_VIDEO,
        TroubleKind.UNSUPPORTED,
        TroubleKind.FROZEN,
        TroubleKind.BLACK,
        TroubleKind.OVER_EXPOSED,
        TroubleKind.BLURRED,
        TroubleKind.COVERED,
        TroubleKind.MOVED,
    }
)
_WHY = {
    "offline": ("不在线", "is not live"),
    "no picture": ("没有给出画面", "gave no picture"),
    "no background": ("没有事前地面画面可比", "has no picture of the ground before"),
}
_SHOWN = {
    Shows.GROUND: (Clear.CLEAR, "地面已恢复", "the ground is as it was before"),
    Shows.THING: (Clear.NOT_CLEAR, "物体仍在原处", "the thing is still there"),
    Shows.DARK: (Clear.CANNOT_SEE, "光线太暗，无法判断", "it is too dark to tell"),
    Shows.ELSEWHERE: (Clear.CANNOT_SEE, "镜头方向已变，无法判断", "the camera looks elsewhere than before"),
    Shows.HIDDEN: (Clear.CANNOT_SEE, "现场被其他物体遮挡，无法判断", "something else is in front of the place"),
    Shows.FAINT: (Clear.CANNOT_SEE, "物体与地面差别太小，无法判断", "the thing hardly differs from the ground"),
}


def because(terminal_id: str, why: str) -> Reason:
    """Why a terminal could not look."""
    zh, en = _WHY[why]
    return Reason(f"{terminal_id}：{zh}，请人工核查", f"{terminal_id}: {en}; a person checks")


def no_pictures() -> Reason:
    """No terminal kept a picture to compare with."""
    return Reason("没有可比对的画面，请人工核查", "no picture to compare with: a person checks")


def sentence(terminal_id: str, compared: Compared) -> tuple[Clear, Reason]:
    """What a comparison says."""
    clear, zh, en = _SHOWN[compared.shows]
    ground, thing = f"{compared.ground_share:.0%}", f"{compared.thing_share:.0%}"
    figures_zh, figures_en = f"（恢复 {ground}，仍在 {thing}）", f" ({ground} clear, {thing} still there)"
    with_figures = compared.shows in {Shows.GROUND, Shows.THING, Shows.HIDDEN}
    return clear, Reason(
        f"{terminal_id}：{zh}{figures_zh if with_figures else ''}",
        f"{terminal_id}: {en}{figures_en if with_figures else ''}",
        data={
            "terminal_id": terminal_id,
            "shows": str(compared.shows),
            "ground_share": round(compared.ground_share, 3),
            "thing_share": round(compared.thing_share, 3),
            "luma": round(compared.luma, 1),
        },
    )


def with_rule(
    clear: Clear, reason: Reason, traces: Sequence[Trace], handled_at: datetime | None
) -> tuple[Clear, Reason]:
    """What the picture says together with what the terminal's rule says: its thing ended, or was seen since.

    Where the picture says nothing, the rule decides; where the two speak against each other, a person does.
    """
    seen_since = handled_at is not None and any(t.seen_at is not None and t.seen_at > handled_at for t in traces)
    gone = bool(traces) and all(trace.gone for trace in traces)
    if clear is Clear.CLEAR and seen_since and not gone:
        return Clear.CANNOT_SEE, _and(
            reason, "但规则此后仍见到该物，请人工核查", "but the rule saw it since; a person checks"
        )
    dark = reason.data.get("shows") in {Shows.DARK, Shows.ELSEWHERE}
    if clear is not Clear.CANNOT_SEE or dark:
        return clear, reason
    if gone:
        return Clear.CLEAR, _and(reason, "规则已见其离开", "the rule saw it go")
    if seen_since:
        return Clear.NOT_CLEAR, _and(reason, "规则此后仍见到该物", "the rule saw it since")
    return clear, reason


def _and(reason: Reason, zh: str, en: str) -> Reason:
    return Reason(f"{reason.zh}；{zh}", f"{reason.en}; {en}", reason.data)


def worst(told: Sequence[tuple[Clear, Reason]]) -> tuple[Clear, Reason]:
    """Of several terminals: one that sees the thing outweighs all; one that sees the ground, those that cannot see."""
    order = (Clear.NOT_CLEAR, Clear.CLEAR, Clear.CANNOT_SEE)
    clear = min((one for one, _ in told), key=order.index)
    said = [reason for one, reason in told if one is clear]
    return clear, Reason("；".join(r.zh for r in said), "; ".join(r.en for r in said), said[0].data)

"""What people said of a case, as the class of its crop; pure."""

from collections.abc import Sequence

from fusion.teaching.classes import FALSE, NAMES, OTHER, RIGHT, USUAL
from fusion.types.case import Case, CaseEvent, CaseState, Deed

FUSION = "fusion"
#: words of the command room's earlier list, which stand in cases of that time
_EARLIER = {
    "路过、未经营": "vendor_passes",
    "Only passing": "vendor_passes",
    "行人停留交谈": "chat",
    "People chatting": "chat",
    "有证摊点": "licensed_cart",
    "Licensed stall": "licensed_cart",
    "停放车辆": "parked_car",
    "Parked vehicle": "parked_car",
    "待收运的垃圾桶": "bin_put_out",
    "Bin put out for collection": "bin_put_out",
    "光影、雨水、夜间噪声": "light_change",
    "Light, rain or noise": "light_change",
}
_WORDS = {name: word for word, pair in NAMES.items() for name in (word, *pair)} | _EARLIER


def marked_as(case: Case, history: Sequence[CaseEvent]) -> str | None:
    """The class that people gave it; None: nobody has said yet whether it was right.

    A case that somebody handled was right, and so is one that was closed after that. A rejected one is false for the
    reason given; one that fusion itself dropped, as another one's double, says nothing.
    """
    if case.state is CaseState.REJECTED:
        rejected = _last(history, Deed.REJECT)
        if rejected is None or rejected.actor == FUSION:
            return None
        said = _said(rejected)
        return said if said in FALSE else OTHER
    handled = _last(history, Deed.HANDLE)
    if handled is None or case.state not in {CaseState.HANDLED, CaseState.CLOSED}:
        return None
    closed = _last(history, Deed.CLOSE)
    words = [_said(event) for event in (closed, handled) if event is not None]
    return next((word for word in words if word in RIGHT), USUAL.get(case.kind))


def _last(history: Sequence[CaseEvent], deed: Deed) -> CaseEvent | None:
    return next((event for event in reversed(history) if event.deed == deed), None)


def _said(event: CaseEvent) -> str | None:
    """The class that an event names: its reason from the one-tap list, or a word that stands in its note."""
    if event.false_reason is not None:
        return str(event.false_reason)
    for note in (event.note_zh, event.note_en):
        # Free text may follow the word of the list.
        for head in (note, note.partition("：")[0], note.partition(":")[0]):
            if head.strip() in _WORDS:
                return _WORDS[head.strip()]
    return None

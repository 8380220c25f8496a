"""Camera health 摄像机状况: which terminals have troubles, how many of each kind, and how the map shows it."""

from collections import Counter
from collections.abc import Sequence

from fusion.types.terminal import Health, TerminalStatus, Trouble, TroubleKind

#: one character for each health, as zone_map.js knows them
HEALTH_CODE = {
    Health.REGISTERED: "r",
    Health.CONNECTING: "c",
    Health.LIVE: "l",
    Health.OFFLINE: "o",
    Health.REFUSED: "x",
    Health.SILENT: "s",
    Health.UNDECODABLE: "u",
}
TROUBLED_CODE = "t"  #: pictures come, and something is wrong with them or with the stream
_AWAY_CODE = {
    TroubleKind.OFFLINE: "o",
    TroubleKind.REFUSED: "x",
    TroubleKind.NO_VIDEO: "s",
    TroubleKind.UNSUPPORTED: "u",
}


def counts(statuses: Sequence[TerminalStatus]) -> dict[TroubleKind, int]:
    """How many terminals have each kind of trouble; kinds that nobody has are left out, the most frequent is first."""
    found = Counter(kind for status in statuses for kind in {trouble.kind for trouble in status.troubles})
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def troubled(statuses: Sequence[TerminalStatus], kind: TroubleKind | None = None) -> list[TerminalStatus]:
    """Terminals with troubles (of one kind, where one is given), the longest lasting first."""
    shown = [(status, longest(status, kind)) for status in statuses]
    lasting = [(trouble.since, status) for status, trouble in shown if trouble is not None]
    return [status for _, status in sorted(lasting, key=lambda pair: (pair[0], pair[1].terminal_id))]


def longest(status: TerminalStatus, kind: TroubleKind | None = None) -> Trouble | None:
    """The trouble that lasts longest."""
    of_kind = [trouble for trouble in status.troubles if kind is None or trouble.kind is kind]
    return min(of_kind, key=lambda trouble: trouble.since, default=None)


def code_of(status: TerminalStatus) -> str:
    """The map's character: how it is read, and what is wrong where that alone says too little.

    One that is tried again and again is shown as what keeps it away, not as connecting each time.
    """
    if status.troubles and status.health is Health.LIVE:
        return TROUBLED_CODE
    if status.health is Health.CONNECTING:
        return next((_AWAY_CODE[t.kind] for t in status.troubles if t.kind in _AWAY_CODE), HEALTH_CODE[status.health])
    return HEALTH_CODE[status.health]

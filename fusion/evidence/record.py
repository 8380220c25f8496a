"""The record of a case: what it is, who said what, who did what when, by what it was judged, how right the clocks are.

It is a file of the case like its pictures: a seal names its hash. So it may hold what a seal may not, such as
fractions, and is dropped with the pictures when the case has been kept long enough.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from fusion.evidence.host_clock import HostClock
from fusion.types.case import Case, CaseEvent, Incident
from fusion.types.errors import SiteError
from fusion.types.terminal import Terminal, TerminalStatus

FORMAT = "fusion-record/1"
Pair = tuple[str, str]  #: Chinese, English


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """By what a case was judged."""

    version: str  #: of fusion
    code_sha256: str = ""  #: of its program text
    model: str = ""
    model_sha256: str = ""
    rules: tuple[Mapping[str, Any], ...] = ()  #: as configured
    rules_sha256: str = ""
    config: Mapping[str, str] = field(default_factory=dict)  #: sha256 of each file of the site


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ids are called."""

    site: Pair = ("", "")
    kind: Pair = ("", "")
    code: str = ""  #: of the kind, in the site's table
    grid: str = ""
    timezone: str = "UTC"


def record_of(
    case: Case,
    history: Sequence[CaseEvent],
    incident: Incident | None,
    *,
    sealed_at: datetime,
    made_by: MadeBy,
    names: Names,
    words: Mapping[str, Pair],
    terminal: Terminal | None = None,
    status: TerminalStatus | None = None,
    host: HostClock | None = None,
) -> bytes:
    """The record as a file (JSON, UTF-8).

    Args:
        case: as it stands.
        history: all of it, oldest first.
        incident: with what each source said; None where the store has forgotten it.
        sealed_at: now (aware).
        made_by: by what it was judged.
        names: what its ids are called.
        words: what states and deeds are called, by "state.opened" and "deed.close".
        terminal: that saw it; its addresses are not written.
        status: how that terminal is doing now, with its clock.
        host: how this machine's clock is doing.
    """
    clock = ZoneInfo(names.timezone)
    document = {
        "format": FORMAT,
        "sealed_at": _utc(sealed_at),
        "timezone": names.timezone,
        "site": _pair(names.site),
        "case": _plain(case),
        "kind": {**_pair(names.kind), "code": names.code},
        "state": _pair(words.get(f"state.{case.state}", (str(case.state),) * 2)),
        "grid_name": names.grid,
        "terminal": terminal
        and {
            "id": terminal.id,
            "name": terminal.name,
            "point": list(terminal.point),
            "height_m": terminal.height_m,
            "bearing_deg": terminal.bearing_deg,
        },
        "signals": _signals(case, history, clock),
        "sources": [_plain(trace) for trace in incident.traces] if incident else [],
        "history": [_line(event, words, clock) for event in history],
        "made_by": _plain(made_by),
        "clocks": _clocks(status, host),
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def read_record(data: bytes, name: str) -> dict[str, Any]:
    """The document of a record; SiteError where it is none."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SiteError(f"{name}: no JSON; wanted: the record that fusion wrote") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SiteError(f"{name}: no {FORMAT} document; wanted: the record that fusion wrote")
    return document


def _signals(case: Case, history: Sequence[CaseEvent], clock: ZoneInfo) -> list[dict[str, Any]]:
    """Who said why: the signal that filed the case, and each that came to it."""
    first = {
        "at": _utc(case.met_at),
        "at_local": _local(case.met_at, clock),
        "source": case.terminal_id or "",
        "zh": case.reason.zh,
        "en": case.reason.en,
        "data": case.reason.data,
    }
    later = [
        {"at": _utc(e.at), "at_local": _local(e.at, clock), "source": "", "zh": e.note_zh, "en": e.note_en, "data": {}}
        for e in history
        if e.deed == "signal"
    ]
    return [first, *later]


def _line(event: CaseEvent, words: Mapping[str, Pair], clock: ZoneInfo) -> dict[str, Any]:
    deed, state = (words.get(f"{kind}.{name}", (name, name)) for kind, name in _said(event))
    return {
        "at": _utc(event.at),
        "at_local": _local(event.at, clock),
        "actor": event.actor,
        "deed": event.deed,
        "state": str(event.state),
        "zh": {"deed": deed[0], "state": state[0], "note": event.note_zh},
        "en": {"deed": deed[1], "state": state[1], "note": event.note_en},
    }


def _said(event: CaseEvent) -> tuple[Pair, Pair]:
    return ("deed", event.deed), ("state", str(event.state))


def _clocks(status: TerminalStatus | None, host: HostClock | None) -> dict[str, Any]:
    """The camera's clock less ours, by its sender reports (RFC 3550 6.4.1), and ours by its kernel."""
    return {
        "host_synchronised": host.synchronised if host else None,
        "host_most_off_s": host.most_off_s if host else None,
        "terminal_offset_s": status.clock_offset_s if status else None,
        "terminal_told_at": _utc(status.clock_at) if status and status.clock_at else None,
        "troubles": [{"zh": trouble.zh, "en": trouble.en} for trouble in status.troubles] if status else [],
    }


def _plain(value: object) -> Any:
    return msgspec.to_builtins(value)


def _pair(pair: Pair) -> dict[str, str]:
    return {"zh": pair[0], "en": pair[1]}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _local(at: datetime, clock: ZoneInfo) -> str:
    return f"{at.astimezone(clock):%Y-%m-%d %H:%M:%S}"

"""What came of a rehearsal, in figures."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from fusion.alerts.messages import Alert
from fusion.rehearsal.phones import PhoneFleet
from fusion.rehearsal.truth import TrueEvent
from fusion.storage import Store
from fusion.types.case import Case, Incident


class Report(msgspec.Struct, kw_only=True):
    """The report; `fault` says in words what was wrong, empty when nothing was."""

    seconds: float
    terminals: int
    terminals_live: int
    phones: int
    looked_frames: int
    signals: int
    incidents: int
    cases: int
    truth_events: int
    truth_events_with_case: int
    cases_without_truth: int
    alerts_sent: int
    alerts_received: int
    acknowledged: int
    lost: int
    duplicated: int
    latency_ms: dict[str, float]
    broken: list[str]
    missed: list[dict[str, str]]
    without_truth: list[dict[str, str]]
    fault: list[str] = []


def compare(
    store: Store, phones: PhoneFleet, due: Sequence[TrueEvent], all_events: Sequence[TrueEvent], facts: dict[str, Any]
) -> Report:
    """Put cases and alerts beside the truth. `due` are the events that must have a case."""
    incidents = {incident.id: incident for incident in store.incidents()}
    cases = store.cases(limit=100_000)
    # A thing that came back while its case was open is an incident of its own in the same case.
    filed: dict[str, list[Incident]] = {case.id: [] for case in cases}
    for incident in incidents.values():
        if incident.case_id in filed:
            filed[incident.case_id].append(incident)
    cases_of = {
        event: [case_id for case_id, told in filed.items() if any(event.told_by(i) for i in told)] for event in due
    }
    missed = [event for event, found in cases_of.items() if not found]
    false = [c for c in cases if not any(e.told_by(i) for e in all_events for i in filed[c.id])]
    # One thing at one time in two cases is a doubled case.
    twice = sum(max(0, len(found) - 1) for found in cases_of.values())
    sent = {m.id: msgspec.json.decode(m.payload, type=Alert) for m in store.sent() if m.topic.endswith("/alerts")}
    received = list(phones.received())
    at_phones = Counter(entry.alert.id for entry in received)
    told_twice = phones.report().told_again
    mine = {phone.worker_id for phone in phones.phones}
    lost = [i for i, alert in sent.items() if i not in at_phones and alert.worker_id in mine]
    latencies = [(entry.at - entry.alert.rule_met_at).total_seconds() * 1000 for entry in received]
    p50, p95 = np.percentile(latencies, [50, 95]) if latencies else (0.0, 0.0)
    report = Report(
        **facts,
        phones=len(phones.phones),
        incidents=len(incidents),
        cases=len(cases),
        truth_events=len(due),
        truth_events_with_case=len(due) - len(missed),
        cases_without_truth=len(false),
        alerts_sent=len(sent),
        alerts_received=len(at_phones),
        acknowledged=sum(len(phone.acknowledged) for phone in phones.phones),
        lost=len(lost) + store.unsent_count(),
        duplicated=twice + told_twice,
        latency_ms={"p50": round(float(p50), 1), "p95": round(float(p95), 1)},
        missed=[_named(event) for event in missed],
        without_truth=[_case(case) for case in false],
    )
    report.fault = _faults(report)
    return report


def _faults(report: Report) -> list[str]:
    checks = (
        (report.lost, f"{report.lost} alerts lost"),
        (report.duplicated, f"{report.duplicated} doubled"),
        (len(report.missed), f"{len(report.missed)} true events without a case"),
        (report.cases_without_truth, f"{report.cases_without_truth} cases without a true event"),
        (report.truth_events == 0, "no true event was fully seen; wanted: a longer rehearsal (120 s or more)"),
    )
    return [words for wrong, words in checks if wrong]


def _named(event: TrueEvent) -> dict[str, str]:
    return {"terminal": event.terminal_id, "kind": event.kind, "start": event.start.isoformat()}


def _case(case: Case) -> dict[str, str]:
    return {"number": case.number, "kind": case.kind, "terminal": case.terminal_id or "", "why": case.reason.en}

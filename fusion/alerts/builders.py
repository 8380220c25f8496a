"""Messages about a case, ready for the outbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fusion.alerts.messages import Alert, Update, encode
from fusion.alerts.topics import ALERTS, UPDATES
from fusion.types.case import Case
from fusion.types.phone import OutboxMessage
from fusion.types.place import Datum

ALERT_LASTS = timedelta(hours=2)


def alert_for(case: Case, kinds: Mapping[str, tuple[str, str]], now: datetime) -> OutboxMessage:
    """The alert to the worker whom the case was just dispatched to; one id for each time it is dispatched."""
    if case.worker_id is None or case.worker_reason is None:
        raise ValueError(f"case {case.number}: nobody to tell")
    zh, en = kinds.get(case.kind, (case.kind, case.kind))
    expires_at = now + ALERT_LASTS
    alert = Alert(
        id=f"{case.id}:{case.version}",
        case_id=case.id,
        number=case.number,
        kind=case.kind,
        kind_zh=zh,
        kind_en=en,
        lon=case.place.point.lon,
        lat=case.place.point.lat,
        datum=Datum.WGS84,
        uncertainty_m=case.place.uncertainty_m,
        grid_id=case.grid_id,
        small_grid_id=case.small_grid_id,
        terminal_id=case.terminal_id,
        worker_id=case.worker_id,
        why_zh=case.reason.zh,
        why_en=case.reason.en,
        why_you_zh=case.worker_reason.zh,
        why_you_en=case.worker_reason.en,
        rule_met_at=case.met_at,
        issued_at=now,
        expires_at=expires_at,
        evidence_ids=tuple(ref.id for ref in case.evidence),
        evidence_sha256=tuple(ref.sha256 for ref in case.evidence),
    )
    topic = ALERTS.of(case.worker_id)
    return OutboxMessage(id=alert.id, topic=topic, payload=encode(alert), expires_at=expires_at)


def update_for(case: Case, worker_id: str, now: datetime, *, withdrawn: bool) -> OutboxMessage:
    """Tell a worker that the case changed or is no longer his or hers."""
    update = Update(
        id=f"{case.id}:{case.version}:{worker_id}",
        case_id=case.id,
        number=case.number,
        state=str(case.state),
        withdrawn=withdrawn,
        issued_at=now,
    )
    return OutboxMessage(id=update.id, topic=UPDATES.of(worker_id), payload=encode(update))

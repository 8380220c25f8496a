"""One transaction: everything in it happens, or nothing does."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, or_, select, update

from fusion.storage.schema import CASES, EVENTS, EVIDENCE, HANDLED, INCIDENTS, OUTBOX, POSITIONS
from fusion.types.case import Case, CaseEvent, Incident
from fusion.types.phone import OutboxMessage, PhonePosition
from fusion.types.signal import EvidenceRef


def encoded(value: object) -> str:
    """An object of ours as JSON text."""
    return msgspec.json.encode(value).decode()


class Unit:
    """Reads and writes on one open transaction; not to be kept after it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def first_time(self, message_id: str, at: datetime) -> bool:
        """Remember a message's id; False when it was handled before."""
        if self._db.execute(select(HANDLED.c.id).where(HANDLED.c.id == message_id)).first():
            return False
        self._db.execute(insert(HANDLED).values(id=message_id, at=at))
        return True

    def incidents(self, kind: str, since: datetime) -> list[Incident]:
        """Incidents of a kind that last, or whose last signal came after `since`."""
        rows = self._db.execute(
            select(INCIDENTS.c.body).where(
                INCIDENTS.c.kind == kind, or_(INCIDENTS.c.ended_at.is_(None), INCIDENTS.c.last_at >= since)
            )
        )
        return [msgspec.json.decode(row.body, type=Incident) for row in rows]

    def put_incident(self, incident: Incident) -> None:
        """Add or replace."""
        values = {
            "kind": incident.kind,
            "last_at": incident.last_at,
            "ended_at": incident.ended_at,
            "body": encoded(incident),
        }
        changed = self._db.execute(update(INCIDENTS).where(INCIDENTS.c.id == incident.id).values(**values))
        if changed.rowcount == 0:
            self._db.execute(insert(INCIDENTS).values(id=incident.id, **values))

    def next_number(self, day: str) -> str:
        """The next case number of a day, "2026-11-24-0007"."""
        last = self._db.execute(select(func.max(CASES.c.number)).where(CASES.c.number.like(f"{day}-%"))).scalar()
        return f"{day}-{int(last.rpartition('-')[2]) + 1 if last else 1:04d}"

    def case(self, case_id: str) -> Case | None:
        """One case, locked against other writers where the database can."""
        row = self._db.execute(select(CASES.c.body).where(CASES.c.id == case_id).with_for_update()).first()
        return None if row is None else msgspec.json.decode(row.body, type=Case)

    def put_case(self, case: Case) -> None:
        """Add or replace."""
        values = {
            "state": str(case.state),
            "grid_id": case.grid_id,
            "worker_id": case.worker_id,
            "version": case.version,
            "body": encoded(case),
        }
        changed = self._db.execute(update(CASES).where(CASES.c.id == case.id).values(**values))
        if changed.rowcount == 0:
            fixed = {"number": case.number, "incident_id": case.incident_id, "kind": case.kind}
            self._db.execute(insert(CASES).values(id=case.id, opened_at=case.opened_at, **fixed, **values))

    def add_event(self, event: CaseEvent) -> None:
        """One more line of a case's history."""
        self._db.execute(insert(EVENTS).values(case_id=event.case_id, at=event.at, body=encoded(event)))

    def add_evidence(self, case_id: str | None, refs: Sequence[EvidenceRef]) -> None:
        """Make files findable by their ids; the same id twice is one."""
        for ref in refs:
            if not self._db.execute(select(EVIDENCE.c.id).where(EVIDENCE.c.id == ref.id)).first():
                self._db.execute(insert(EVIDENCE).values(id=ref.id, case_id=case_id, path=ref.path, sha256=ref.sha256))

    def send(self, message: OutboxMessage, now: datetime) -> None:
        """Put a message into the outbox, once for its id."""
        if self._db.execute(select(OUTBOX.c.seq).where(OUTBOX.c.id == message.id)).first():
            return
        self._db.execute(
            insert(OUTBOX).values(
                id=message.id,
                topic=message.topic,
                payload=message.payload,
                qos=message.qos,
                retain=message.retain,
                created_at=now,
                expires_at=message.expires_at,
            )
        )

    def put_position(self, position: PhonePosition) -> None:
        """Keep the newest position of a worker; an older one changes nothing."""
        values = {
            "lon": position.point.lon,
            "lat": position.point.lat,
            "accuracy_m": position.accuracy_m,
            "at": position.at,
        }
        row = self._db.execute(select(POSITIONS.c.at).where(POSITIONS.c.worker_id == position.worker_id)).first()
        if row is None:
            self._db.execute(insert(POSITIONS).values(worker_id=position.worker_id, **values))
        elif row.at <= position.at:
            self._db.execute(update(POSITIONS).where(POSITIONS.c.worker_id == position.worker_id).values(**values))

"""One transaction: everything in it happens, or nothing does."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, insert, or_, select, update

from fusion.storage import reports, stalls
from fusion.storage.learnt import Learnt
from fusion.storage.people_schema import STALL_CASES
from fusion.storage.schema import (
    ANSWERS,
    CASES,
    EVENTS,
    EVIDENCE,
    HANDLED,
    INCIDENTS,
    NUMBERS,
    OUTBOX,
    POSITIONS,
    SOURCES,
)
from fusion.types.case import Case, CaseEvent, CaseState, Incident
from fusion.types.phone import OutboxMessage, PhonePosition
from fusion.types.place import GeoPoint
from fusion.types.report import Report
from fusion.types.signal import EvidenceRef

_AHEAD = timedelta(minutes=5)  #: as far as phones' clocks may be ahead
_METRES_A_DEGREE = 111_000.0  # of latitude, a little less than anywhere on earth's mean
_UNDEALT = [
    str(state)
    for state in (
        CaseState.COLLECTED,
        CaseState.FILED,
        CaseState.DISPATCHED,
        CaseState.HANDLING,
        CaseState.SUSPENDED,
    )
]


def encoded(value: object) -> str:
    """An object of ours as JSON text."""
    return msgspec.json.encode(value).decode()


def _square(point: GeoPoint, reach_m: float) -> tuple[float, float, float, float]:
    """(west, east, south, north) of the square around a point, degrees; `reach_m` is half its side."""
    high = reach_m / _METRES_A_DEGREE
    wide = high / max(0.01, math.cos(math.radians(point.lat)))
    return point.lon - wide, point.lon + wide, point.lat - high, point.lat + high


class Unit:
    """Reads and writes on one open transaction; not to be kept after it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self.learnt = Learnt(connection)  #: what was told, and what people said of it

    def first_time(self, message_id: str, at: datetime) -> bool:
        """Remember a message's id; False when it was handled before."""
        if self._db.execute(select(HANDLED.c.id).where(HANDLED.c.id == message_id)).first():
            return False
        self._db.execute(insert(HANDLED).values(id=message_id, at=at))
        return True

    def incidents_near(
        self, kind: str, source_id: str, point: GeoPoint, reach_m: float, since: datetime, standing_since: datetime
    ) -> list[Incident]:
        """Incidents of a kind near a point, or told of by a source.

        Args:
            kind: of the event.
            source_id: whose incidents are wanted wherever they are.
            point: the middle of the square that is searched.
            reach_m: half its side.
            since: those whose last signal came after this,
            standing_since: and those whose last signal came after this and whose case is not dealt with.
        """
        table, (west, east, south, north) = INCIDENTS.c, _square(point, reach_m)
        near = table.lat.between(south, north) & table.lon.between(west, east)
        of_source = table.id.in_(select(SOURCES.c.incident_id).where(SOURCES.c.source_id == source_id))
        standing = table.case_id.in_(select(CASES.c.id).where(CASES.c.state.in_(_UNDEALT)))
        query = select(table.body).where(
            table.kind == kind,
            table.merged_into.is_(None),
            table.last_at >= min(since, standing_since),
            or_(table.last_at >= since, standing),
            or_(near, of_source),
        )
        return [msgspec.json.decode(row.body, type=Incident) for row in self._db.execute(query)]

    def cases_near(self, kind: str, point: GeoPoint, reach_m: float, since: datetime) -> list[Case]:
        """Cases of a kind whose thing was within a square around a point (half its side in metres) after `since`."""
        table, (west, east, south, north) = INCIDENTS.c, _square(point, reach_m)
        there = select(table.case_id).where(
            table.kind == kind,
            table.lat.between(south, north),
            table.lon.between(west, east),
            table.last_at >= since,
            table.case_id.is_not(None),
        )
        query = select(CASES.c.body).where(CASES.c.id.in_(there))
        return [msgspec.json.decode(row.body, type=Case) for row in self._db.execute(query)]

    def incidents_of(self, case_id: str) -> list[Incident]:
        """The incidents that belong to a case."""
        query = select(INCIDENTS.c.body).where(INCIDENTS.c.case_id == case_id).order_by(INCIDENTS.c.last_at)
        return [msgspec.json.decode(row.body, type=Incident) for row in self._db.execute(query)]

    def incident(self, incident_id: str) -> Incident | None:
        """One incident."""
        row = self._db.execute(select(INCIDENTS.c.body).where(INCIDENTS.c.id == incident_id)).first()
        return None if row is None else msgspec.json.decode(row.body, type=Incident)

    def put_incident(self, incident: Incident, ends_at: datetime | None) -> None:
        """Add or replace; `ends_at` is when it is over if nothing more is said of it, None when it is."""
        values = {
            "kind": incident.kind,
            "lon": incident.place.point.lon,
            "lat": incident.place.point.lat,
            "last_at": incident.last_at,
            "ends_at": ends_at,
            "case_id": incident.case_id,
            "merged_into": incident.merged_into,
            "body": encoded(incident),
        }
        changed = self._db.execute(update(INCIDENTS).where(INCIDENTS.c.id == incident.id).values(**values))
        if changed.rowcount == 0:
            self._db.execute(insert(INCIDENTS).values(id=incident.id, **values))
        known = select(SOURCES.c.source_id).where(SOURCES.c.incident_id == incident.id)
        for source_id in set(incident.source_ids) - set(self._db.execute(known).scalars()):
            self._db.execute(insert(SOURCES).values(incident_id=incident.id, source_id=source_id))

    def next_number(self, day: str) -> str:
        """The next case number of a day, "2026-11-24-0007"."""
        counted = self._db.execute(update(NUMBERS).where(NUMBERS.c.day == day).values(last=NUMBERS.c.last + 1))
        if counted.rowcount == 0:
            self._db.execute(insert(NUMBERS).values(day=day, last=1))
        number = self._db.execute(select(NUMBERS.c.last).where(NUMBERS.c.day == day)).scalar_one()
        return f"{day}-{number:04d}"

    def case(self, case_id: str) -> Case | None:
        """One case, locked against other writers where the database can."""
        row = self._db.execute(select(CASES.c.body).where(CASES.c.id == case_id).with_for_update()).first()
        return None if row is None else msgspec.json.decode(row.body, type=Case)

    def waiting(self) -> list[Case]:
        """Cases that wait for an answer and move on by themselves without one."""
        states = [str(state) for state in (CaseState.FILED, CaseState.DISPATCHED, CaseState.FEEDBACK)]
        query = select(CASES.c.body).where(CASES.c.state.in_(states), CASES.c.due_at.is_not(None))
        found = [msgspec.json.decode(row.body, type=Case) for row in self._db.execute(query)]
        return [case for case in found if case.due_at is not None]

    def put_case(self, case: Case) -> None:
        """Add or replace."""
        values = {
            "state": str(case.state),
            "grid_id": case.grid_id,
            "worker_id": case.worker_id,
            "due_at": case.wakes_at,
            "platform": case.platform,
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

    def add_evidence(self, case_id: str, refs: Sequence[EvidenceRef]) -> None:
        """Make a case's files findable by their ids; the same id twice is one."""
        for ref in refs:
            if not self._db.execute(select(EVIDENCE.c.id).where(EVIDENCE.c.id == ref.id)).first():
                self._db.execute(
                    insert(EVIDENCE).values(
                        id=ref.id,
                        case_id=case_id,
                        kind=ref.kind,
                        path=ref.path,
                        sha256=ref.sha256,
                        media_type=ref.media_type,
                        at=ref.at,
                    )
                )

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

    def put_answer(self, worker_id: str, answer: str, at: datetime) -> None:
        """What a worker last answered: "accept", "decline", "handled", or "silent"."""
        values = {"answer": answer, "at": at}
        changed = self._db.execute(update(ANSWERS).where(ANSWERS.c.worker_id == worker_id).values(**values))
        if changed.rowcount == 0:
            self._db.execute(insert(ANSWERS).values(worker_id=worker_id, **values))

    def put_position(self, position: PhonePosition, now: datetime | None = None) -> None:
        """Keep the newest position of a worker; an older one changes nothing.

        One that lies after `now` was told before the host's clock was set back, and gives way to any.
        """
        values = {
            "lon": position.point.lon,
            "lat": position.point.lat,
            "accuracy_m": position.accuracy_m,
            "at": position.at,
        }
        row = self._db.execute(select(POSITIONS.c.at).where(POSITIONS.c.worker_id == position.worker_id)).first()
        if row is None:
            self._db.execute(insert(POSITIONS).values(worker_id=position.worker_id, **values))
        elif row.at <= position.at or (now is not None and row.at > now + _AHEAD):
            self._db.execute(update(POSITIONS).where(POSITIONS.c.worker_id == position.worker_id).values(**values))

    def waiting_report(self, report_id: str) -> Report | None:
        """A report that was not taken yet."""
        return reports.waiting_report(self._db, report_id)

    def mark_report(self, report_id: str, at: datetime, incident_id: str | None) -> None:
        """A report was placed."""
        reports.mark_taken(self._db, report_id, at, incident_id)

    def past_cases(
        self, kind: str, point: GeoPoint, near_m: float, stall_id: str | None, since: datetime
    ) -> list[tuple[Case, str | None]]:
        """Cases of a kind opened since a time near a point or of a stall, each with the stall that it was found to be.

        Args:
            kind: of the event.
            point: the middle of the square that is searched.
            near_m: half its side.
            stall_id: whose cases are wanted wherever they are.
            since: those that were opened after this.
        """
        table, (west, east, south, north) = INCIDENTS.c, _square(point, near_m)
        near = table.lat.between(south, north) & table.lon.between(west, east)
        query = (
            select(CASES.c.body, STALL_CASES.c.stall_id)
            .join(INCIDENTS, table.id == CASES.c.incident_id)
            .join(STALL_CASES, STALL_CASES.c.case_id == CASES.c.id, isouter=True)
            .where(table.kind == kind, table.last_at >= since, CASES.c.opened_at >= since)
            .where(or_(near, STALL_CASES.c.stall_id == stall_id) if stall_id is not None else near)
        )
        return [(msgspec.json.decode(row.body, type=Case), row.stall_id) for row in self._db.execute(query)]

    def link_stall(self, stall_id: str, case_id: str, actor: str, at: datetime) -> bool:
        """A case was found to be a registered stall's; False when that was known."""
        return stalls.link(self._db, stall_id, case_id, actor, at)

"""Reports as rows: written once by whichever door they came through, taken once by the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from fusion.storage.database import Database
from fusion.storage.people_schema import REPORTS
from fusion.storage.schema import CASES, INCIDENTS
from fusion.types.report import Report, ReportSource, ReportStatus

_LONGEST_CHAIN = 8  # merges after merges; a report's page does not follow more


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of one database. Errors are those of `Store`."""

    _db: Database

    def add(self, reports: Sequence[Report]) -> list[Report | None]:
        """Keep reports, all in one transaction; for each the one that its id stood for before, None when it is new."""
        with self._db.writing() as db:
            return [_add(db, report) for report in reports]

    def known(self, report_id: str) -> Report | None:
        """The report of an id."""
        with self._db.reading() as db:
            return _known(db, report_id)

    def waiting(self, most: int = 200) -> list[str]:
        """Ids of the reports that the engine has not taken, in the order in which they came."""
        query = select(REPORTS.c.id).where(REPORTS.c.taken_at.is_(None)).order_by(REPORTS.c.seq).limit(most)
        with self._db.reading() as db:
            return list(db.execute(query).scalars())

    def newest(self, *, source: ReportSource | None = None, limit: int = 100, offset: int = 0) -> list[ReportStatus]:
        """Reports with what became of them, newest first."""
        query = select(REPORTS).order_by(REPORTS.c.seq.desc()).limit(limit).offset(offset)
        if source is not None:
            query = query.where(REPORTS.c.source == str(source))
        with self._db.reading() as db:
            return [_status(db, row) for row in db.execute(query)]


def waiting_report(db: Connection, report_id: str) -> Report | None:
    """A report that the engine has not taken, within the engine's transaction."""
    query = select(REPORTS.c.body).where(REPORTS.c.id == report_id, REPORTS.c.taken_at.is_(None))
    row = db.execute(query.with_for_update()).first()
    return None if row is None else msgspec.json.decode(row.body, type=Report)


def mark_taken(db: Connection, report_id: str, at: datetime, incident_id: str | None) -> None:
    """The engine has placed a report."""
    db.execute(update(REPORTS).where(REPORTS.c.id == report_id).values(taken_at=at, incident_id=incident_id))


def _add(db: Connection, report: Report) -> Report | None:
    known = _known(db, report.id)
    if known is None:
        body = msgspec.json.encode(report).decode()
        facts = {"source": str(report.source), "kind": report.kind, "at": report.at}
        db.execute(
            insert(REPORTS).values(
                id=report.id, received_at=report.received_at, digest=report.digest, body=body, **facts
            )
        )
    return known


def _known(db: Connection, report_id: str) -> Report | None:
    row = db.execute(select(REPORTS.c.body).where(REPORTS.c.id == report_id)).first()
    return None if row is None else msgspec.json.decode(row.body, type=Report)


def _status(db: Connection, row: Any) -> ReportStatus:
    report = msgspec.json.decode(row.body, type=Report)
    case_id, incident_id = None, row.incident_id
    for _ in range(_LONGEST_CHAIN):
        query = select(INCIDENTS.c.case_id, INCIDENTS.c.merged_into).where(INCIDENTS.c.id == incident_id)
        found = db.execute(query).first() if incident_id is not None else None
        if found is None:
            break
        case_id = found.case_id
        if found.merged_into is None:
            break
        incident_id = found.merged_into
    number = None if case_id is None else db.execute(select(CASES.c.number).where(CASES.c.id == case_id)).scalar()
    return ReportStatus(
        report=report, taken_at=row.taken_at, incident_id=incident_id, case_id=case_id, case_number=number
    )

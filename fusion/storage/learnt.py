"""What was told and what people said of it: read to judge again, and to weigh what a source says next."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from fusion.storage.schema import CASES, INCIDENTS, MARKS, TOLD
from fusion.types.case import Case
from fusion.types.told import Mark, ToldThing

_AT_ONCE = 500  #: ids in one question; SQLite has a limit


class Learnt:
    """Reads and writes on one open transaction; not to be kept after it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def marks(
        self, *, source_id: str | None = None, zone_id: str | None = None, kind: str | None = None, most: int = 100_000
    ) -> list[Mark]:
        """The newest first; with a source and a kind, those of that zone (None: of no zone) alone."""
        query = select(MARKS.c.body).order_by(MARKS.c.at.desc(), MARKS.c.case_id).limit(most)
        if source_id is not None:
            query = query.where(MARKS.c.source_id == source_id)
        if kind is not None:
            query = query.where(MARKS.c.kind == kind, MARKS.c.zone_id == (zone_id or ""))
        return [msgspec.json.decode(row.body, type=Mark) for row in self._db.execute(query)]

    def put_marks(self, case_id: str, marks: Sequence[Mark]) -> None:
        """What people say of a case now, in place of what they said before."""
        self._db.execute(delete(MARKS).where(MARKS.c.case_id == case_id))
        for mark in marks:
            self._db.execute(
                insert(MARKS).values(
                    case_id=case_id,
                    source_id=mark.source_id,
                    zone_id=mark.zone_id or "",
                    kind=mark.kind,
                    at=mark.at,
                    body=msgspec.json.encode(mark).decode(),
                )
            )

    def thing(self, its_id: str) -> ToldThing | None:
        """One thing."""
        row = self._db.execute(select(TOLD.c.body).where(TOLD.c.id == its_id)).first()
        return None if row is None else msgspec.json.decode(row.body, type=ToldThing)

    def put_thing(self, thing: ToldThing) -> None:
        """Add or replace."""
        body = msgspec.json.encode(thing).decode()
        changed = self._db.execute(update(TOLD).where(TOLD.c.id == thing.id).values(at=thing.first.at, body=body))
        if changed.rowcount == 0:
            first = thing.first
            values = {"source_id": first.source_id, "kind": first.kind, "at": first.at, "body": body}
            self._db.execute(insert(TOLD).values(id=thing.id, **values))

    def things(
        self, since: datetime, until: datetime, *, source_id: str | None = None, most: int = 1_000_000
    ) -> list[ToldThing]:
        """Those first told of from `since` on and before `until`, the oldest first."""
        query = select(TOLD.c.body).where(TOLD.c.at >= since, TOLD.c.at < until).order_by(TOLD.c.at, TOLD.c.id)
        if source_id is not None:
            query = query.where(TOLD.c.source_id == source_id)
        return [msgspec.json.decode(row.body, type=ToldThing) for row in self._db.execute(query.limit(most))]

    def cases_of(self, incident_ids: Sequence[str]) -> dict[str, tuple[str, Case | None]]:
        """By incident: the incident that it is now (what it was merged into), and the case of that, if it has one."""
        found: dict[str, tuple[str, Case | None]] = {}
        for incident_id, (now_id, case_id) in self._ends_of(incident_ids).items():
            row = self._db.execute(select(CASES.c.body).where(CASES.c.id == case_id)).first() if case_id else None
            found[incident_id] = now_id, None if row is None else msgspec.json.decode(row.body, type=Case)
        return found

    def _ends_of(self, incident_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
        rows: dict[str, tuple[str | None, str | None]] = {}
        wanted = sorted(set(incident_ids))
        while wanted:
            part, wanted = wanted[:_AT_ONCE], wanted[_AT_ONCE:]
            table = INCIDENTS.c
            query = select(table.id, table.merged_into, table.case_id).where(table.id.in_(part))
            rows.update((row.id, (row.merged_into, row.case_id)) for row in self._db.execute(query))
            wanted += [into for its in part if (into := rows.get(its, (None, None))[0]) and into not in rows]
        return {its: end for its in incident_ids if (end := _followed(its, rows)) is not None}


def _followed(incident_id: str, rows: dict[str, tuple[str | None, str | None]]) -> tuple[str, str | None] | None:
    seen: set[str] = set()
    while incident_id in rows and incident_id not in seen:
        seen.add(incident_id)
        into, case_id = rows[incident_id]
        if into is None:
            return incident_id, case_id
        incident_id = into
    return None

"""Reads for pages, for the outbox's publisher and for reports; `transaction` for whoever changes something."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from fusion.plugins import Config
from fusion.storage.database import Database
from fusion.storage.learnt import Learnt
from fusion.storage.reports import Reports
from fusion.storage.schema import ANSWERS, CASES, EVENTS, EVIDENCE, HANDLED, INCIDENTS, OUTBOX, POSITIONS, TOLD, USERS
from fusion.storage.seal_book import SealBook
from fusion.storage.stalls import Audit, Stalls
from fusion.storage.unit import Unit
from fusion.types.case import Case, CaseEvent, CaseState, Incident
from fusion.types.errors import SiteError
from fusion.types.phone import OutboxMessage
from fusion.types.place import GeoPoint

SQLITE = "sqlite"


class StoreConfig(Config):
    """Which database."""

    url: str = SQLITE  #: "sqlite" (a file in the data folder), sqlite:///path or postgresql://user@host/name
    password_file: str | None = None  #: relative to the site's folder

    def resolved(self, folder: Path, data: Path) -> URL:
        """The URL for SQLAlchemy, with the driver that we ship and the password of the file, if one is named."""
        if self.url == SQLITE:
            return URL.create("sqlite", database=str(data / "fusion.db"))
        try:
            url = make_url(self.url)
        except ArgumentError as error:
            raise SiteError("store.url: not a database URL; wanted: sqlite or postgresql://user@host/name") from error
        if url.get_backend_name() not in {"sqlite", "postgresql"}:
            raise SiteError(f"store.url: {url.get_backend_name()}; wanted: sqlite or postgresql")
        if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
            raise SiteError("store.url: keeps nothing; wanted: sqlite, or sqlite:///path of a file")
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if self.password_file is not None:
            try:
                url = url.set(password=(folder / self.password_file).read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "not a text"
                raise SiteError(f"store.password_file: {self.password_file}: {why}; wanted: a file") from error
        return url


class Position(NamedTuple):
    """Where a worker was last."""

    point: GeoPoint
    at: datetime
    accuracy_m: float = 0.0


class UserRow(NamedTuple):
    """A user as stored."""

    name: str
    password_hash: str
    role: str
    created_at: datetime
    must_change: bool
    scope: str = ""  #: comma-separated


class Store:
    """One database. `transaction` for those who change something; the other methods only read.

    Every method raises PeerFault when the database is away, and SiteError when it refuses what is to be
    written; neither shows its password.
    """

    def __init__(self, url: URL) -> None:
        self._db = Database(url)
        self.reports, self.stalls, self.audit = Reports(self._db), Stalls(self._db), Audit(self._db)
        self.seals = SealBook(self._db)  #: what is known of sealed evidence

    @property
    def where(self) -> str:
        """The database's address without its password."""
        return self._db.where

    @property
    def well(self) -> bool:
        """Whether the last access went well."""
        return self._db.well

    @property
    def since(self) -> datetime:
        """Since when it has been well, or away."""
        return self._db.since

    @property
    def detail(self) -> str:
        """What was wrong."""
        return self._db.detail

    @contextmanager
    def transaction(self) -> Iterator[Unit]:
        """A transaction that commits at the end and rolls back on any error."""
        with self._db.writing() as connection:
            yield Unit(connection)

    @contextmanager
    def learnt(self) -> Iterator[Learnt]:
        """What was told and what people said of it, as it stands at one moment; only to be read."""
        with self._db.reading() as connection:
            yield Learnt(connection)

    def cases(
        self,
        *,
        states: Sequence[CaseState] = (),
        kind: str | None = None,
        grid_id: str | None = None,
        worker_id: str | None = None,
        platform: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Case]:
        """Cases, newest first; a filter that is not given lets all through."""
        query = select(CASES.c.body).order_by(CASES.c.opened_at.desc(), CASES.c.number.desc())
        if states:
            query = query.where(CASES.c.state.in_([str(state) for state in states]))
        for column, wanted in (
            (CASES.c.kind, kind),
            (CASES.c.grid_id, grid_id),
            (CASES.c.worker_id, worker_id),
            (CASES.c.platform, platform),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        with self._db.reading() as db:
            return [msgspec.json.decode(row.body, type=Case) for row in db.execute(query.limit(limit).offset(offset))]

    def cases_due(self, now: datetime, most: int = 500) -> list[str]:
        """Ids of the cases that time alone moves on by now, the longest due first."""
        query = select(CASES.c.id).where(CASES.c.due_at <= now).order_by(CASES.c.due_at).limit(most)
        with self._db.reading() as db:
            return list(db.execute(query).scalars())

    def incidents_due(self, now: datetime, most: int = 500) -> list[str]:
        """Ids of the incidents that may be over by now."""
        query = select(INCIDENTS.c.id).where(INCIDENTS.c.ends_at <= now).order_by(INCIDENTS.c.ends_at).limit(most)
        with self._db.reading() as db:
            return list(db.execute(query).scalars())

    def case_counts(self) -> dict[CaseState, int]:
        """Cases in each state."""
        with self._db.reading() as db:
            rows = db.execute(select(CASES.c.state, func.count()).group_by(CASES.c.state))
            return {CaseState(state): count for state, count in rows}

    def open_cases_by_worker(self) -> dict[str, int]:
        """Cases that each worker was told of and has not handled."""
        open_states = [str(CaseState.DISPATCHED), str(CaseState.HANDLING)]
        query = (
            select(CASES.c.worker_id, func.count()).where(CASES.c.state.in_(open_states)).group_by(CASES.c.worker_id)
        )
        with self._db.reading() as db:
            return {worker: count for worker, count in db.execute(query) if worker is not None}

    def case(self, case_id: str) -> tuple[Case, list[CaseEvent]] | None:
        """A case with its history, oldest first."""
        with self._db.reading() as db:
            row = db.execute(select(CASES.c.body).where(CASES.c.id == case_id)).first()
            if row is None:
                return None
            events = db.execute(select(EVENTS.c.body).where(EVENTS.c.case_id == case_id).order_by(EVENTS.c.seq))
            return (
                msgspec.json.decode(row.body, type=Case),
                [msgspec.json.decode(event.body, type=CaseEvent) for event in events],
            )

    def histories(self, since: datetime, until: datetime) -> Iterator[tuple[Case, list[CaseEvent]]]:
        """Every case that was opened in a span of time, with its history, oldest first; read bit by bit."""
        query = (
            select(CASES.c.id, CASES.c.body, EVENTS.c.body.label("event"))
            .join(EVENTS, EVENTS.c.case_id == CASES.c.id, isouter=True)
            .where(CASES.c.opened_at >= since, CASES.c.opened_at < until)
            .order_by(CASES.c.opened_at, CASES.c.id, EVENTS.c.seq)
        )
        with self._db.reading() as db:
            for _, rows in groupby(db.execute(query.execution_options(yield_per=1000)), key=lambda row: row.id):
                lines = list(rows)
                events = [msgspec.json.decode(row.event, type=CaseEvent) for row in lines if row.event is not None]
                yield msgspec.json.decode(lines[0].body, type=Case), events

    def cases_opened(self, since: datetime, until: datetime, kind: str | None = None) -> list[Case]:
        """Every case that was opened in a span of time, oldest first."""
        query = select(CASES.c.body).where(CASES.c.opened_at >= since, CASES.c.opened_at < until)
        if kind is not None:
            query = query.where(CASES.c.kind == kind)
        with self._db.reading() as db:
            rows = db.execute(query.order_by(CASES.c.opened_at, CASES.c.id))
            return [msgspec.json.decode(row.body, type=Case) for row in rows]

    def incidents(self) -> list[Incident]:
        """All incidents, for reports."""
        with self._db.reading() as db:
            return [msgspec.json.decode(row.body, type=Incident) for row in db.execute(select(INCIDENTS.c.body))]

    def incidents_of(self, case_id: str) -> list[Incident]:
        """The incidents that belong to a case, the oldest first."""
        query = select(INCIDENTS.c.body).where(INCIDENTS.c.case_id == case_id).order_by(INCIDENTS.c.last_at)
        with self._db.reading() as db:
            return [msgspec.json.decode(row.body, type=Incident) for row in db.execute(query)]

    def sent(self) -> list[OutboxMessage]:
        """Messages that the broker took, oldest first, for reports."""
        query = select(OUTBOX).where(OUTBOX.c.sent_at.is_not(None)).order_by(OUTBOX.c.seq)
        with self._db.reading() as db:
            return [_message(row) for row in db.execute(query)]

    def evidence_path(self, evidence_id: str) -> str | None:
        """Where a piece of evidence lies, relative to the evidence folder."""
        with self._db.reading() as db:
            found: str | None = db.execute(select(EVIDENCE.c.path).where(EVIDENCE.c.id == evidence_id)).scalar()
            return found

    def incident(self, incident_id: str) -> Incident | None:
        """One incident."""
        with self._db.reading() as db:
            body = db.execute(select(INCIDENTS.c.body).where(INCIDENTS.c.id == incident_id)).scalar()
            return None if body is None else msgspec.json.decode(body, type=Incident)

    def case_named(self, name: str) -> Case | None:
        """A case by its id or its number."""
        query = select(CASES.c.body).where((CASES.c.id == name) | (CASES.c.number == name))
        with self._db.reading() as db:
            body = db.execute(query).scalar()
            return None if body is None else msgspec.json.decode(body, type=Case)

    def positions(self) -> dict[str, Position]:
        """The newest position of each worker."""
        with self._db.reading() as db:
            rows = db.execute(select(POSITIONS))
            return {row.worker_id: Position(GeoPoint(row.lon, row.lat), row.at, row.accuracy_m) for row in rows}

    def answers(self) -> dict[str, tuple[str, datetime]]:
        """The last answer of each worker, and when."""
        with self._db.reading() as db:
            return {row.worker_id: (row.answer, row.at) for row in db.execute(select(ANSWERS))}

    def forget_positions(self, before: datetime) -> int:
        """Drop the positions of workers that are older; how many."""
        with self._db.writing() as db:
            return db.execute(delete(POSITIONS).where(POSITIONS.c.at < before)).rowcount

    def unsent(self, most: int = 100) -> list[OutboxMessage]:
        """The oldest messages that the broker has not taken."""
        query = select(OUTBOX).where(OUTBOX.c.sent_at.is_(None)).order_by(OUTBOX.c.seq).limit(most)
        with self._db.reading() as db:
            return [_message(row) for row in db.execute(query)]

    def unsent_count(self) -> int:
        """How many messages wait."""
        with self._db.reading() as db:
            return int(db.execute(select(func.count()).where(OUTBOX.c.sent_at.is_(None))).scalar() or 0)

    def mark_sent(self, ids: Sequence[str], at: datetime) -> None:
        """The broker took these."""
        with self._db.writing() as db:
            db.execute(update(OUTBOX).where(OUTBOX.c.id.in_(list(ids))).values(sent_at=at))

    def forget(self, before: datetime) -> None:
        """Drop what nobody needs any more: ids of old messages, and what was sent long ago."""
        with self._db.writing() as db:
            db.execute(delete(HANDLED).where(HANDLED.c.at < before))
            db.execute(delete(OUTBOX).where(OUTBOX.c.sent_at < before))

    def forget_told(self, before: datetime) -> None:
        """Drop what was first told before this; what people said stays, as long as its case does."""
        with self._db.writing() as db:
            db.execute(delete(TOLD).where(TOLD.c.at < before))

    def users(self) -> list[UserRow]:
        """All users by name."""
        with self._db.reading() as db:
            return [UserRow(*row) for row in db.execute(select(USERS).order_by(USERS.c.name))]

    def put_user(self, user: UserRow) -> None:
        """Add or replace a user."""
        with self._db.writing() as db:
            db.execute(delete(USERS).where(USERS.c.name == user.name))
            db.execute(insert(USERS).values(**user._asdict()))

    def close(self) -> None:
        """Close all connections."""
        self._db.close()


def _message(row: Any) -> OutboxMessage:
    return OutboxMessage(
        id=row.id,
        topic=row.topic,
        payload=bytes(row.payload),
        qos=row.qos,
        retain=row.retain,
        expires_at=row.expires_at,
    )

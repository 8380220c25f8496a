"""Opens the database, brings its schema up to date, and reads for pages."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import alembic.command
import alembic.config
import msgspec
import structlog
from sqlalchemy import Connection, create_engine, delete, event, func, insert, select, update
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from fusion.plugins import Config
from fusion.storage.schema import CASES, EVENTS, EVIDENCE, HANDLED, OUTBOX, POSITIONS, USERS
from fusion.storage.unit import Unit
from fusion.types.case import Case, CaseEvent, CaseState
from fusion.types.errors import PeerFault, SiteError
from fusion.types.phone import OutboxMessage
from fusion.types.place import GeoPoint

_LOG = structlog.get_logger()
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
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if self.password_file is not None:
            try:
                url = url.set(password=(folder / self.password_file).read_text().strip())
            except OSError as error:
                raise SiteError(f"store.password_file: {self.password_file}: {error.strerror}") from error
        return url


class Position(NamedTuple):
    """Where a worker was last."""

    point: GeoPoint
    at: datetime


class UserRow(NamedTuple):
    """A user as stored."""

    name: str
    password_hash: str
    role: str
    created_at: datetime
    must_change: bool


class Store:
    """One database. `transaction` for those who change something; the other methods only read.

    Every method raises PeerFault when the database is away, without its password.
    """

    def __init__(self, url: URL) -> None:
        self.where = url.render_as_string(hide_password=True)
        self.well, self.since, self.detail = True, datetime.now(UTC), ""
        try:
            self._engine = _engine(url)
        except NoSuchModuleError as error:
            raise SiteError(f"store.url: {self.where}: no driver; wanted: sqlite or postgresql") from error
        self._migrate()

    def _migrate(self) -> None:
        config = alembic.config.Config()
        config.set_main_option("script_location", str(files("fusion.storage") / "migrations"))
        with self._guarded(), self._engine.begin() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")

    @contextmanager
    def transaction(self) -> Iterator[Unit]:
        """A transaction that commits at the end and rolls back on any error."""
        with self._guarded(), self._engine.begin() as connection:
            yield Unit(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._guarded(), self._engine.connect().execution_options(reading=True) as connection:
            yield connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            self._state(well=False, detail=str(error.orig).splitlines()[0][:200] if str(error.orig) else "")
            raise PeerFault(f"store {self.where}: {self.detail}") from error
        self._state(well=True)

    def _state(self, *, well: bool, detail: str = "") -> None:
        self.detail = detail
        if well != self.well:
            self.well, self.since = well, datetime.now(UTC)
            (_LOG.info if well else _LOG.warning)("store is back" if well else "store is away", detail=detail)

    def cases(
        self, *, states: Sequence[CaseState] = (), kind: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[Case]:
        """Cases, newest first."""
        query = select(CASES.c.body).order_by(CASES.c.opened_at.desc(), CASES.c.number.desc())
        if states:
            query = query.where(CASES.c.state.in_([str(state) for state in states]))
        if kind is not None:
            query = query.where(CASES.c.kind == kind)
        with self._reading() as db:
            return [msgspec.json.decode(row.body, type=Case) for row in db.execute(query.limit(limit).offset(offset))]

    def case_counts(self) -> dict[CaseState, int]:
        """Cases in each state."""
        with self._reading() as db:
            rows = db.execute(select(CASES.c.state, func.count()).group_by(CASES.c.state))
            return {CaseState(state): count for state, count in rows}

    def open_cases_by_worker(self) -> dict[str, int]:
        """Cases that each worker was told of and has not handled."""
        open_states = [str(CaseState.DISPATCHED), str(CaseState.ACKNOWLEDGED)]
        query = (
            select(CASES.c.worker_id, func.count()).where(CASES.c.state.in_(open_states)).group_by(CASES.c.worker_id)
        )
        with self._reading() as db:
            return {worker: count for worker, count in db.execute(query) if worker is not None}

    def case(self, case_id: str) -> tuple[Case, list[CaseEvent]] | None:
        """A case with its history, oldest first."""
        with self._reading() as db:
            row = db.execute(select(CASES.c.body).where(CASES.c.id == case_id)).first()
            if row is None:
                return None
            events = db.execute(select(EVENTS.c.body).where(EVENTS.c.case_id == case_id).order_by(EVENTS.c.seq))
            return (
                msgspec.json.decode(row.body, type=Case),
                [msgspec.json.decode(event.body, type=CaseEvent) for event in events],
            )

    def evidence_path(self, evidence_id: str) -> str | None:
        """Where a piece of evidence lies, relative to the evidence folder."""
        with self._reading() as db:
            found: str | None = db.execute(select(EVIDENCE.c.path).where(EVIDENCE.c.id == evidence_id)).scalar()
            return found

    def positions(self) -> dict[str, Position]:
        """The newest position of each worker."""
        with self._reading() as db:
            rows = db.execute(select(POSITIONS))
            return {row.worker_id: Position(GeoPoint(row.lon, row.lat), row.at) for row in rows}

    def unsent(self, most: int = 100) -> list[OutboxMessage]:
        """The oldest messages that the broker has not taken."""
        query = select(OUTBOX).where(OUTBOX.c.sent_at.is_(None)).order_by(OUTBOX.c.seq).limit(most)
        with self._reading() as db:
            return [
                OutboxMessage(
                    id=row.id,
                    topic=row.topic,
                    payload=bytes(row.payload),
                    qos=row.qos,
                    retain=row.retain,
                    expires_at=row.expires_at,
                )
                for row in db.execute(query)
            ]

    def unsent_count(self) -> int:
        """How many messages wait."""
        with self._reading() as db:
            return int(db.execute(select(func.count()).where(OUTBOX.c.sent_at.is_(None))).scalar() or 0)

    def mark_sent(self, ids: Sequence[str], at: datetime) -> None:
        """The broker took these."""
        with self._guarded(), self._engine.begin() as db:
            db.execute(update(OUTBOX).where(OUTBOX.c.id.in_(list(ids))).values(sent_at=at))

    def forget(self, before: datetime) -> None:
        """Drop what nobody needs any more: ids of old messages, and what was sent long ago."""
        with self._guarded(), self._engine.begin() as db:
            db.execute(delete(HANDLED).where(HANDLED.c.at < before))
            db.execute(delete(OUTBOX).where(OUTBOX.c.sent_at < before))

    def users(self) -> list[UserRow]:
        """All users by name."""
        with self._reading() as db:
            return [UserRow(*row) for row in db.execute(select(USERS).order_by(USERS.c.name))]

    def put_user(self, user: UserRow) -> None:
        """Add or replace a user."""
        with self._guarded(), self._engine.begin() as db:
            db.execute(delete(USERS).where(USERS.c.name == user.name))
            db.execute(insert(USERS).values(**user._asdict()))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=5, connect_args={"connect_timeout": 5})
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions begin as we say below, not as the driver guesses
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once, so that it never fails half-way for want of it.
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine

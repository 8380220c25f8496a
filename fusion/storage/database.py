"""The connection to SQLite or PostgreSQL: how transactions begin, how faults are named, how the schema grows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import alembic.command
import alembic.config
import alembic.util
import structlog
from sqlalchemy import Connection, create_engine, event, exc
from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from fusion.types.errors import PeerFault, SiteError

_LOG = structlog.get_logger()
_BUSY_S = 10
_WRITERS = 0x667573696F6E  # "fusion": the advisory lock that writers take


class Database:
    """One database; one writer at a time, any number of readers beside it."""

    def __init__(self, url: URL) -> None:
        self.where = url.render_as_string(hide_password=True)
        self.well, self.since, self.detail = True, datetime.now(UTC), ""
        try:
            self._engine = _engine(url)
        except exc.NoSuchModuleError as error:
            raise SiteError(f"store.url: {self.where}: no driver; wanted: sqlite or postgresql") from error
        self._migrate()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end and rolls back on any error."""
        with self._guarded(), self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_WRITERS,))
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything and changes nothing."""
        with self._guarded(), self._engine.connect().execution_options(reading=True) as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _migrate(self) -> None:
        config = alembic.config.Config()
        config.set_main_option("script_location", str(files("fusion.storage") / "migrations").replace("%", "%%"))
        try:
            with self.writing() as connection:
                config.attributes["connection"] = connection
                alembic.command.upgrade(config, "head")
        except alembic.util.CommandError as error:
            raise SiteError(
                f"store {self.where}: its schema is of another version of fusion: {error}; wanted: a version that "
                "knows it, or an empty database"
            ) from error

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (exc.DataError, exc.IntegrityError) as error:
            # The database is well, and would refuse the same again.
            raise SiteError(f"store {self.where}: cannot hold this: {_first_line(error)}") from error
        except exc.DBAPIError as error:
            self._state(well=False, detail=_first_line(error))
            raise PeerFault(f"store {self.where}: {self.detail}") from error
        except exc.TimeoutError as error:
            raise PeerFault(f"store {self.where}: too many at once wait for a connection") from error
        self._state(well=True)

    def _state(self, *, well: bool, detail: str = "") -> None:
        self.detail = detail
        if well != self.well:
            self.well, self.since = well, datetime.now(UTC)
            (_LOG.info if well else _LOG.warning)("store is back" if well else "store is away", detail=detail)


def _first_line(error: exc.DBAPIError) -> str:
    lines = str(error.orig).splitlines()
    return lines[0][:200] if lines else type(error.orig).__name__


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=5, connect_args={"connect_timeout": 5})
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": _BUSY_S})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions begin as we say below, not as the driver guesses
        pragmas = ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_S * 1000}", "foreign_keys=ON")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once, so that it never fails half-way for want of it.
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine

"""Tables. What is searched has a column; the whole object lies beside it as JSON in `body`."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

_MICRO = 1_000_000


class Moment(TypeDecorator[datetime]):
    """An aware UTC time as whole microseconds since 1970, so that both databases order and compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """To the database."""
        del dialect
        return None if value is None else round(value.timestamp() * _MICRO)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """From the database."""
        del dialect
        return None if value is None else datetime.fromtimestamp(value / _MICRO, UTC)


METADATA = MetaData()

#: ids of everything that was handled: a message that comes again changes nothing
HANDLED = Table("handled", METADATA, Column("id", String(200), primary_key=True), Column("at", Moment, nullable=False))

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("body", Text, nullable=False),
    Index("incidents_by_kind", "kind", "ended_at", "last_at"),
)

CASES = Table(
    "cases",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("incident_id", String(64), nullable=False, unique=True),
    Column("kind", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("grid_id", String(64)),
    Column("worker_id", String(64)),
    Column("opened_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("cases_by_time", "opened_at"),
    Index("cases_by_state", "state", "opened_at"),
)

EVENTS = Table(
    "case_events",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("case_id", String(64), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(200), nullable=False, unique=True),
    Column("topic", String(300), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("qos", Integer, nullable=False),
    Column("retain", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("sent_at", Moment),
    Index("outbox_unsent", "sent_at", "seq"),
)

POSITIONS = Table(
    "positions",
    METADATA,
    Column("worker_id", String(64), primary_key=True),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("accuracy_m", Float, nullable=False),
    Column("at", Moment, nullable=False),
)

EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("id", String(200), primary_key=True),
    Column("case_id", String(64), index=True),
    Column("path", String(400), nullable=False),
    Column("sha256", String(64), nullable=False),
)

USERS = Table(
    "users",
    METADATA,
    Column("name", String(200), primary_key=True),
    Column("password_hash", String(300), nullable=False),
    Column("role", String(32), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("must_change", Boolean, nullable=False),
)

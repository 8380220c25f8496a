"""Tables. What is searched has a column; the whole object lies beside it as JSON in `body`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time as whole microseconds since 1970, so that both databases order and compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """To the database."""
        del dialect
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """From the database."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


METADATA = MetaData()

#: ids of signals and answers that were handled: one that comes again changes nothing
HANDLED = Table(
    "handled",
    METADATA,
    Column("id", String, primary_key=True),
    Column("at", Moment, nullable=False),
    Index("handled_by_time", "at"),
)

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("ends_at", Moment),  # when it is over if nothing more is said of it; null: it is over
    Column("case_id", String),
    Column("merged_into", String),
    Column("body", Text, nullable=False),
    Index("incidents_by_kind", "kind", "last_at"),
    Index("incidents_by_end", "ends_at"),
    Index("incidents_by_place", "kind", "lat", "lon"),
    Index("incidents_by_case", "case_id"),
)

#: who told of which incident
SOURCES = Table(
    "incident_sources",
    METADATA,
    Column("incident_id", String, ForeignKey("incidents.id"), primary_key=True),
    Column("source_id", String, primary_key=True),
    Index("incidents_by_source", "source_id"),
)

CASES = Table(
    "cases",
    METADATA,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("incident_id", String, ForeignKey("incidents.id"), nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("grid_id", String),
    Column("worker_id", String),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment),  # when time alone brings something: `Case.wakes_at`
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("platform", String),
    Index("cases_by_platform", "platform", "state", "opened_at"),
    Index("cases_by_time", "opened_at"),
    Index("cases_by_state", "state", "opened_at"),
    Index("cases_by_due", "due_at"),
    Index("cases_by_worker", "state", "worker_id"),
)

#: the last number given out each day
NUMBERS = Table(
    "case_numbers",
    METADATA,
    Column("day", String, primary_key=True),
    Column("last", Integer, nullable=False),
)

EVENTS = Table(
    "case_events",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("case_id", String, ForeignKey("cases.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index("case_events_by_case", "case_id", "seq"),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("topic", String, nullable=False),
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
    Column("worker_id", String, primary_key=True),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("accuracy_m", Float, nullable=False),
    Column("at", Moment, nullable=False),
)

#: what each worker last answered to an alert
ANSWERS = Table(
    "worker_answers",
    METADATA,
    Column("worker_id", String, primary_key=True),
    Column("answer", String, nullable=False),
    Column("at", Moment, nullable=False),
)

EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("id", String, primary_key=True),
    Column("case_id", String, ForeignKey("cases.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("path", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("at", Moment, nullable=False),
    Index("evidence_by_case", "case_id"),
)

#: each thing as one source told of it, from beginning to end
TOLD = Table(
    "told_things",
    METADATA,
    Column("id", String, primary_key=True),
    Column("source_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),  # of the first signal
    Column("body", Text, nullable=False),
    Index("told_things_by_time", "at"),
    Index("told_things_by_source", "source_id", "at"),
)

#: what people said of a case, once for each source and zone that had told of it
MARKS = Table(
    "marks",
    METADATA,
    Column("case_id", String, ForeignKey("cases.id"), primary_key=True),
    Column("source_id", String, primary_key=True),
    Column("zone_id", String, primary_key=True),  # empty: of no zone
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index("marks_by_source", "source_id", "kind", "zone_id", "at"),
)

#: what the chain of seals says, so that it can be asked quickly and its end is known twice
SEALS = Table(
    "seals",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String, nullable=False),
    Column("kind", String, nullable=False),  # "key", "case", "dropped", "held"
    Column("key", String, nullable=False),  # who signs the next one
    Column("keys_seq", Integer, nullable=False),  # the seal that named that key
    Column("keys_sha256", String, nullable=False),
    Column("case_id", String),
    Column("version", Integer),  # of the case when it was sealed
    Column("lines", Integer),  # of its history then
    Column("files", Integer),  # that it had then
    Column("closed", Boolean),  # whether it was closed then
    Index("seals_by_case", "case_id", "seq"),
    Index("seals_by_kind", "kind", "seq"),
)

#: cases of which nothing may be dropped
HOLDS = Table(
    "evidence_holds",
    METADATA,
    Column("case_id", String, ForeignKey("cases.id"), primary_key=True),
    Column("why", Text, nullable=False),
    Column("actor", String, nullable=False),
    Column("at", Moment, nullable=False),
)

#: cases whose files were dropped on purpose
DROPPED = Table(
    "evidence_dropped",
    METADATA,
    Column("case_id", String, ForeignKey("cases.id"), primary_key=True),
    Column("seq", Integer, nullable=False),  # the seal that says so
    Column("done", Boolean, nullable=False),  # whether the files are gone
    Index("evidence_dropped_undone", "done"),
)

USERS = Table(
    "users",
    METADATA,
    Column("name", String, primary_key=True),
    Column("password_hash", String, nullable=False),
    Column("role", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("scope", String, nullable=False, server_default=""),  # a liaison's platforms or grids, comma-separated
)

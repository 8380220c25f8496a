"""Tables of what people say and of whom the zone keeps a register: reports, stalls, and who looked at them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from fusion.storage.schema import METADATA, Moment

#: what people reported; the engine takes them in this order, each in the transaction that it changes things in
REPORTS = Table(
    "reports",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("source", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("digest", String, nullable=False),
    Column("taken_at", Moment),  # null: it waits for the engine
    Column("incident_id", String),
    Column("body", Text, nullable=False),
    Index("reports_waiting", "taken_at", "seq"),
    Index("reports_by_source", "source", "seq"),
)

STALLS = Table(
    "stalls",
    METADATA,
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),  # it stays, since past cases name it
    Column("body", Text, nullable=False),
)

#: which cases a member found to be whose
STALL_CASES = Table(
    "stall_cases",
    METADATA,
    Column("stall_id", String, ForeignKey("stalls.id"), primary_key=True),
    Column("case_id", String, ForeignKey("cases.id"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Index("stall_cases_by_case", "case_id"),
)

#: who saw or changed personal data: lines are added, never changed; each holds the hash of the one before
AUDIT = Table(
    "audit",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("deed", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("before", String, nullable=False),
    Column("hash", String, nullable=False),
    Index("audit_by_subject", "subject", "seq"),
)

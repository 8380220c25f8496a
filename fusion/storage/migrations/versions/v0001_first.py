"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision = None


def upgrade() -> None:
    """Make every table. Written out, not taken from the code: the code's schema moves on, this one does not."""
    _incidents()
    _cases()
    _outbox()
    _people()


def _incidents() -> None:
    op.create_table(
        "handled",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("handled_by_time", "handled", ["at"])
    op.create_table(
        "incidents",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("case_id", sa.String),
        sa.Column("merged_into", sa.String),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("incidents_by_kind", "incidents", ["kind", "last_at"])
    op.create_index("incidents_by_end", "incidents", ["ends_at"])
    op.create_table(
        "incident_sources",
        sa.Column("incident_id", sa.String, sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("source_id", sa.String, primary_key=True),
    )
    op.create_index("incidents_by_source", "incident_sources", ["source_id"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.String, nullable=False, unique=True),
        sa.Column("incident_id", sa.String, sa.ForeignKey("incidents.id"), nullable=False, unique=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("grid_id", sa.String),
        sa.Column("worker_id", sa.String),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("cases_by_time", "cases", ["opened_at"])
    op.create_index("cases_by_state", "cases", ["state", "opened_at"])
    op.create_index("cases_by_due", "cases", ["due_at"])
    op.create_index("cases_by_worker", "cases", ["state", "worker_id"])
    op.create_table(
        "case_numbers",
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "case_events",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("case_events_by_case", "case_events", ["case_id", "seq"])
    op.create_table(
        "evidence",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("evidence_by_case", "evidence", ["case_id"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("qos", sa.Integer, nullable=False),
        sa.Column("retain", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
    )
    op.create_index("outbox_unsent", "outbox", ["sent_at", "seq"])


def _people() -> None:
    op.create_table(
        "positions",
        sa.Column("worker_id", sa.String, primary_key=True),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("accuracy_m", sa.Float, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
    )

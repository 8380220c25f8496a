"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table. Written out, not taken from the code: the code's schema moves on, this one does not."""
    moment = sa.BigInteger
    op.create_table(
        "handled", sa.Column("id", sa.String(200), primary_key=True), sa.Column("at", moment, nullable=False)
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("incidents_by_kind", "incidents", ["kind", "ended_at", "last_at"])
    op.create_table(
        "cases",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("number", sa.String(32), nullable=False, unique=True),
        sa.Column("incident_id", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("grid_id", sa.String(64)),
        sa.Column("worker_id", sa.String(64)),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("cases_by_time", "cases", ["opened_at"])
    op.create_index("cases_by_state", "cases", ["state", "opened_at"])
    op.create_table(
        "case_events",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String(64), nullable=False, index=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(200), nullable=False, unique=True),
        sa.Column("topic", sa.String(300), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("qos", sa.Integer, nullable=False),
        sa.Column("retain", sa.Boolean, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment),
        sa.Column("sent_at", moment),
    )
    op.create_index("outbox_unsent", "outbox", ["sent_at", "seq"])
    op.create_table(
        "positions",
        sa.Column("worker_id", sa.String(64), primary_key=True),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("accuracy_m", sa.Float, nullable=False),
        sa.Column("at", moment, nullable=False),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("case_id", sa.String(64), index=True),
        sa.Column("path", sa.String(400), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("password_hash", sa.String(300), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
    )

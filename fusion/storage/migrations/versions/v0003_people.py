"""Reports, the register of stalls, and who looked at personal data."""

import sqlalchemy as sa
from alembic import op

revision = "people"
down_revision = "first"

_KEPT = "a line of the audit stays as it is"


def upgrade() -> None:
    """Make the tables, and let the database itself refuse a change of an audit line."""
    op.create_table(
        "reports",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("incident_id", sa.String),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("reports_waiting", "reports", ["taken_at", "seq"])
    op.create_index("reports_by_source", "reports", ["source", "seq"])
    op.create_table(
        "stalls",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "stall_cases",
        sa.Column("stall_id", sa.String, sa.ForeignKey("stalls.id"), primary_key=True),
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
    )
    op.create_index("stall_cases_by_case", "stall_cases", ["case_id"])
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("deed", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("before", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_index("audit_by_subject", "audit", ["subject", "seq"])
    _append_only("audit")


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_KEPT}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )

"""Seals of evidence, legal holds, and what was dropped."""

import sqlalchemy as sa
from alembic import op

revision = "seals"
down_revision = "life"


def upgrade() -> None:
    """Make the tables of evidence that is sealed."""
    op.create_table(
        "seals",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("keys_seq", sa.Integer, nullable=False),
        sa.Column("keys_sha256", sa.String, nullable=False),
        sa.Column("case_id", sa.String),
        sa.Column("version", sa.Integer),
        sa.Column("lines", sa.Integer),
        sa.Column("files", sa.Integer),
        sa.Column("closed", sa.Boolean),
    )
    op.create_index("seals_by_case", "seals", ["case_id", "seq"])
    op.create_index("seals_by_kind", "seals", ["kind", "seq"])
    op.create_table(
        "evidence_holds",
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "evidence_dropped",
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
    )
    op.create_index("evidence_dropped_undone", "evidence_dropped", ["done"])

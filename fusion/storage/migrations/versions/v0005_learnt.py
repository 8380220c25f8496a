"""What was told, and what people said of it: kept so that it can be judged again."""

import sqlalchemy as sa
from alembic import op

revision = "learnt"
down_revision = "seals"


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "told_things",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("source_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("told_things_by_time", "told_things", ["at"])
    op.create_index("told_things_by_source", "told_things", ["source_id", "at"])
    op.create_table(
        "marks",
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("source_id", sa.String, primary_key=True),
        sa.Column("zone_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("marks_by_source", "marks", ["source_id", "kind", "zone_id", "at"])

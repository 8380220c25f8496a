"""The life of a case after GB/T 30428: states get their names, cases a platform, workers their last answer."""

import sqlalchemy as sa
from alembic import op

revision = "life"
down_revision = "people"

_STATES = {"opened": "filed", "acknowledged": "handling", "handled": "feedback"}


def upgrade() -> None:
    """Columns, one table, one index, and the states renamed wherever they stand."""
    op.add_column("cases", sa.Column("platform", sa.String))
    op.create_index("cases_by_platform", "cases", ["platform", "state", "opened_at"])
    op.create_index("incidents_by_place", "incidents", ["kind", "lat", "lon"])
    op.create_index("incidents_by_case", "incidents", ["case_id"])
    op.add_column("users", sa.Column("scope", sa.String, nullable=False, server_default=""))
    op.create_table(
        "worker_answers",
        sa.Column("worker_id", sa.String, primary_key=True),
        sa.Column("answer", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    for old, new in _STATES.items():
        op.execute(sa.text("UPDATE cases SET state = :new WHERE state = :old").bindparams(old=old, new=new))
        for table in ("cases", "case_events"):
            # Quotes within a text of people are escaped in JSON, so only the key itself is found.
            said, says = (f'"state":"{state}"' for state in (old, new))
            statement = f"UPDATE {table} SET body = replace(body, :said, :says) WHERE body LIKE :like"  # noqa: S608
            op.execute(sa.text(statement).bindparams(said=said, says=says, like=f"%{said}%"))

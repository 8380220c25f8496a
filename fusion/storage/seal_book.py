"""What the store knows of sealed evidence: the chain's seals, legal holds, and what was dropped."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import and_, delete, exists, insert, select, update

from fusion.storage.database import Database
from fusion.storage.schema import CASES, DROPPED, EVIDENCE, HOLDS, SEALS
from fusion.types.case import Case


class SealRow(NamedTuple):
    """One seal; see the table."""

    seq: int
    sha256: str
    kind: str
    key: str
    keys_seq: int
    keys_sha256: str
    case_id: str | None = None
    version: int | None = None
    lines: int | None = None
    files: int | None = None
    closed: bool | None = None


class Hold(NamedTuple):
    """A case of which nothing may be dropped."""

    case_id: str
    why: str
    actor: str
    at: datetime


class SealBook:
    """Reads and writes; raises as the store does. The chain on disk is written first, then this."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, rows: Sequence[SealRow]) -> None:
        """Take up seals that stand on disk; one that is known already stays as it is.

        One that says that a case's files are dropped makes them half dropped, in the same transaction.
        """
        with self._db.writing() as db:
            for row in rows:
                if db.execute(select(SEALS.c.seq).where(SEALS.c.seq == row.seq)).first():
                    continue
                db.execute(insert(SEALS).values(**row._asdict()))
                if row.kind == "dropped":
                    db.execute(insert(DROPPED).values(case_id=row.case_id, seq=row.seq, done=False))

    def head(self) -> SealRow | None:
        """The newest."""
        with self._db.reading() as db:
            row = db.execute(select(SEALS).order_by(SEALS.c.seq.desc()).limit(1)).first()
            return SealRow(*row) if row else None

    def of_case(self, case_id: str) -> list[SealRow]:
        """All that speak of a case, oldest first."""
        with self._db.reading() as db:
            return [
                SealRow(*row)
                for row in db.execute(select(SEALS).where(SEALS.c.case_id == case_id).order_by(SEALS.c.seq))
            ]

    def of_keys(self) -> list[SealRow]:
        """All that name keys, oldest first."""
        with self._db.reading() as db:
            return [
                SealRow(*row) for row in db.execute(select(SEALS).where(SEALS.c.kind == "key").order_by(SEALS.c.seq))
            ]

    def unsealed(self, open_states: Sequence[str]) -> list[str]:
        """Ids of cases that have no seal, or were closed after their last one; asked once, at a start."""
        of_case = and_(SEALS.c.case_id == CASES.c.id, SEALS.c.kind == "case")
        sealed = exists().where(of_case)
        sealed_closed = exists().where(and_(of_case, SEALS.c.closed, SEALS.c.version == CASES.c.version))
        due = ~sealed | (CASES.c.state.not_in(list(open_states)) & ~sealed_closed)
        with self._db.reading() as db:
            return list(db.execute(select(CASES.c.id).where(due).order_by(CASES.c.opened_at)).scalars())

    def hold(self, hold: Hold) -> None:
        """Nothing of this case may be dropped."""
        with self._db.writing() as db:
            db.execute(delete(HOLDS).where(HOLDS.c.case_id == hold.case_id))
            db.execute(insert(HOLDS).values(**hold._asdict()))

    def release(self, case_id: str) -> None:
        """It may again."""
        with self._db.writing() as db:
            db.execute(delete(HOLDS).where(HOLDS.c.case_id == case_id))

    def holds(self) -> list[Hold]:
        """All holds, oldest first."""
        with self._db.reading() as db:
            return [Hold(*row) for row in db.execute(select(HOLDS).order_by(HOLDS.c.at))]

    def droppable(
        self, open_states: Sequence[str], kind: str, before: datetime, most: int = 100, skipped: int = 0
    ) -> list[Case]:
        """Closed cases of a kind, opened before then, that are not held and have files yet; the oldest first.

        Whether they were closed early enough is for the caller to see.
        """
        gone = exists().where(DROPPED.c.case_id == CASES.c.id)
        held = exists().where(HOLDS.c.case_id == CASES.c.id)
        has_files = exists().where(EVIDENCE.c.case_id == CASES.c.id)
        query = (
            select(CASES.c.body)
            .where(CASES.c.kind == kind, CASES.c.opened_at < before, CASES.c.state.not_in(list(open_states)))
            .where(~gone, ~held, has_files)
            .order_by(CASES.c.opened_at)
            .limit(most)
            .offset(skipped)
        )
        with self._db.reading() as db:
            return [msgspec.json.decode(row.body, type=Case) for row in db.execute(query)]

    def kinds(self) -> list[str]:
        """Kinds of the cases there are."""
        with self._db.reading() as db:
            return list(db.execute(select(CASES.c.kind).distinct()).scalars())

    def dropped(self, case_id: str) -> None:
        """They are gone."""
        with self._db.writing() as db:
            db.execute(update(DROPPED).where(DROPPED.c.case_id == case_id).values(done=True))

    def half_dropped(self) -> list[tuple[str, int]]:
        """Cases whose files were to be dropped, with the seal that says so, when somebody was killed."""
        with self._db.reading() as db:
            rows = db.execute(select(DROPPED.c.case_id, DROPPED.c.seq).where(~DROPPED.c.done))
            return [(row.case_id, row.seq) for row in rows]

    def is_dropped(self, case_id: str) -> bool:
        """Whether a case's files were dropped."""
        with self._db.reading() as db:
            return db.execute(select(DROPPED.c.seq).where(DROPPED.c.case_id == case_id)).first() is not None

    def known_files(self, ids: Sequence[str]) -> set[str]:
        """Those of these ids that are files of a case."""
        with self._db.reading() as db:
            return set(db.execute(select(EVIDENCE.c.id).where(EVIDENCE.c.id.in_(list(ids)))).scalars())

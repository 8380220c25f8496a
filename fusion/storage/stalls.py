"""The register of stalls as rows, and the audit of who saw or changed personal data in it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from fusion.storage.database import Database
from fusion.storage.people_schema import AUDIT, STALL_CASES, STALLS
from fusion.types.errors import IllegalDeed
from fusion.types.stall import AuditLine, Stall


@dataclass(frozen=True, slots=True)
class Stalls:
    """The stalls of one database. What is changed here stands in the audit by the same transaction."""

    _db: Database

    def all(self) -> list[Stall]:
        """Every stall that is not withdrawn, by id."""
        query = select(STALLS.c.body).where(STALLS.c.withdrawn_at.is_(None)).order_by(STALLS.c.id)
        with self._db.reading() as db:
            return [msgspec.json.decode(row.body, type=Stall) for row in db.execute(query)]

    def mark(self) -> tuple[int, int]:
        """Changes with each change of the register."""
        with self._db.reading() as db:
            row = db.execute(select(func.count(), func.coalesce(func.sum(STALLS.c.version), 0))).one()
            return int(row[0]), int(row[1])

    def put(self, stalls: Sequence[Stall], actor: str, at: datetime, *, version: int | None = None) -> list[Stall]:
        """Add or replace; those that say nothing new stay as they are.

        Args:
            stalls: what they are to be; their own versions do not count.
            actor: who does it.
            at: when.
            version: the one that the actor looked at, 0 for a new one; None: whatever it is.

        Returns:
            Those that changed, with their new versions.

        Raises:
            IllegalDeed: another version stands there; nothing is changed.
        """
        with self._db.writing() as db:
            changed = [new for stall in stalls if (new := _put(db, stall, at, version)) is not None]
            for stall in changed:
                _write(db, at, actor, "changed", f"stall:{stall.id}")
        return changed

    def withdraw(self, stall_id: str, actor: str, at: datetime) -> bool:
        """End a permit; False when there is none of this id."""
        with self._db.writing() as db:
            known = _known(db, stall_id)
            if known is None or known.withdrawn_at is not None:
                return False
            db.execute(
                update(STALLS)
                .where(STALLS.c.id == stall_id)
                .values(withdrawn_at=at, changed_at=at, version=known.version + 1)
            )
            _write(db, at, actor, "withdrawn", f"stall:{stall_id}")
        return True

    def cases(self, stall_id: str) -> list[str]:
        """Ids of the cases that were found to be a stall's, newest first."""
        query = select(STALL_CASES.c.case_id).where(STALL_CASES.c.stall_id == stall_id)
        with self._db.reading() as db:
            return list(db.execute(query.order_by(STALL_CASES.c.at.desc())).scalars())

    def links(self) -> dict[str, str]:
        """The stall of each case that has one."""
        with self._db.reading() as db:
            rows = db.execute(select(STALL_CASES.c.case_id, STALL_CASES.c.stall_id).order_by(STALL_CASES.c.at))
            return {row.case_id: row.stall_id for row in rows}


@dataclass(frozen=True, slots=True)
class Audit:
    """Lines are added, never changed: the database refuses it, and the chain of hashes would show it."""

    _db: Database

    def write(self, at: datetime, actor: str, deed: str, subject: str) -> None:
        """Add a line."""
        with self._db.writing() as db:
            _write(db, at, actor, deed, subject)

    def newest(self, *, limit: int = 100, offset: int = 0) -> list[AuditLine]:
        """Lines, newest first."""
        with self._db.reading() as db:
            rows = db.execute(select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(limit).offset(offset))
            return [AuditLine(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name

    def broken_at(self) -> int | None:
        """The first line that is missing or not what was written; None while the chain is whole.

        Lines cut off at the end are not seen: whoever wants that keeps the newest hash elsewhere.
        """
        before, wanted = "", 1
        with self._db.reading() as db:
            for row in db.execute(select(AUDIT).order_by(AUDIT.c.seq)):
                line = AuditLine(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
                if line.seq != wanted or line.before != before or line.hash != _hash(line):
                    return wanted
                before, wanted = line.hash, wanted + 1
        return None


def link(db: Connection, stall_id: str, case_id: str, actor: str, at: datetime) -> bool:
    """A case was found to be a stall's, within a transaction; False when that was known."""
    known = select(STALL_CASES.c.at).where(STALL_CASES.c.stall_id == stall_id, STALL_CASES.c.case_id == case_id)
    if db.execute(known).first():
        return False
    if _known(db, stall_id) is None:
        raise IllegalDeed(f"stall {stall_id[:64]}: there is none of this id")
    db.execute(insert(STALL_CASES).values(stall_id=stall_id, case_id=case_id, at=at, actor=actor))
    _write(db, at, actor, "linked", f"stall:{stall_id}")
    return True


def _known(db: Connection, stall_id: str) -> Any:
    return db.execute(select(STALLS).where(STALLS.c.id == stall_id).with_for_update()).first()


def _put(db: Connection, stall: Stall, at: datetime, version: int | None) -> Stall | None:
    known = _known(db, stall.id)
    present = 0 if known is None or known.withdrawn_at is not None else known.version
    if version is not None and version != present:
        raise IllegalDeed(f"stall {stall.id}: changed meanwhile (version {present}, looked at {version})")
    if known is None:
        new = replace(stall, version=1)
        body = msgspec.json.encode(new).decode()
        db.execute(insert(STALLS).values(id=stall.id, version=1, changed_at=at, body=body))
        return new
    before = msgspec.json.decode(known.body, type=Stall)
    if known.withdrawn_at is None and replace(stall, version=before.version) == before:
        return None
    new = replace(stall, version=known.version + 1)
    values = {"version": new.version, "changed_at": at, "withdrawn_at": None, "body": msgspec.json.encode(new).decode()}
    db.execute(update(STALLS).where(STALLS.c.id == stall.id).values(**values))
    return new


def _write(db: Connection, at: datetime, actor: str, deed: str, subject: str) -> None:
    last = db.execute(select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)).first()
    seq, before = (last.seq + 1, last.hash) if last else (1, "")
    line = AuditLine(seq=seq, at=at, actor=actor, deed=deed, subject=subject, before=before, hash="")
    values = {"seq": seq, "at": at, "actor": actor, "deed": deed, "subject": subject, "before": before}
    db.execute(insert(AUDIT).values(**values, hash=_hash(line)))


def _hash(line: AuditLine) -> str:
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = json.dumps([line.seq, at, line.actor, line.deed, line.subject, line.before], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()

"""The evidence of cases, from filing to dropping: sealed, held, released, dropped; each deed is a seal of the chain.

Order of writing, always the same: files, then the seal, then the store. Whoever is killed in between has left files
that no seal names (they count for nothing), or a seal that the store does not know (it takes it up at the next turn).
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import structlog

from fusion.evidence.chain import Chain, Head, Making, head_of
from fusion.evidence.dropping import remove
from fusion.evidence.parts import METADATA, RECORD, parts_of, record_part
from fusion.evidence.seals import CaseSealed, Gone, Held, KeyMade, Link, PartsDropped, Seal, What
from fusion.incidents.lifecycle import OPEN_STATES
from fusion.storage import Store
from fusion.storage.seal_book import Hold, SealRow
from fusion.types.case import Case, CaseEvent
from fusion.types.errors import IllegalDeed, SiteError
from fusion.types.signal import Reason

_LOG = structlog.get_logger()
EXPORTED = "exported"
Occasion = Literal["filed", "added", "closed", "asked"]
MakeRecord = Callable[[Case, Sequence[CaseEvent], datetime], bytes]


@dataclass(frozen=True, slots=True)
class Cut:
    """The chain on disk is not what the store knows."""

    known: int  #: number of the seal that the store knows last
    found: int  #: and that is there last

    def __str__(self) -> str:
        return (
            f"the chain of seals ends at {self.found}, the store knows {self.known}: files were taken away or changed"
        )


class Custody:
    """Adds to the chain and keeps the store in step with it. Any thread, any process of the site."""

    def __init__(self, store: Store, chain: Chain, record: MakeRecord) -> None:
        """`record` makes the record of a case."""
        self._store, self._book, self._chain, self._record = store, store.seals, chain, record
        self._turn = threading.Lock()
        self.cut: Cut | None = None  #: seen at the last turn

    def sync(self) -> None:
        """Take up what the chain has and the store does not know, and look whether the chain still has its end."""
        known = self._known()
        rows = [_row(seal) for seal in self._chain.since(known.seq + 1 if known else 1)]
        if rows:
            self._book.add(rows)
        self._look_for_cut(known)

    def seal(self, case_id: str, *, asked: bool = False) -> Seal | None:
        """Seal a case where it has changed since its last seal; None where it has not, or there is no such case.

        Args:
            case_id: whose.
            asked: somebody wants all that is known now: a new line of the history is change enough.

        Raises:
            PeerFault: store or disk refuse; nothing is half done.
            SiteError: the private key is not fit to be used.
        """
        if self._due(case_id, asked=asked) is None:
            return None
        made: list[Seal] = []

        def make(making: Making) -> What:
            due = self._due(case_id, asked=asked)  # now that nobody else seals
            if due is None:
                raise _NothingToDoError
            case, history, occasion = due
            parts, lacking = parts_of(self._chain.folder, case.evidence)
            data = self._record(case, history, datetime.now(UTC))
            parts.append(record_part(making.write_record(data), data))
            return CaseSealed(
                case=case.id,
                number=case.number,
                occasion=occasion,
                version=case.version,
                lines=_lines(history),
                earlier=self._earlier(case.id),
                parts=tuple(parts),
                lacking=tuple(lacking),
            )

        self._append(make, made.append)
        if made:
            _LOG.info("sealed", case=case_id, seal=made[0].entry.seq)
        return made[0] if made else None

    def hold(self, case: Case, why: str, actor: str) -> None:
        """From now on nothing drops the files of a case."""

        def make(_making: Making) -> What:
            self._book.hold(Hold(case.id, why, actor, datetime.now(UTC)))
            return self._held(case, why, actor, holds=True)

        self._append(make)
        self.note(case, "held", actor, Reason(why, why))

    def release(self, case: Case, why: str, actor: str) -> None:
        """The hold ends; IllegalDeed where there is none."""

        def make(_making: Making) -> What:
            if not any(hold.case_id == case.id for hold in self._book.holds()):
                raise IllegalDeed(f"case {case.number}: is not held")
            return self._held(case, why, actor, holds=False)

        self._append(make)
        self._book.release(case.id)
        self.note(case, "released", actor, Reason(why, why))

    def drop(self, case: Case, why: Reason) -> int | None:
        """Remove the files of a closed case; the bytes that became free, or None where it is open, held or bare."""

        def make(_making: Making) -> What:
            held = any(hold.case_id == case.id for hold in self._book.holds())
            found = self._store.case(case.id)
            if held or found is None or found[0].state in OPEN_STATES or self._book.is_dropped(case.id):
                raise _NothingToDoError
            if not any(row.closed for row in self._sealed(case.id)):
                raise _NothingToDoError  # it will be sealed soon: what was never sealed cannot be said to be gone
            gone = {part.path: part.sha256 for seal in self.sealed(case.id) for part in seal.parts}
            return PartsDropped(
                case=case.id,
                number=case.number,
                earlier=self._earlier(case.id),
                parts=tuple(Gone(path=path, sha256=sha256) for path, sha256 in sorted(gone.items())),
                why_zh=why.zh,
                why_en=why.en,
            )

        made: list[Seal] = []
        self._append(make, made.append)
        if not made:
            return None
        freed = self._remove(case.id, made[0])
        self.note(case, "dropped", "fusion", why)
        return freed

    def drop_on(self) -> int:
        """Finish what somebody began to drop who was killed; the bytes that became free."""
        return sum(self._remove(case_id, self._chain.read(seq)) for case_id, seq in self._book.half_dropped())

    def rotate(self) -> Seal:
        """Sign with a new key from now on."""
        with self._turn:
            self.sync()
            seal = self._chain.rotate(self._known())
            self.sync()
        _LOG.info("audit", what="signing key rotated", seal=seal.entry.seq)
        return seal

    def head(self) -> Head | None:
        """The end of the chain as the store knows it."""
        return self._known()

    def sealed(self, case_id: str) -> list[CaseSealed]:
        """What the seals of a case say, oldest first; SiteError where one is missing or was changed."""
        found = [self._chain.read(row.seq).entry.what for row in self._sealed(case_id)]
        return [what for what in found if isinstance(what, CaseSealed)]

    def note(self, case: Case, deed: str, actor: str, why: Reason) -> None:
        """A line in the history of a case."""
        event = CaseEvent(
            case_id=case.id,
            at=datetime.now(UTC),
            deed=deed,
            actor=actor,
            state=case.state,
            note_zh=why.zh,
            note_en=why.en,
        )
        with self._store.transaction() as unit:
            unit.add_event(event)
        self._store.audit.write(event.at, actor, deed, f"case:{case.id}")
        _LOG.info("audit", what=deed, case=case.number, actor=actor, why=why.en)

    def _append(self, make: Callable[[Making], What], made: Callable[[Seal], None] = lambda _seal: None) -> None:
        def in_step(making: Making) -> What:
            self.sync()  # others may have sealed since, and nobody does now
            return make(making)

        with self._turn:
            try:
                made(self._chain.append(in_step, self._known()))
            except _NothingToDoError:
                return
            self.sync()

    def _due(self, case_id: str, *, asked: bool) -> tuple[Case, Sequence[CaseEvent], Occasion] | None:
        found = self._store.case(case_id)
        if found is None:
            return None
        case, history = found
        sealed = self._sealed(case_id)
        last = sealed[-1] if sealed else None
        occasion: Occasion | None = None
        if self._book.is_dropped(case_id):
            return None
        if case.state not in OPEN_STATES and (last is None or not last.closed or last.version != case.version):
            occasion = "closed"
        elif last is None:
            occasion = "filed"
        elif last.files != len(case.evidence):
            occasion = "added"
        elif asked and (last.lines, last.version) != (_lines(history), case.version):
            occasion = "asked"
        return (case, history, occasion) if occasion else None

    def _held(self, case: Case, why: str, actor: str, *, holds: bool) -> Held:
        earlier = self._earlier(case.id)
        return Held(case=case.id, number=case.number, earlier=earlier, holds=holds, actor=actor, why=why)

    def _remove(self, case_id: str, seal: Seal) -> int:
        what = seal.entry.what
        if not isinstance(what, PartsDropped):
            raise IllegalDeed(f"seal {seal.entry.seq}: drops nothing")
        freed = remove(self._chain.folder, [part.path for part in what.parts])
        self._book.dropped(case_id)
        return freed

    def _sealed(self, case_id: str) -> list[SealRow]:
        return [row for row in self._book.of_case(case_id) if row.kind == "case"]

    def _earlier(self, case_id: str) -> Link | None:
        rows = self._book.of_case(case_id)
        return Link(seq=rows[-1].seq, sha256=rows[-1].sha256) if rows else None

    def _known(self) -> Head | None:
        row = self._book.head()
        return Head(row.seq, row.sha256, row.key, Link(seq=row.keys_seq, sha256=row.keys_sha256)) if row else None

    def _look_for_cut(self, known: Head | None) -> None:
        if known is None:
            return
        try:
            found = self._chain.head()
        except SiteError:
            found = None
        seq = found.seq if found else 0
        before = self.cut
        self.cut = None
        if found is None or seq < known.seq or (seq == known.seq and found.sha256 != known.sha256):
            self.cut = Cut(known.seq, seq)
            if self.cut != before:
                _LOG.error("the chain of seals was cut or its end was changed", known=known.seq, found=seq)


class _NothingToDoError(Exception):
    """Somebody else was first."""


def _row(seal: Seal) -> SealRow:
    what, head = seal.entry.what, head_of(seal)
    row = SealRow(
        seal.entry.seq,
        seal.sha256,
        {KeyMade: "key", CaseSealed: "case", PartsDropped: "dropped", Held: "held"}[type(what)],
        head.key,
        head.keys.seq,
        head.keys.sha256,
        None if isinstance(what, KeyMade) else what.case,
    )
    if not isinstance(what, CaseSealed):
        return row
    files = sum(part.kind not in {METADATA, RECORD} for part in what.parts) + len(what.lacking)
    return row._replace(version=what.version, lines=what.lines, files=files, closed=what.occasion == "closed")


def _lines(history: Sequence[CaseEvent]) -> int:
    return sum(event.deed != EXPORTED for event in history)

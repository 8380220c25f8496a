"""Puts the evidence of one case together for somebody who has nothing else: one ZIP, the same for the same seals."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from fusion.evidence.chain import Chain, place
from fusion.evidence.folder import file_of
from fusion.evidence.keys import Key
from fusion.evidence.package import CONTENTS, PAGE, PUBLIC, Contents, list_of, write_contents
from fusion.evidence.page import page_of
from fusion.evidence.parts import RECORD
from fusion.evidence.record import read_record
from fusion.evidence.seals import CaseSealed, KeyMade, Part, Seal
from fusion.evidence.stored_zip import Content, write_zip
from fusion.handlers.custody import EXPORTED, Custody
from fusion.storage import Store
from fusion.types.case import Case
from fusion.types.errors import IllegalDeed, PeerFault
from fusion.types.signal import Reason

_CHUNK = 1 << 20


class Exporter:
    """Any thread, any process of the site."""

    def __init__(self, store: Store, chain: Chain, custody: Custody) -> None:
        self._store, self._chain, self._custody = store, chain, custody

    def write(self, case: Case, out: BinaryIO, actor: str) -> None:
        """Seal what is new of the case, and write its package.

        Args:
            case: whose.
            out: what is written to; it must let itself be written at an earlier place.
            actor: who wants it; stands in the history of the case, and in the log.

        Raises:
            IllegalDeed: nothing of it was ever sealed, and now its files are dropped.
            PeerFault: store or disk refuse.
            SiteError: a seal was changed, or the private key is not fit to be used.
        """
        self._custody.seal(case.id, asked=True)
        self._custody.sync()
        seals = self._seals([row.seq for row in self._store.seals.of_case(case.id)])
        sealed = [seal.entry.what for seal in seals if isinstance(seal.entry.what, CaseSealed)]
        if not sealed:
            raise IllegalDeed(f"case {case.number}: has no seal, and nothing is left of it to be sealed")
        write_zip(out, self._files(case, seals, sealed))
        self._custody.note(case, EXPORTED, actor, Reason("已出具证据包", "package of evidence given out"))

    def _files(self, case: Case, seals: Sequence[Seal], sealed: Sequence[CaseSealed]) -> dict[str, Content]:
        folder = self._chain.folder
        key_seals = self._seals([row.seq for row in self._store.seals.of_keys()])
        parts = {part.path: part for what in sealed for part in what.parts if file_of(folder, part.path).is_file()}
        key = _key_of(key_seals[-1])
        files: dict[str, Content] = {path: partial(_read, file_of(folder, path)) for path in parts}
        files |= {place(seal.entry.seq): partial(_once, seal.data) for seal in (*key_seals, *seals)}
        files[PUBLIC] = partial(_once, key.pem)
        names = [part.path for part in parts.values() if part.kind == RECORD]
        if names:
            records = [read_record(file_of(folder, name).read_bytes(), name) for name in sorted(names)]
            files[PAGE] = partial(_once, page_of(records, seals, sorted(parts.values(), key=_order), key))
        contents = Contents(
            format="fusion-package/1",
            case=case.id,
            number=case.number,
            last=seals[-1].link,
            key=key.id,
            keys=key_seals[-1].link,
            files=list_of({name: _digest(content) for name, content in files.items()}),
        )
        files[CONTENTS] = partial(_once, write_contents(contents, self._chain.keys.signer(key.id)))
        return files

    def _seals(self, numbers: Sequence[int]) -> list[Seal]:
        return [self._chain.read(number) for number in numbers]


def _key_of(seal: Seal) -> Key:
    what = seal.entry.what
    if not isinstance(what, KeyMade):
        raise IllegalDeed(f"seal {seal.entry.seq}: names no key; wanted: one that does")
    return Key(bytes.fromhex(what.public))


def _order(part: Part) -> tuple[bool, str]:
    return part.kind == RECORD, part.path


def _once(data: bytes) -> Iterator[bytes]:
    yield data


def _read(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise PeerFault(f"evidence {path}: {error.strerror}; wanted: a readable file") from error


def _digest(content: Content) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    for chunk in content():
        found.update(chunk)
        size += len(chunk)
    return found.hexdigest(), size

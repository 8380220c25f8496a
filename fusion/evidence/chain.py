"""The chain of a site's seals on disk: each one file, written whole or not at all, never twice at one place.

Where a seal stands is its file's name, and a name is given once: two writers cannot fork the chain, and one who is
killed leaves a whole seal or none. The current key is what the newest seal says, so changing it is one write, too.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from fusion.evidence.folder import make_folder, refused, write_once, write_whole
from fusion.evidence.keys import Key, KeyFolder, Signer
from fusion.evidence.seals import NOTHING, Entry, KeyMade, Link, Seal, What, make_seal, proof_of, read_seal
from fusion.types.errors import PeerFault, SiteError

CHAIN, RECORDS = "chain", "records"
_A_FOLDER = 1000


class Head(NamedTuple):
    """The end of the chain, and who signs next."""

    seq: int
    sha256: str
    key: str  #: key id
    keys: Link  #: the seal that named it


def head_of(seal: Seal) -> Head:
    """The chain's end when this seal is its last."""
    entry = seal.entry
    if isinstance(entry.what, KeyMade):
        return Head(entry.seq, seal.sha256, Key(bytes.fromhex(entry.what.public)).id, seal.link)
    if entry.keys is None:
        raise SiteError(f"seal {entry.seq}: names no key; wanted: a seal that fusion wrote")
    return Head(entry.seq, seal.sha256, entry.key, entry.keys)


def place(seq: int, folder: str = CHAIN) -> str:
    """Where the seal of a number lies, or the record that goes with it; relative to the evidence folder."""
    return f"{folder}/{seq // _A_FOLDER:06d}/{seq:09d}.json"


class Making:
    """Handed to whoever makes a seal, while nobody else makes one."""

    def __init__(self, folder: Path, seq: int) -> None:
        self._folder = folder
        self.seq = seq  #: the number that the seal will have

    def write_record(self, data: bytes) -> str:
        """Keep the record that the seal will name; its path. Until the seal stands, it counts for nothing."""
        path = place(self.seq, RECORDS)
        make_folder((self._folder / path).parent, self._folder)
        write_whole(self._folder / path, data)
        return path


class Chain:
    """One site's chain; any process of the site may add to it."""

    def __init__(
        self, folder: Path, keys: KeyFolder, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`folder` is the evidence folder."""
        self.folder, self.keys = folder, keys
        self._clock = clock

    def head(self) -> Head | None:
        """Its end; None while it has no seal.

        Raises:
            SiteError: the last file is no seal.
            PeerFault: the disk refuses.
        """
        last = self._last()
        return head_of(self.read(last)) if last else None

    def read(self, seq: int) -> Seal:
        """One seal; SiteError where it is missing or not what fusion writes."""
        path = self.folder / place(seq)
        try:
            return read_seal(path.read_bytes(), place(seq))
        except OSError as error:
            raise SiteError(f"{path}: {error.strerror}; wanted: the seal {seq}") from error

    def since(self, seq: int) -> Iterator[Seal]:
        """All seals from a number on that are there, oldest first."""
        for number in range(seq, self._last() + 1):
            if (self.folder / place(number)).exists():
                yield self.read(number)

    def append(self, make: Callable[[Making], What], known: Head | None = None) -> Seal:
        """Add a seal; when it returns, it is on disk.

        Args:
            make: gives what it says; called once, while nobody else can add one.
            known: the end as the store knows it. Where that is further than what is on disk, seals were taken away:
                the chain goes on from what the store knows, so that the gap stays to be seen.

        Raises:
            SiteError: the private key is missing, or others may read it.
            PeerFault: the disk refuses, or holds no chain though the store knows one.
        """
        try:
            with self._alone():
                head = self._known_head(known) or self._begin()
                return self._add(head, make, self.keys.signer(head.key))
        except OSError as error:
            raise refused(self.folder, error) from error

    def rotate(self, known: Head | None = None) -> Seal:
        """Make a new key, named by a seal that the old one signs; the old private key is destroyed.

        Killed in between, the old key stays in use, or the new one is: a seal says which.
        """
        try:
            with self._alone():
                head = self._known_head(known) or self._begin()
                seal = self._name_key(head, self.keys.signer(head.key), self.keys.make())
                self.keys.keep_only(head_of(seal).key)
                return seal
        except OSError as error:
            raise refused(self.folder, error) from error

    def repair(self) -> None:
        """Remove what a writer left who was killed: drafts, and a record whose seal was never made."""
        try:
            with self._alone():
                last = self._last()
                for folder in {(self.folder / place(seq, kind)).parent for seq in (last, last + 1) for kind in _KINDS}:
                    for draft in folder.glob(".*.part"):
                        draft.unlink(missing_ok=True)
                (self.folder / place(last + 1, RECORDS)).unlink(missing_ok=True)
                if last:
                    self.keys.keep_only(head_of(self.read(last)).key)
        except OSError as error:
            raise refused(self.folder, error) from error

    def _known_head(self, known: Head | None) -> Head | None:
        last = self._last()
        if known is None or last > known.seq:
            return head_of(self.read(last)) if last else None
        if not last:
            raise PeerFault(
                f"evidence folder {self.folder}: holds no seal, and the store knows {known.seq}; "
                "wanted: the folder as it was (is its disk mounted?)"
            )
        return known

    def _begin(self) -> Head:
        signer = self.keys.make()
        return head_of(self._name_key(None, signer, signer))

    def _name_key(self, head: Head | None, signer: Signer, new: Signer) -> Seal:
        entry = self._entry(head, KeyMade(public=new.public.raw.hex()), signer.public.id)
        proof = new.sign(proof_of(entry)).hex()
        return self._write(
            make_seal(msgspec.structs.replace(entry, what=KeyMade(public=new.public.raw.hex(), proof=proof)), signer)
        )

    def _add(self, head: Head, make: Callable[[Making], What], signer: Signer) -> Seal:
        making = Making(self.folder, head.seq + 1)
        (self.folder / place(making.seq, RECORDS)).unlink(missing_ok=True)  # of one who was killed
        return self._write(make_seal(self._entry(head, make(making), signer.public.id), signer))

    def _entry(self, head: Head | None, what: What, key: str) -> Entry:
        return Entry(
            format="fusion-seal/1",
            seq=head.seq + 1 if head else 1,
            previous=head.sha256 if head else NOTHING,
            at=utc_text(self._clock()),
            key=key,
            keys=head.keys if head else None,
            what=what,
        )

    def _write(self, seal: Seal) -> Seal:
        path = self.folder / place(seal.entry.seq)
        make_folder(path.parent, self.folder)
        write_once(path, seal.data)
        return seal

    def _last(self) -> int:
        for folder in sorted(_numbered(self.folder / CHAIN, 6), reverse=True):
            if files := _numbered(folder, 9, ".json"):
                return int(max(files).stem)
        return 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, whatever process or thread it is."""
        self.keys.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.keys.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


_KINDS = (CHAIN, RECORDS)


def utc_text(at: datetime) -> str:
    """A time as seals write it: "2026-11-24T04:00:00.000000Z"."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _numbered(folder: Path, digits: int, suffix: str = "") -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        return []
    stems = (name.removesuffix(suffix) for name in names if name.endswith(suffix))
    return [folder / f"{stem}{suffix}" for stem in stems if len(stem) == digits and stem.isdigit() and stem.isascii()]

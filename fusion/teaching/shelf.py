"""The versions of a site's classifier on disk, and which one is in use.

teaching/in_use.json      {"version": "v3", "sha256": "…"}; version null, or no file: none
teaching/versions/v3.json what `fusion.teaching.classifier` reads; never changed once it is there
teaching/crops/           what they were taught from: personal data, for the owner alone
"""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fusion.teaching.classifier import Classifier, decoded, encoded
from fusion.teaching.embedder import Backbone
from fusion.types.errors import PeerFault, SiteError

_NAME = re.compile(r"v[1-9][0-9]{0,8}")
OFF = "off"


class Choice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """in_use.json."""

    version: str | None
    sha256: str = ""  #: of the version's file, so that a changed one is refused
    asked: bool = False  #: a person chose it: `fusion learn` alone does not switch on what was switched off


@dataclass(frozen=True, slots=True)
class Mark:
    """Tells whether in_use.json was written anew."""

    inode: int
    changed_ns: int
    size: int


class Shelf:
    """The folder `teaching` of a site's data. Written by `fusion learn`, read by every shard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.crops = folder / "crops"
        self._versions, self._chosen = folder / "versions", folder / "in_use.json"

    def mark(self) -> Mark | None:
        """Changes whenever another version is chosen; None while none ever was."""
        try:
            stat = self._chosen.stat()
        except OSError:
            return None
        return Mark(stat.st_ino, stat.st_mtime_ns, stat.st_size)

    def choice(self) -> Choice:
        """What is in use; SiteError where the file is not what `fusion learn` writes."""
        data = _read(self._chosen)
        if data is None:
            return Choice(None)
        try:
            choice = msgspec.json.decode(data, type=Choice)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SiteError(f"{self._chosen}: {str(error)[:200]}; wanted: a version, or null") from error
        if choice.version is not None:
            self._file(choice.version)
        return choice

    def in_use(self, backbone: Backbone) -> tuple[str, Classifier] | None:
        """Name and classifier in use; None: none is. SiteError where it is missing, changed, broken or foreign."""
        choice = self.choice()
        if choice.version is None:
            return None
        data = self._bytes(choice.version)
        if hashlib.sha256(data).hexdigest() != choice.sha256:
            file = self._file(choice.version)
            raise SiteError(f"{file}: changed since it was switched on; wanted: sha256 {choice.sha256[:64]}")
        return choice.version, decoded(data, str(self._file(choice.version)), backbone)

    def names(self) -> list[str]:
        """The versions that there are, oldest first."""
        found = [path.stem for path in self._versions.glob("v*.json") if _NAME.fullmatch(path.stem)]
        return sorted(found, key=lambda name: int(name[1:]))

    def read(self, name: str, backbone: Backbone) -> Classifier:
        """A version; SiteError where there is none of this name, or it is broken or foreign."""
        return decoded(self._bytes(name), str(self._file(name)), backbone)

    def put(self, classifier: Classifier) -> str:
        """Keep a new version; its name. It is not in use yet."""
        data = encoded(classifier)
        number = max((int(name[1:]) for name in self.names()), default=0) + 1
        _make(self.folder)
        _make(self._versions)
        _write(self._file(f"v{number}"), data, new=True)
        return f"v{number}"

    def use(self, name: str, backbone: Backbone, *, asked: bool = False) -> None:
        """Switch a version on, in running shards within seconds; SiteError where it cannot be used."""
        data = self._bytes(name)
        decoded(data, str(self._file(name)), backbone)
        self._choose(Choice(name, hashlib.sha256(data).hexdigest(), asked))

    def off(self) -> None:
        """No version is in use from now on, in running shards within seconds."""
        self._choose(Choice(None, asked=True))

    def _choose(self, choice: Choice) -> None:
        _make(self.folder)
        _write(self._chosen, msgspec.json.encode(choice) + b"\n")

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SiteError(
                f"classifier {name[:40]!r}: no version; wanted: one of {', '.join(self.names()) or 'none yet'}"
            )
        return self._versions / f"{name}.json"

    def _bytes(self, name: str) -> bytes:
        data = _read(self._file(name))
        if data is None:
            there = ", ".join(self.names()) or "none yet"
            raise SiteError(f"{self._file(name)}: missing; wanted: one of {there}")
        return data


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PeerFault(f"{folder}: {error.strerror}; wanted: a folder that can be written") from error


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SiteError(f"{file}: {error.strerror}; wanted: a readable file") from error


def _write(file: Path, data: bytes, *, new: bool = False) -> None:
    """Whole or not at all, for the owner alone."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        if new:
            os.link(draft, file)  # refuses a name that is taken: two may learn at once
            draft.unlink()
        else:
            draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise PeerFault(f"{file}: {error.strerror}; wanted: a folder that can be written and has room") from error

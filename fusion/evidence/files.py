"""The files of a package or store, wherever they lie; links and oddities are refused by name, never followed."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from fusion.types.errors import PeerFault

_CHUNK = 1 << 20


class Files(Protocol):
    """Read-only files by relative POSIX names."""

    #: names that are no plain files, each with what they are
    odd: dict[str, str]

    def names(self) -> set[str]:
        """All plain files."""

    def read(self, name: str, most: int) -> bytes:
        """The first bytes of a file, `most` and one more at most; PeerFault where it cannot be read."""

    def digest(self, name: str) -> tuple[str, int]:
        """sha256 (hexadecimal) and size in bytes; PeerFault where it cannot be read."""


class FolderFiles:
    """The files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.odd: dict[str, str] = {}
        self._names = set(self._walk(folder, ""))

    def names(self) -> set[str]:
        """All plain files."""
        return self._names

    def read(self, name: str, most: int) -> bytes:
        """The first bytes of a file."""
        with self._open(name) as file:
            return file.read(most + 1)

    def digest(self, name: str) -> tuple[str, int]:
        """sha256 and size."""
        with self._open(name) as file:
            found = hashlib.sha256()
            size = 0
            while chunk := file.read(_CHUNK):
                found.update(chunk)
                size += len(chunk)
        return found.hexdigest(), size

    def _walk(self, folder: Path, above: str) -> Iterator[str]:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise PeerFault(f"{folder}: {error.strerror}; wanted: a folder that can be read") from error
        for entry in found:
            name = f"{above}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(folder / entry.name, f"{name}/")
            elif entry.is_file(follow_symlinks=False):
                yield name
            else:
                self.odd[name] = "a link" if entry.is_symlink() else "no plain file"

    def _open(self, name: str) -> BinaryIO:
        path = self._folder / name
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise PeerFault(f"{path}: {error.strerror}; wanted: a file that can be read") from error
        return os.fdopen(handle, "rb")

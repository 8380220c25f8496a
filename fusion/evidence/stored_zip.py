"""A ZIP in the one form that fusion writes: stored, dated 1980, no extras; the same files give the same bytes.

(PKWARE APPNOTE 6.3.10: local headers 4.3.7, central directory 4.3.12, its end 4.3.16.)

What is read must have that form byte for byte. So nothing is ever unpacked that could grow, no name leads anywhere,
and a byte that was changed between the files is found as well as one in them.
"""

import hashlib
import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from fusion.evidence.seals import is_safe
from fusion.types.errors import PeerFault, SiteError

LARGEST = 0xFFFF_0000  #: bytes; beyond it a ZIP needs another form
_MOST_FILES = 20_000
_CHUNK = 1 << 20
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_DATE = 0x0021  # 1980-01-01
_VERSION, _BY_UNIX = 20, (3 << 8) | 20
_PLAIN = (stat.S_IFREG | 0o644) << 16

Content = Callable[[], Iterator[bytes]]


class _Row(NamedTuple):
    """A file in the archive."""

    name: str
    crc: int
    size: int
    offset: int  #: of its local header

    @property
    def local(self) -> bytes:
        raw = self.name.encode("ascii")
        head = (b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, self.crc, self.size, self.size, len(raw), 0)
        return _LOCAL.pack(*head) + raw

    @property
    def central(self) -> bytes:
        raw = self.name.encode("ascii")
        sizes = (self.crc, self.size, self.size, len(raw))
        head = (b"PK\x01\x02", _BY_UNIX, _VERSION, 0, 0, 0, _DATE, *sizes, 0, 0, 0, 0, _PLAIN, self.offset)
        return _CENTRAL.pack(*head) + raw


def write_zip(out: BinaryIO, files: Mapping[str, Content]) -> None:
    """Write files, in the order of their names.

    Args:
        out: what is written to; it must let itself be written at an earlier place.
        files: for each name, how to read it in pieces.

    Raises:
        SiteError: they are too many or too large for one ZIP, or a name is not harmless.
    """
    rows = []
    for name in sorted(files):
        if not is_safe(name):
            raise SiteError(f"{name[:200]!r}: no name for a file of a package")
        row = _Row(name, 0, 0, out.tell())
        out.write(row.local)
        crc = size = 0
        for chunk in files[name]():
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            out.write(chunk)
        row = row._replace(crc=crc, size=size)
        rows.append(row)
        if out.tell() > LARGEST or len(rows) > _MOST_FILES:
            raise SiteError("package: more than a ZIP of 4 GiB or 20,000 files can hold; wanted: fewer files")
        out.seek(row.offset)
        out.write(row.local)
        out.seek(0, os.SEEK_END)
    out.write(_tail(rows, out.tell()))


def _tail(rows: list[_Row], start: int) -> bytes:
    directory = b"".join(row.central for row in rows)
    return directory + _END.pack(b"PK\x05\x06", 0, 0, len(rows), len(rows), len(directory), start, 0)


class ZipFiles:
    """The files of such a ZIP; close it after use."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            SiteError: it is no ZIP, or not in the form that fusion writes; `odd` could not be told.
            PeerFault: it cannot be read.
        """
        self.odd: dict[str, str] = {}  #: entries that are refused, each with the reason
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise PeerFault(f"{path}: {error.strerror}; wanted: a file that can be read") from error
        self._rows: dict[str, _Row] = {}
        try:
            self._read(path.name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def names(self) -> set[str]:
        """All entries that are plain files."""
        return set(self._rows)

    def read(self, name: str, most: int) -> bytes:
        """The first bytes of an entry."""
        row = self._rows[name]
        self._file.seek(row.offset + len(row.local))
        return self._file.read(min(row.size, most + 1))

    def digest(self, name: str) -> tuple[str, int]:
        """sha256 and size; SiteError where the ZIP's own check sum says otherwise."""
        row = self._rows[name]
        self._file.seek(row.offset + len(row.local))
        found, crc, left = hashlib.sha256(), 0, row.size
        while left and (chunk := self._file.read(min(left, _CHUNK))):
            found.update(chunk)
            crc, left = zlib.crc32(chunk, crc), left - len(chunk)
        if crc != row.crc:
            self.odd[name] = "its check sum in the ZIP is another"
        return found.hexdigest(), row.size - left

    def _read(self, name: str) -> None:
        size = self._file.seek(0, os.SEEK_END)
        wanted = "wanted: a ZIP as fusion writes it (unpack others, and check the folder)"
        if not _END.size <= size <= LARGEST + _MOST_FILES * 300:
            raise SiteError(f"{name}: {size} bytes; {wanted}")
        self._file.seek(size - _END.size)
        magic, _, _, _, count, length, start, _ = _END.unpack(self._file.read(_END.size))
        if magic != b"PK\x05\x06" or start + length + _END.size != size or length > _MOST_FILES * 300:
            raise SiteError(f"{name}: no end of a ZIP where it must be; {wanted}")
        self._file.seek(start)
        tail = self._file.read()
        self._list(tail[: -_END.size])
        if self.odd:
            return
        rows = list(self._rows.values())
        if len(rows) != count or tail != _tail(rows, start) or not self._lies_so(rows, start):
            raise SiteError(f"{name}: its directory is not as fusion writes it, or was changed; {wanted}")

    def _list(self, directory: bytes) -> None:
        """Take the directory's entries, or say why not."""
        at = 0
        while at + _CENTRAL.size <= len(directory):
            entry = _CENTRAL.unpack_from(directory, at)
            length, extra, comment = entry[10:13]
            at += _CENTRAL.size
            name = directory[at : at + length].decode("utf-8", "backslashreplace")
            at += length + extra + comment
            if why := _why_not(name, method=entry[4], mode=entry[15] >> 16, twice=name in self._rows):
                self.odd[name] = why
            else:
                self._rows[name] = _Row(name, entry[7], entry[9], entry[16])

    def _lies_so(self, rows: list[_Row], start: int) -> bool:
        """Whether the files lie one behind the other, each with the header that it must have."""
        at = 0
        for row in rows:
            self._file.seek(at)
            if row.offset != at or self._file.read(len(row.local)) != row.local:
                return False
            at += len(row.local) + row.size
        return at == start


def _why_not(name: str, *, method: int, mode: int, twice: bool) -> str | None:
    if not is_safe(name):
        return "its name leads elsewhere, or is none that fusion gives"
    if twice:
        return "stands twice"
    if stat.S_ISLNK(mode):
        return "is a link"
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        return "is no plain file"
    return "is compressed, and could unpack to anything" if method else None

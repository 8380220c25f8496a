"""The evidence folder on disk: whole files or none, no name that leads out of it, and room left for the store."""

import errno
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from fusion.types.errors import PeerFault, SiteError

#: what a file system without hard links says
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}


def file_of(folder: Path, path: str) -> Path:
    """A path relative to the evidence folder as a file in it, links followed; the file may be missing.

    Raises:
        SiteError: the path is absolute or leads out of the folder.
    """
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\0" in path or not relative.parts:
        raise SiteError(f"evidence {path[:100]!r}: leads out of the evidence folder; wanted: a path inside it")
    root = folder.resolve()
    found = (root / relative).resolve()
    if not found.is_relative_to(root):
        raise SiteError(f"evidence {path[:100]!r}: leads out of the evidence folder; wanted: a path inside it")
    return found


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write on the folder's disk."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def write_all(folder: Path, day: str, files: Mapping[str, bytes], reserve_bytes: int = 0) -> None:
    """Write new files into the folder's sub-folder `day`, durably, in order; the last one completes the set.

    Each is written beside its place, synced, and then named, so that a crash leaves whole files only.

    Args:
        folder: made where it is missing.
        day: the name of the sub-folder.
        files: by name.
        reserve_bytes: what must stay free on the disk, so that the store and the chain of seals find room.

    Raises:
        PeerFault: the disk refuses (full, read-only, gone); what was written of the set is removed again.
    """
    target = folder / day
    named: list[Path] = []
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        _leave(folder, reserve_bytes, sum(map(len, files.values())))
        for name, data in files.items():
            write_whole(target / name, data)
            named.append(target / name)
        sync_folder(target)
        sync_folder(folder)
    except OSError as error:
        for path in named:
            with suppress(OSError):
                path.unlink()
        raise refused(folder, error) from error


def _leave(folder: Path, reserve_bytes: int, coming_bytes: int) -> None:
    if reserve_bytes and free_bytes(folder) - coming_bytes < reserve_bytes:
        raise OSError(errno.ENOSPC, f"No space left but the {reserve_bytes >> 20} MiB that are kept for the store")


def refused(folder: Path, error: OSError) -> PeerFault:
    """The disk's refusal in one line."""
    wrong = error.strerror or type(error).__name__
    return PeerFault(f"evidence folder {folder}: {wrong}; wanted: a folder that can be written and has room")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place, sync it, and name it; what stood there before is replaced. Raises OSError."""
    draft = write_draft(path, data)
    try:
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def write_once(path: Path, data: bytes) -> None:
    """The same, but FileExistsError where something has the name already."""
    draft = write_draft(path, data)
    try:
        os.link(draft, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links: the lock that the writer holds has to do.
        if path.exists():
            raise FileExistsError(errno.EEXIST, "File exists", str(path)) from error
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_draft(path: Path, data: bytes) -> Path:
    """Write and sync a file under a hidden name beside the given one. Raises OSError, and leaves nothing then."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, below: Path) -> None:
    """Make a folder and those above it, down from `below`, so that their names last. Raises OSError."""
    if folder.is_dir():
        return
    below.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    while folder != below:
        folder = folder.parent
        sync_folder(folder)

"""The evidence folder on disk: whole files or none, and no name that leads out of it."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from fusion.types.errors import PeerFault, SiteError


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


def write_all(folder: Path, day: str, files: Mapping[str, bytes]) -> None:
    """Write new files into the folder's sub-folder `day`, durably, in order; the last one completes the set.

    Each is written beside its place, synced, and then named, so that a crash leaves whole files only.

    Raises:
        PeerFault: the disk refuses (full, read-only, gone); what was written of the set is removed again.
    """
    target = folder / day
    named: list[Path] = []
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in files.items():
            _write(target / name, data)
            named.append(target / name)
        _sync_folder(target)
        _sync_folder(folder)
    except OSError as error:
        for path in named:
            with suppress(OSError):
                path.unlink()
        wrong = error.strerror or type(error).__name__
        raise PeerFault(
            f"evidence folder {folder}: {wrong}; wanted: a folder that can be written and has room"
        ) from error


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

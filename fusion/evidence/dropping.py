"""Removes files from the evidence folder, and says which of them nobody needs."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from fusion.evidence.folder import file_of, refused

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ID = re.compile(r"(.+)-(plain|annotated|main|annotated_main|clip)\.(?:jpg|mp4)")


def remove(folder: Path, paths: Iterable[str]) -> int:
    """Remove files; the bytes that became free. Those that are gone already are passed over.

    Raises:
        PeerFault: the disk refuses.
    """
    freed = 0
    for path in paths:
        file = file_of(folder, path)
        try:
            freed += file.stat().st_size
            file.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise refused(folder, error) from error
    return freed


def tidy(folder: Path, before: datetime) -> None:
    """Remove the folders of days that are empty, and were so before then (aware)."""
    for day in folder.glob("????-??-??"):
        if _DAY.fullmatch(day.name) and _kept_at(day) < before:
            with suppress(OSError):
                day.rmdir()


def sets_of(folder: Path, before: datetime) -> Iterator[dict[str, str]]:
    """What was kept before then (aware), the oldest day first: paths that belong together, by their evidence ids.

    The metadata of a set stands in it under the id "". What is not named as fusion names it is left alone.
    """
    if not folder.is_dir():
        return
    for day in sorted(path for path in folder.iterdir() if _DAY.fullmatch(path.name) and path.is_dir()):
        sets: dict[str, dict[str, str]] = {}
        for file in sorted(day.iterdir()):
            match = _ID.fullmatch(file.name)
            if match and not file.is_symlink() and _kept_at(file) < before:
                stem = match.group(1)
                sets.setdefault(stem, {"": f"{day.name}/{stem}.json"})[file.stem] = f"{day.name}/{file.name}"
        yield from sets.values()


def _kept_at(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)

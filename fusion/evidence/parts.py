"""The files of a case as they lie on disk now, for its seal."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from fusion.evidence.folder import file_of
from fusion.evidence.keep import metadata_path
from fusion.evidence.seals import Lack, Part
from fusion.types.errors import PeerFault
from fusion.types.signal import EvidenceRef

METADATA, RECORD = "metadata", "record"
_JSON = "application/json"


def parts_of(folder: Path, refs: Sequence[EvidenceRef]) -> tuple[list[Part], list[Lack]]:
    """Each file with the metadata beside it; and those that are missing, or not what was kept.

    Raises:
        PeerFault: the disk refuses.
    """
    parts: dict[str, Part] = {}
    lacking = []
    for ref in refs:
        found = _hashed(folder, ref.path)
        if found is None or found[0] != ref.sha256:
            lacking.append(Lack(path=ref.path, sha256=ref.sha256, why="changed" if found else "missing"))
        else:
            parts[ref.path] = part(ref.path, found, ref.kind, ref.media_type)
        beside = metadata_path(ref)
        if beside not in parts and (said := _hashed(folder, beside)) is not None:
            parts[beside] = part(beside, said, METADATA, _JSON)
    return [parts[path] for path in sorted(parts)], lacking


def record_part(path: str, data: bytes) -> Part:
    """The record of a case as a part of it."""
    return part(path, (hashlib.sha256(data).hexdigest(), len(data)), RECORD, _JSON)


def part(path: str, found: tuple[str, int], kind: str, media_type: str) -> Part:
    """A part by its path, sha256 and size."""
    return Part(path=path, sha256=found[0], size=found[1], kind=kind, media_type=media_type)


def _hashed(folder: Path, path: str) -> tuple[str, int] | None:
    try:
        with file_of(folder, path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, file.tell()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PeerFault(f"evidence {path}: {error.strerror}; wanted: a readable file") from error

"""Keeps snapshots and says later whether they are still what was kept."""

import hashlib
import json
import re
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fusion.evidence.annotate import annotated
from fusion.evidence.facts import FORMAT, SnapshotFacts, clip_metadata_of, drawing_of, metadata_of
from fusion.evidence.folder import file_of, write_all
from fusion.evidence.jpeg import bgr_of, jpeg_of
from fusion.types.errors import PeerFault, SiteError
from fusion.types.picture import Picture
from fusion.types.signal import EvidenceRef


class Verdict(StrEnum):
    """Whether a kept file is what was kept."""

    INTACT = "intact"
    CHANGED = "changed"  #: its bytes are not those that were hashed
    MISSING = "missing"
    METADATA = "metadata"  #: the picture is intact, but its metadata is missing, no JSON, or says otherwise


def keep_snapshot(
    folder: Path,
    picture: Picture,
    facts: SnapshotFacts,
    timezone: ZoneInfo,
    *,
    main: bool = False,
    reserve_bytes: int = 0,
) -> tuple[EvidenceRef, EvidenceRef]:
    """Keep a picture plain and annotated, with one JSON of metadata beside them; blocks until they are on disk.

    Args:
        folder: the evidence folder; made where it is missing. The files go into a folder for the local day.
        picture: read here and not kept.
        facts: what the picture shows.
        timezone: of the site, for the day and the caption.
        main: the picture comes from the terminal's main stream.
        reserve_bytes: what must stay free on the disk.

    Returns:
        The plain and the annotated file.

    Raises:
        PeerFault: the disk refuses; nothing is left behind.
    """
    stem = _stem(picture.at, facts.terminal.id)
    day = f"{picture.at.astimezone(timezone):%Y-%m-%d}"
    plain = bgr_of(picture)
    marked = annotated(plain, drawing_of(facts, picture.at, timezone))
    kinds = ("main", "annotated_main") if main else ("plain", "annotated")
    files: dict[str, bytes] = {}
    refs: list[EvidenceRef] = []
    for kind, bgr in zip(kinds, (plain, marked), strict=True):
        data = jpeg_of(bgr)
        name = f"{stem}-{kind}"
        files[f"{name}.jpg"] = data
        refs.append(EvidenceRef(name, kind, f"{day}/{name}.jpg", hashlib.sha256(data).hexdigest(), picture.at))
    sizes = [len(data) for data in files.values()]
    metadata = metadata_of(facts, picture, timezone, zip(refs, sizes, strict=True))
    files[f"{stem}.json"] = json.dumps(metadata, ensure_ascii=False, indent=1).encode()
    write_all(folder, day, files, reserve_bytes)
    return refs[0], refs[1]


def keep_clip(
    folder: Path, data: bytes, facts: SnapshotFacts, at: datetime, timezone: ZoneInfo, reserve_bytes: int = 0
) -> EvidenceRef:
    """Keep an MP4 of a terminal's original packets, with its metadata beside it; blocks until they are on disk.

    Args:
        folder: the evidence folder.
        data: the file.
        facts: what it shows.
        at: when its last picture was taken (aware).
        timezone: of the site, for the day.
        reserve_bytes: what must stay free on the disk.

    Raises:
        PeerFault: the disk refuses; nothing is left behind.
    """
    stem, day = _stem(at, facts.terminal.id), f"{at.astimezone(timezone):%Y-%m-%d}"
    name = f"{stem}-clip"
    digest = hashlib.sha256(data).hexdigest()
    ref = EvidenceRef(name, "clip", f"{day}/{name}.mp4", digest, at, media_type="video/mp4")
    metadata = clip_metadata_of(facts, at, timezone, ref, len(data))
    document = json.dumps(metadata, ensure_ascii=False, indent=1).encode()
    write_all(folder, day, {f"{name}.mp4": data, f"{stem}.json": document}, reserve_bytes)
    return ref


def keep_view(
    folder: Path,
    data: bytes,
    kind: str,
    facts: SnapshotFacts,
    at: datetime,
    timezone: ZoneInfo,
    reserve_bytes: int = 0,
) -> EvidenceRef:
    """Keep one more JPEG of a terminal's place, "before" or "after", with its metadata; blocks until on disk.

    Args:
        folder: the evidence folder.
        data: the file.
        kind: of the picture; part of its name.
        facts: what it is evidence of.
        at: when it was taken (aware).
        timezone: of the site, for the day.
        reserve_bytes: what must stay free on the disk.

    Raises:
        PeerFault: the disk refuses; nothing is left behind.
    """
    stem, day = _stem(at, facts.terminal.id), f"{at.astimezone(timezone):%Y-%m-%d}"
    name = f"{stem}-{kind}"
    ref = EvidenceRef(name, kind, f"{day}/{name}.jpg", hashlib.sha256(data).hexdigest(), at)
    document = json.dumps(clip_metadata_of(facts, at, timezone, ref, len(data)), ensure_ascii=False, indent=1)
    write_all(folder, day, {f"{name}.jpg": data, f"{stem}.json": document.encode()}, reserve_bytes)
    return ref


def verify(folder: Path, ref: EvidenceRef) -> Verdict:
    """Read the file again and compare it with its reference and with the metadata beside it.

    Raises:
        SiteError: the reference leads out of the folder.
        PeerFault: the file is there but cannot be read.
    """
    data = _read(file_of(folder, ref.path))
    if data is None:
        return Verdict.MISSING
    if hashlib.sha256(data).hexdigest() != ref.sha256:
        return Verdict.CHANGED
    said = _entry(_read(file_of(folder, metadata_path(ref))), ref.path)
    return Verdict.INTACT if said.get("sha256") == ref.sha256 and said.get("id") == ref.id else Verdict.METADATA


def metadata_path(ref: EvidenceRef) -> str:
    """Where the metadata of a kept file stands, relative to the evidence folder."""
    return ref.path.rpartition(f"-{ref.kind}.")[0] + ".json"


def read_metadata(folder: Path, ref: EvidenceRef) -> dict[str, Any]:
    """The document beside a kept file; SiteError where it is missing or not what fusion writes."""
    path = metadata_path(ref)
    document = _parsed(_read(file_of(folder, path)))
    if document.get("format") != FORMAT:
        raise SiteError(f"evidence {path}: missing or no {FORMAT} document; wanted: the JSON that was kept")
    return document


def _stem(when: datetime, terminal_id: str) -> str:
    """Sorts by time; the token makes it unique, and of the id only harmless letters enter."""
    at = when.astimezone(UTC)
    harmless = re.sub(r"[^A-Za-z0-9-]+", "_", terminal_id)[:40]
    return f"{at:%Y%m%dT%H%M%S}_{at.microsecond // 1000:03}-{harmless}-{secrets.token_hex(8)}"


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PeerFault(f"evidence {file}: {error.strerror}; wanted: a readable file") from error


def _parsed(data: bytes | None) -> dict[str, Any]:
    try:
        document = json.loads(data or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _entry(data: bytes | None, path: str) -> dict[str, Any]:
    files = _parsed(data).get("files")
    entries = [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    return next((entry for entry in entries if entry.get("path") == path), {})

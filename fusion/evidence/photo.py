"""A photo from somebody's phone: checked, coded anew, and kept. Of its metadata only time and place are taken."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from fusion.evidence.exif import PhotoFacts, facts_of
from fusion.evidence.facts import FORMAT
from fusion.evidence.folder import write_all
from fusion.evidence.image_header import header_of
from fusion.evidence.jpeg import Bgr, jpeg_of
from fusion.types.errors import SiteError
from fusion.types.signal import EvidenceRef

LARGEST_BYTES: Final = 8 * 1024 * 1024
KIND: Final = "photo"
_MOST_PX: Final = 64_000_000  # a phone's 64 megapixels; decoded that is 192 MB
_LONGEST_SIDE_PX: Final = 2560
_SMALLEST_PX: Final = 16


@dataclass(frozen=True, slots=True)
class Photo:
    """A checked photo."""

    jpeg: bytes  #: coded anew by us, without any metadata
    size_px: tuple[int, int]
    facts: PhotoFacts
    original_sha256: str  #: of the bytes as they came, which are not kept


def checked_photo(data: bytes) -> Photo:
    """A JPEG or PNG, upright as its Exif says, at most 2560 pixels long, as a JPEG of ours.

    Raises:
        SiteError: too large, neither JPEG nor PNG, too many pixels, or it does not decode.
    """
    if len(data) > LARGEST_BYTES:
        raise SiteError(f"photo: {len(data)} bytes; wanted: {LARGEST_BYTES} at most")
    header = header_of(data)
    width, height = header.size_px
    if width * height > _MOST_PX or min(width, height) < _SMALLEST_PX:
        raise SiteError(f"photo: {width}×{height} pixels; wanted: {_SMALLEST_PX} a side to {_MOST_PX // 10**6} million")
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        decoded = None
    if decoded is None:
        raise SiteError("photo: does not decode; wanted: a whole JPEG or PNG")
    bgr = _bounded(np.asarray(decoded, np.uint8))
    digest = hashlib.sha256(data).hexdigest()
    return Photo(jpeg_of(bgr), (bgr.shape[1], bgr.shape[0]), facts_of(header.exif), digest)


def keep_photo(folder: Path, photo: Photo, owner: str, at: datetime, timezone: ZoneInfo) -> EvidenceRef:
    """Keep it with its metadata beside it; the same photo of the same owner is the same file.

    Args:
        folder: the evidence folder.
        photo: what is kept.
        owner: the id of the report that it belongs to.
        at: when it was taken, as far as the report says (aware).
        timezone: of the site, for the day.

    Raises:
        PeerFault: the disk refuses; nothing is left behind.
    """
    name = hashlib.sha256(f"{owner}\0{photo.original_sha256}".encode()).hexdigest()[:24]
    stem, day = f"{at.astimezone(UTC):%Y%m%dT%H%M%S}-report-{name}", f"{at.astimezone(timezone):%Y-%m-%d}"
    digest = hashlib.sha256(photo.jpeg).hexdigest()
    ref = EvidenceRef(f"{stem}-{KIND}", KIND, f"{day}/{stem}-{KIND}.jpg", digest, at)
    metadata = json.dumps(_metadata(photo, ref, owner), ensure_ascii=False, indent=1).encode()
    write_all(folder, day, {f"{stem}-{KIND}.jpg": photo.jpeg, f"{stem}.json": metadata})
    return ref


def _metadata(photo: Photo, ref: EvidenceRef, owner: str) -> dict[str, Any]:
    facts = photo.facts
    entry = {"id": ref.id, "kind": ref.kind, "path": ref.path, "sha256": ref.sha256, "bytes": len(photo.jpeg)}
    said = {"taken_at": facts.taken_at and facts.taken_at.isoformat(), "lon": facts.lon, "lat": facts.lat}
    return {
        "format": FORMAT,
        "files": [entry | {"media_type": ref.media_type}],
        "size_px": list(photo.size_px),
        "at": ref.at.astimezone(UTC).isoformat(),
        "report": owner,
        "photo": said | {"datum": facts.datum, "original_sha256": photo.original_sha256},
    }


def _bounded(bgr: Bgr) -> Bgr:
    longest = max(bgr.shape[:2])
    if longest <= _LONGEST_SIDE_PX:
        return bgr
    scale = _LONGEST_SIDE_PX / longest
    return np.asarray(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)

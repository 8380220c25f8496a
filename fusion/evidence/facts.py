"""What a snapshot is evidence of, as the caption under it and as the metadata beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fusion.evidence.annotate import Drawing, drawable
from fusion.types.picture import Picture
from fusion.types.place import Place
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Reason
from fusion.types.terminal import Terminal
from fusion.types.zone import Zone

FORMAT = "fusion-snapshot/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFacts:
    """Everything that is said of one snapshot."""

    terminal: Terminal  #: its addresses are never written
    kind: str  #: event kind
    reason: Reason
    met_at: datetime  #: when the rule was met
    signal_id: str
    thing_id: str
    box: Box  #: around the thing
    others: tuple[tuple[Box, str], ...] = ()  #: what else was detected, with class names
    zone: Zone | None = None
    place: Place | None = None
    grid_id: str | None = None
    small_grid_id: str | None = None
    model: str = ""  #: the detector's name
    model_sha256: str = ""


def drawing_of(facts: SnapshotFacts, at: datetime, timezone: ZoneInfo) -> Drawing:
    """Boxes, outline and caption of a picture of time `at`."""
    grid = " / ".join(part for part in (facts.grid_id, facts.small_grid_id) if part) or "none"
    zone = f"{facts.zone.id} ({facts.zone.kind})" if facts.zone else "none"
    local = at.astimezone(timezone)
    return Drawing(
        boxes=((facts.box, facts.kind), *facts.others),
        outline=facts.zone.polygon if facts.zone else (),
        caption=(
            f"{local:%Y-%m-%d %H:%M:%S} UTC{local:%z}   {facts.terminal.id}   grid {grid}   zone {zone}   {facts.kind}",
            _with_ids(facts),
        ),
    )


def _with_ids(facts: SnapshotFacts) -> str:
    """The English sentence with ids where names of the site stand that cannot be drawn."""
    said = facts.reason.en
    for named in (facts.zone, facts.terminal):
        if named is not None and named.name and drawable(named.name) != named.name:
            said = said.replace(repr(named.name), named.id).replace(named.name, named.id)
    return said


def metadata_of(
    facts: SnapshotFacts, picture: Picture, timezone: ZoneInfo, files: Iterable[tuple[EvidenceRef, int]]
) -> dict[str, Any]:
    """The JSON document beside the pictures; `files` are the references with their sizes in bytes."""
    return {"format": FORMAT, "size_px": list(picture.size_px), **_metadata(facts, picture.at, timezone, files)}


def clip_metadata_of(
    facts: SnapshotFacts, at: datetime, timezone: ZoneInfo, ref: EvidenceRef, size: int
) -> dict[str, Any]:
    """The JSON document beside a clip whose last picture is of time `at`; `size` in bytes."""
    original = not facts.terminal.masks.private  # else it was coded again, with what is private grey
    return {"format": FORMAT, "original_packets": original, **_metadata(facts, at, timezone, [(ref, size)])}


def _metadata(
    facts: SnapshotFacts, at: datetime, timezone: ZoneInfo, files: Iterable[tuple[EvidenceRef, int]]
) -> dict[str, Any]:
    terminal, zone = facts.terminal, facts.zone
    return {
        "files": [
            {"id": ref.id, "kind": ref.kind, "path": ref.path, "sha256": ref.sha256, "bytes": size}
            | {"media_type": ref.media_type}
            for ref, size in files
        ],
        "at": _utc(at),
        "at_local": at.astimezone(timezone).isoformat(),
        "terminal": {"id": terminal.id, "name": terminal.name, "point": list(terminal.point)},
        "grid": facts.grid_id,
        "small_grid": facts.small_grid_id,
        "place": facts.place and {"point": list(facts.place.point), "uncertainty_m": facts.place.uncertainty_m},
        "zone": zone and {"id": zone.id, "name": zone.name, "kind": zone.kind, "polygon": zone.polygon},
        "privacy_masks": terminal.masks.private,  # grey in the picture
        "kind": facts.kind,
        "signal": facts.signal_id,
        "thing": facts.thing_id,
        "met_at": _utc(facts.met_at),
        "reason": {"zh": facts.reason.zh, "en": facts.reason.en, "data": facts.reason.data},
        "box": facts.box,
        "others": facts.others,
        "model": {"name": facts.model, "sha256": facts.model_sha256},
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()

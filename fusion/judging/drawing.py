"""Draws on a picture what was seen and what is true: for the report, not evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fusion.evidence.annotate import drawable
from fusion.evidence.jpeg import Bgr, bgr_of, jpeg_of
from fusion.types.picture import Picture
from fusion.types.sighting import Box, Track
from fusion.types.zone import Zone

WIDEST_PX = 960
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SIGNAL_BGR, _TRUE_BGR, _TRACK_BGR = (57, 57, 229), (84, 168, 64), (230, 230, 230)
_ZONES_BGR = {"no_stall": (0, 190, 255), "no_dumping": (235, 160, 60)}
_ZONE_BGR = (200, 200, 120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is drawn; boxes in shares of the picture, with a short label."""

    zones: Sequence[Zone] = ()
    true: Sequence[tuple[Box, str]] = ()  #: green
    told: Sequence[tuple[Box, str]] = ()  #: red, bold
    tracks: Sequence[Track] = ()  #: thin and white


def drawn(picture: Picture, marks: Marks) -> bytes:
    """JPEG, `WIDEST_PX` wide at most."""
    bgr = bgr_of(picture)
    width, height = picture.size_px
    if width > WIDEST_PX:
        size = (WIDEST_PX, max(1, round(height * WIDEST_PX / width)))
        bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale = bgr.shape[1] / WIDEST_PX
    for zone in marks.zones:
        _outline(bgr, zone)
    for track in marks.tracks:
        _box(bgr, track.box, "", _TRACK_BGR, 1, scale)
    for box, label in marks.true:
        _box(bgr, box, label, _TRUE_BGR, max(1, round(2 * scale)), scale)
    for box, label in marks.told:
        _box(bgr, box, label, _SIGNAL_BGR, max(2, round(3 * scale)), scale)
    return jpeg_of(bgr, 82)


def _outline(bgr: Bgr, zone: Zone) -> None:
    height, width = bgr.shape[:2]
    corners = np.round(np.clip(zone.polygon, 0, 1) * (width - 1, height - 1)).astype(np.int32)
    colour = _ZONES_BGR.get(zone.kind, _ZONE_BGR)
    cv2.polylines(bgr, [corners], isClosed=True, color=colour, thickness=1, lineType=cv2.LINE_AA)


def _box(bgr: Bgr, box: Box, label: str, colour: tuple[int, int, int], thick: int, scale: float) -> None:
    height, width = bgr.shape[:2]
    sides = np.clip(np.asarray(box), 0, 1) * (width - 1, height - 1, width - 1, height - 1)
    left, top, right, bottom = (round(float(side)) for side in sides)
    cv2.rectangle(bgr, (left, top), (right, bottom), colour, thick, cv2.LINE_AA)
    text = drawable(label)
    if not text:
        return
    size = max(0.4, 0.55 * scale)
    (wide, high), below = cv2.getTextSize(text, _FONT, size, 1)
    left = max(0, min(left, width - wide - 4))
    base = top - below if top > high + 2 * below else min(height - below, bottom + high + below)
    cv2.rectangle(bgr, (left, base - high - 3), (left + wide + 4, base + below), colour, cv2.FILLED)
    cv2.putText(bgr, text, (left + 2, base), _FONT, size, (255, 255, 255), 1, cv2.LINE_AA)

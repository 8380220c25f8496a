"""Draws on a copy of a snapshot what fusion saw: boxes, the zone's outline, and a caption below the picture.

OpenCV's built-in strokes know ASCII only, and no font with Chinese is light enough to ship. So a picture carries
ids, codes and the English sentence; names and the Chinese sentence stand in the metadata and on the page.
A `Drawing` holds nothing else than what can be drawn: see `drawable`.
"""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fusion.evidence.jpeg import Bgr
from fusion.types.sighting import Box

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_ZONE_BGR = (0, 200, 255)
_BOX_BGR = (60, 60, 255)
_PAPER_BGR = (32, 28, 24)
_INK_BGR = (240, 240, 240)
_LOOK_ALIKES = {
    ord(letter): plain for letter, plain in zip("–—×“”‘’、。·", ("-", "-", "x", *"\"\"''", ",", ".", "-"), strict=True)
}
_UNDRAWABLE = re.compile(r"[^ -~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What is drawn on one snapshot; every text in it is printable ASCII, whatever it was made with."""

    boxes: tuple[tuple[Box, str], ...] = ()  #: with a short label; the first is the thing itself, drawn bold
    outline: tuple[tuple[float, float], ...] = ()  #: the zone's corners, shares of the picture
    caption: tuple[str, ...] = ()  #: paragraphs under the picture

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", tuple((box, drawable(label)) for box, label in self.boxes))
        object.__setattr__(self, "caption", tuple(drawable(text) for text in self.caption))


def drawable(text: str) -> str:
    """The text in printable ASCII: look-alikes are written plainly, what has none (Chinese, say) is left out as "..".

    Whoever has an id or an English word for a name puts that in its place before; see `facts.drawing_of`.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LOOK_ALIKES))
    return _UNDRAWABLE.sub("..", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def annotated(bgr: Bgr, drawing: Drawing) -> Bgr:
    """A new picture, uint8 [height + caption, width, 3]; the caption covers nothing of what the camera saw."""
    height, width = bgr.shape[:2]
    size = max(0.35, width / 1600)
    picture = bgr.copy()
    if len(drawing.outline) >= 3:
        corners = np.round(np.clip(drawing.outline, 0, 1) * (width - 1, height - 1)).astype(np.int32)
        cv2.polylines(picture, [corners], isClosed=True, color=_ZONE_BGR, thickness=_stroke(size), lineType=cv2.LINE_AA)
    for index, (box, label) in reversed(list(enumerate(drawing.boxes))):
        _draw_box(picture, box, label, size, bold=index == 0)
    band = _caption(drawing.caption, width, size)
    return np.vstack([picture, band]) if band is not None else picture


def _stroke(size: float) -> int:
    return max(1, round(2 * size))


def _draw_box(picture: Bgr, box: Box, label: str, size: float, *, bold: bool) -> None:
    height, width = picture.shape[:2]
    sides = np.clip(np.asarray(box), 0, 1) * (width - 1, height - 1, width - 1, height - 1)
    left, top, right, bottom = (round(float(side)) for side in sides)
    cv2.rectangle(picture, (left, top), (right, bottom), _BOX_BGR, _stroke(size) * (2 if bold else 1), cv2.LINE_AA)
    if not label:
        return
    (text_px, rise_px), descent_px = cv2.getTextSize(label, _FONT, size, 1)
    # Above the box where there is room, else inside it; never beyond the right edge.
    base = top - descent_px if top >= rise_px + 2 * descent_px else top + rise_px + descent_px
    left = max(0, min(left, width - text_px))
    cv2.rectangle(picture, (left, base - rise_px - 2), (left + text_px, base + descent_px), _BOX_BGR, cv2.FILLED)
    cv2.putText(picture, label, (left, base), _FONT, size, _INK_BGR, 1, cv2.LINE_AA)


def _caption(paragraphs: Sequence[str], width: int, size: float) -> Bgr | None:
    letter_px = cv2.getTextSize("n" * 100, _FONT, size, 1)[0][0] / 100
    line_px = round(34 * size) + 2
    columns = max(20, int((width - 2 * letter_px) / letter_px))
    lines = [line for text in paragraphs for line in textwrap.wrap(text, columns)]
    if not lines:
        return None
    band = np.full((line_px * len(lines) + line_px // 2, width, 3), _PAPER_BGR, np.uint8)
    for index, line in enumerate(lines, start=1):
        cv2.putText(band, line, (round(letter_px), line_px * index), _FONT, size, _INK_BGR, 1, cv2.LINE_AA)
    return band

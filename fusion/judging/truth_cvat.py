"""CVAT for video 1.1: an XML file of one clip's tracks (https://docs.cvat.ai/docs/manual/advanced/xml_format/)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

from fusion.judging.truth import Truth
from fusion.judging.truth_tracks import ZONE_KINDS, LabelledTrack, truth_of
from fusion.types.errors import SiteError
from fusion.types.sighting import Box
from fusion.types.zone import Zone

_STEP = re.compile(r"step\s*=\s*(\d+)")
_MOST_BOXES = 5_000_000


class CvatFile:
    """What the file says, before the clip's rate is known."""

    def __init__(self, file: Path) -> None:
        """Read it; nothing of it is expanded or fetched.

        Raises:
            SiteError: it is no XML of this form; names the file, the line and what is wanted.
        """
        self.file = file
        self.clip = ""
        self._size_px: tuple[float, float] | None = None
        self._first, self._step = 0, 1
        self._tracks: list[LabelledTrack] = []
        self._zones: list[Zone] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._attribute = ""
        self._meta: dict[str, str] = {}
        self._boxes = 0
        self._parser = expat.ParserCreate()
        self._parse(file)

    def truth(self, fps: float, kinds: Mapping[str, str]) -> Truth:
        """With the frames a second of its clip, and what its labels are; see `truth_of`."""
        tracks = [track for track in self._tracks if track.boxes]
        return truth_of(self.clip, tracks, tuple(self._zones), fps, kinds)

    def _parse(self, file: Path) -> None:
        parser = self._parser
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        try:
            parser.Parse(file.read_bytes(), True)
        except expat.ExpatError as error:
            raise self._error(f"no XML: {expat.ErrorString(error.code)}", error.lineno) from error
        except OSError as error:
            raise SiteError(f"{file}: {error.strerror}; wanted: a readable XML file") from error
        if not self._tracks and not self._zones and "version" not in self._meta:
            raise self._error("holds no tracks", 1)

    def _refuse(self, *_: Any) -> int:
        raise self._error("declares a document type or entities")

    def _error(self, wrong: str, line: int | None = None) -> SiteError:
        where = self._parser.CurrentLineNumber if line is None else line
        return SiteError(f"{self.file}:{where}: {wrong}; wanted: an export in the form “CVAT for video 1.1”")

    def _start(self, name: str, given: dict[str, str]) -> None:
        self._path.append(name)
        self._text.clear()
        if len(self._path) == 1 and name != "annotations":
            raise self._error(f"begins with <{name[:40]}>")
        if name == "image":
            raise self._error("holds single images")
        if name == "track":
            self._tracks.append(LabelledTrack(given.get("id", str(len(self._tracks))), given.get("label", "")))
        elif name == "box" and "track" in self._path:
            self._box(given)
        elif name == "polygon" and "track" in self._path:
            self._polygon(given)
        elif name == "attribute":
            self._attribute = given.get("name", "")

    def _end(self, name: str) -> None:
        text = "".join(self._text).strip()
        if "meta" in self._path:
            self._meta.setdefault(name, text)
            if name == "meta":
                self._read_meta()
        elif name == "attribute" and self._attribute == "left" and text.lower() in {"true", "1", "yes"}:
            track = self._tracks[-1] if self._tracks else None
            if track is not None and track.left_frame is None and track.boxes:
                track.left_frame = track.boxes[-1][0]
        elif name == "version" and len(self._path) == 2:
            self._meta["version"] = text
            if not text.startswith("1."):
                raise self._error(f"is version {text[:20]!r}")
        self._path.pop()
        self._text.clear()

    def _read_meta(self) -> None:
        meta = self._meta
        self.clip = Path(meta.get("source", "").replace("\\", "/")).name
        self._size_px = (self._number(meta, "width"), self._number(meta, "height"))
        self._first = int(self._number(meta, "start_frame", "0"))
        step = _STEP.search(meta.get("frame_filter", ""))
        self._step = max(1, int(step.group(1))) if step else 1

    def _frame(self, given: dict[str, str]) -> int:
        return self._first + self._step * int(self._number(given, "frame"))

    def _box(self, given: dict[str, str]) -> None:
        self._boxes += 1
        if self._boxes > _MOST_BOXES:
            raise self._error(f"more than {_MOST_BOXES} boxes")
        if given.get("outside") == "1":
            return
        width, height = self._picture()
        sides = [self._number(given, key) for key in ("xtl", "ytl", "xbr", "ybr")]
        box = Box(sides[0] / width, sides[1] / height, sides[2] / width, sides[3] / height)
        self._tracks[-1].boxes.append((self._frame(given), box))

    def _polygon(self, given: dict[str, str]) -> None:
        """The first polygon of a track whose label is a kind of zone is that zone."""
        label = self._tracks[-1].label
        name = f"{label} {self._tracks[-1].id}"
        if label not in ZONE_KINDS or any(zone.name == name for zone in self._zones):
            return
        width, height = self._picture()
        try:
            corners = [tuple(map(float, pair.split(","))) for pair in given.get("points", "").split(";")]
            polygon = tuple((x / width, y / height) for x, y in corners)
        except ValueError as error:
            raise self._error("a polygon's points are not x,y;x,y;…") from error
        if len(polygon) < 3:
            raise self._error("a polygon has fewer than three corners")
        self._zones.append(Zone(id=f"Z{len(self._zones) + 1}", name=name, kind=label, polygon=polygon))

    def _picture(self) -> tuple[float, float]:
        if self._size_px is None:
            raise self._error("tracks come before <meta> with <original_size>")
        return self._size_px

    def _number(self, given: Mapping[str, str], key: str, default: str = "") -> float:
        text = given.get(key) or default
        try:
            value = float(text)
        except ValueError as error:
            raise self._error(f"{key} is {text[:40]!r}, no number") from error
        if not 0 <= abs(value) < 1e7 or (key in {"width", "height"} and value <= 0):
            raise self._error(f"{key} is {text[:40]!r}")
        return value

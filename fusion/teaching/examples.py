"""Crops with their classes: taken from marked cases, kept in a folder, read from folders that people bring."""

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote

import cv2
import numpy as np

from fusion.teaching.classes import check_class
from fusion.teaching.crops import Image, cut
from fusion.teaching.marks import marked_as
from fusion.types.case import Case, CaseEvent, CaseState
from fusion.types.errors import PeerFault, SiteError
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef

_NAME = re.compile(r"(?P<terminal>.+)_(?P<day>\d{4}-\d{2}-\d{2})_(?P<rest>[^_]+)\.jpe?g")
_LARGEST_BYTES = 4 * 1024 * 1024
_PAGE = 200
_MARKED = (CaseState.REJECTED, CaseState.HANDLED, CaseState.CLOSED)
_QUALITY = 95
_SOFS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG's start-of-frame markers (ITU-T T.81)
_MOST_PX = 16_000_000  #: a picture of more is not decoded


class Cases(Protocol):
    """What is asked of the store."""

    def cases(self, *, states: Sequence[CaseState], limit: int, offset: int) -> list[Case]:
        """Cases in these states."""

    def case(self, case_id: str) -> tuple[Case, list[CaseEvent]] | None:
        """A case with its history, oldest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A kept picture, as it was when the finding was told."""

    jpeg: bytes
    box: Box  #: of the thing
    day: date  #: local


#: the plain snapshot of a reference, or None where it is gone, changed, or without its metadata
Open = Callable[[EvidenceRef], Snapshot | None]


@dataclass(frozen=True, slots=True)
class Example:
    """One crop."""

    word: str  #: class
    terminal: str
    day: date
    path: Path
    sha256: str  #: of the file

    @property
    def group(self) -> str:
        """Crops of one terminal and day resemble each other: they are held out together."""
        return f"{self.terminal} {self.day}"

    def crop(self) -> Image:
        """Its picture, BGR; SiteError where it is none."""
        return decoded_jpeg(read_file(self.path), str(self.path))


@dataclass(slots=True)
class Gathered:
    """What `gather` found."""

    added: int = 0  #: new crops
    moved: int = 0  #: crops of cases that were marked otherwise meanwhile
    unmarked: int = 0  #: cases of which nobody said whether they were right
    no_picture: int = 0  #: marked cases without an intact plain snapshot and its box
    by_class: dict[str, int] = field(default_factory=dict)  #: marked cases


def gather(store: Cases, snapshot: Open, crops: Path) -> Gathered:
    """Cut the crops of all cases that people marked since, into `crops`/CLASS/TERMINAL_DAY_CASE.jpg.

    Raises:
        PeerFault: the store is away, or the disk refuses.
    """
    found = Gathered()
    for case, history in _marked_cases(store):
        word = marked_as(case, history)
        if word is None:
            found.unmarked += 1
            continue
        found.by_class[word] = found.by_class.get(word, 0) + 1
        known = [path for path in crops.glob(f"*/*_{quote(case.id, safe='')}.jpg") if path.is_file()]
        if known:
            found.moved += _moved(known[0], crops / word)
            continue
        picture = next((s for ref in case.evidence if ref.kind == "plain" and (s := snapshot(ref)) is not None), None)
        if picture is None or case.terminal_id is None:
            found.no_picture += 1
            continue
        crop = cut(decoded_jpeg(picture.jpeg, f"snapshot of case {case.number}"), picture.box)
        name = f"{quote(case.terminal_id, safe='')}_{picture.day}_{quote(case.id, safe='')}.jpg"
        keep_crop(crops / word / name, crop)
        found.added += 1
    return found


def _marked_cases(store: Cases) -> Iterator[tuple[Case, list[CaseEvent]]]:
    """All at the time of asking; one that changes meanwhile may come twice or wait for the next time."""
    offset = 0
    while page := store.cases(states=_MARKED, limit=_PAGE, offset=offset):
        offset += len(page)
        for case in page:
            found = store.case(case.id)
            if found is not None:
                yield found


def read_crops(folder: Path) -> list[Example]:
    """The examples of a folder CLASS/TERMINAL_DAY_ANYTHING.jpg, in order of their paths; no folder gives none.

    Raises:
        SiteError: a sub-folder that is no class, or a file whose name tells no terminal and day.
    """
    found: list[Example] = []
    for place in sorted(folder.iterdir()) if folder.is_dir() else []:
        if place.name.startswith(".") or not place.is_dir():
            continue
        word = check_class(place.name, f"crops {place}")
        found += [_example(word, path) for path in sorted(place.glob("*.jp*g")) if path.is_file()]
    return found


def _example(word: str, path: Path) -> Example:
    name = _NAME.fullmatch(path.name)
    try:
        day = date.fromisoformat(name["day"]) if name else None
    except ValueError:
        day = None
    if name is None or day is None:
        raise SiteError(f"crop {path}: wanted a name such as T-0017_2026-11-24_1.jpg: terminal, day and anything")
    return Example(word, unquote(name["terminal"]), day, path, hashlib.sha256(read_file(path)).hexdigest())


def unique(examples: Sequence[Example]) -> list[Example]:
    """Each picture once; SiteError where one has two classes."""
    known: dict[str, Example] = {}
    for example in examples:
        other = known.setdefault(example.sha256, example)
        if other.word != example.word:
            raise SiteError(f"crop {example.path}: {example.word}, and {other.word} as {other.path}; wanted: one class")
    return list(known.values())


def forget(crops: Path, before: date) -> int:
    """Remove crops of days before this; how many. They are pictures of people, and are not kept for ever."""
    old = [example for example in read_crops(crops) if example.day < before]
    for example in old:
        example.path.unlink(missing_ok=True)
    return len(old)


def keep_crop(path: Path, crop: Image) -> None:
    """Write a crop for the owner alone; PeerFault where the disk refuses."""
    draft = path.with_name(f".{secrets.token_hex(8)}.part")
    _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    try:
        for folder in reversed([folder for folder in path.parents if not folder.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)  # `parents=True` would leave those above open to all
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data.tobytes())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise PeerFault(f"crop {path}: {error.strerror}; wanted: a folder that can be written and has room") from error


def _moved(path: Path, place: Path) -> int:
    if path.parent == place:
        return 0
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.replace(place / path.name)
    return 1


def read_file(path: Path) -> bytes:
    """Its bytes; SiteError where it cannot be read or is far too large for a crop."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise SiteError(f"crop {path}: over {_LARGEST_BYTES} bytes; wanted: a crop")
        return path.read_bytes()
    except OSError as error:
        raise SiteError(f"crop {path}: {error.strerror}; wanted: a readable JPEG") from error


def decoded_jpeg(data: bytes, what: str) -> Image:
    """A JPEG as BGR; SiteError where it is none, or decodes to more than 16 million pixels."""
    size_px = _size_of(data)
    if size_px is None or not 0 < size_px[0] * size_px[1] <= _MOST_PX:
        raise SiteError(f"{what}: no JPEG of 1 to {_MOST_PX} pixels; wanted: one")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise SiteError(f"{what}: a broken JPEG; wanted: a whole one")
    return np.asarray(image, np.uint8)


def _size_of(data: bytes) -> tuple[int, int] | None:
    """(width, height) as a JPEG's start-of-frame segment says; None where there is none."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in _SOFS:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + length
    return None

"""Finds the truth of each clip: one file, or a folder of files, in any of the forms that are read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from fusion.ingest.probe import probe
from fusion.judging.truth import Truth
from fusion.judging.truth_coco import CocoFile
from fusion.judging.truth_cvat import CvatFile
from fusion.judging.truth_json import TruthDocument, documents
from fusion.types.errors import SiteError

_LARGEST_BYTES = 256 << 20
_STREAMS = (".sub", ".main")  #: a clip may be named after its stream, its truth is of both
_WANTED = "wanted: a truth file (JSON of fusion's format 1 or 2, COCO-style JSON, or CVAT for video 1.1 as XML)"


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip with its truth."""

    path: Path
    truth: Truth
    main: Path | None = None  #: the finer stream of the same view, which bursts look at

    @property
    def name(self) -> str:
        """Without the folder and the ending."""
        return bare(self.path)


@dataclass(frozen=True, slots=True)
class _Known:
    """A truth that a file holds; some forms count in frames and need the clip's rate."""

    file: Path
    clip: str  #: empty: the clip with the truth file's name
    read: Callable[[Path], Truth]  #: given the clip


def bare(path: Path) -> str:
    """A file's name without its ending and without the stream's name before that."""
    stem = path.stem
    return next((stem.removesuffix(stream) for stream in _STREAMS if stem.endswith(stream)), stem)


def with_truth(clips: Sequence[Path], truth: Path, kinds: Mapping[str, str]) -> list[Clip]:
    """Each clip with its truth.

    Args:
        clips: files or folders that `read_file` takes.
        truth: one file, or a folder in which every .json and .xml is a truth.
        kinds: label of an annotation → kind of event; see `truth_of`.

    Raises:
        SiteError: a truth file is not what is wanted, or a clip has none; names the file.
    """
    known = [entry for file in _files(truth) for entry in _known(file, kinds)]
    names = [path.name for path in clips]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SiteError(f"{twice}: two clips are called so; wanted: names that differ, or two judgements")
    return [
        Clip(path, replace(_of(path, known, truth, only=len(clips) == 1), clip=path.name), _main(path))
        for path in _subs(clips)
    ]


def _subs(clips: Sequence[Path]) -> list[Path]:
    """Without the main streams of clips whose sub-stream is there too: one event is judged once."""
    there = set(clips)
    return [path for path in clips if not (path.stem.endswith(".main") and _twin(path, ".main", ".sub") in there)]


def _twin(path: Path, old: str, new: str) -> Path:
    return path.with_name(path.stem.removesuffix(old) + new + path.suffix)


def _main(path: Path) -> Path | None:
    main = _twin(path, ".sub", ".main") if path.stem.endswith(".sub") else None
    return main if main is not None and main.is_file() else None


def _files(truth: Path) -> list[Path]:
    if truth.is_file():
        return [truth]
    if not truth.is_dir():
        raise SiteError(f"{truth}: no such file or folder; {_WANTED}, or a folder of them")
    files = sorted(file for file in truth.iterdir() if file.suffix.lower() in {".json", ".xml"} and file.is_file())
    if not files:
        raise SiteError(f"{truth}: no .json or .xml in this folder; {_WANTED}, or a folder of them")
    return files


def _of(path: Path, known: Sequence[_Known], truth: Path, *, only: bool) -> Truth:
    by_clip = [entry for entry in known if entry.clip and entry.clip in {path.name, f"{bare(path)}{path.suffix}"}]
    by_name = [entry for entry in known if not entry.clip and bare(entry.file) == bare(path)]
    found = by_clip or by_name
    if not found and only and len(known) == 1:
        found = list(known)  # one clip, one truth: whatever they are called
    if not found:
        raise SiteError(
            f'{path}: no truth for it in {truth}; wanted: a truth file whose "clip" is {path.name!r}, '
            f"or one that is called {bare(path)}.json"
        )
    if len(found) > 1:
        raise SiteError(f"{path}: two truths, in {found[0].file} and in {found[1].file}; wanted: one")
    return found[0].read(path)


def _known(file: Path, kinds: Mapping[str, str]) -> Iterator[_Known]:
    if file.stat().st_size > _LARGEST_BYTES:
        raise SiteError(f"{file}: larger than {_LARGEST_BYTES >> 20} MiB; {_WANTED}")
    if file.suffix.lower() == ".xml":
        cvat = CvatFile(file)
        yield _Known(file, cvat.clip, lambda clip: cvat.truth(_fps(clip), kinds))
        return
    for number, value in enumerate(documents(_json(file))):
        where = f"{number}." if number else ""
        if not isinstance(value, dict):
            raise SiteError(f"{file}: {where.rstrip('.') or 'the file'} is no object; {_WANTED}")
        if "images" in value and "annotations" in value:
            yield from _coco(file, value, kinds)
        else:
            yield _own(file, value, where)


def _json(file: Path) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError as error:
        raise SiteError(f"{file}: no JSON: {error}; {_WANTED}") from error
    except (OSError, RecursionError) as error:
        raise SiteError(f"{file}: cannot be read: {error}; {_WANTED}") from error


def _own(file: Path, value: dict[str, Any], where: str) -> _Known:
    try:
        document = TruthDocument.model_validate(value)
    except ValidationError as error:
        raise _refused(file, where, error) from error
    truth = document.truth(file)
    return _Known(file, truth.clip, lambda _: truth)


def _coco(file: Path, value: dict[str, Any], kinds: Mapping[str, str]) -> Iterator[_Known]:
    try:
        document = CocoFile.model_validate(value)
    except ValidationError as error:
        raise _refused(file, "", error) from error
    for clip, fps in document.clips.items():
        yield _Known(file, clip, partial(_of_coco, document, file, clip, fps, kinds))


def _of_coco(
    document: CocoFile, file: Path, clip: str, fps: float | None, kinds: Mapping[str, str], path: Path
) -> Truth:
    return document.truth(file, clip, fps or _fps(path), kinds)


def _refused(file: Path, where: str, error: ValidationError) -> SiteError:
    """The first fault in words; a misread format would make hundreds."""
    first, count = error.errors(include_url=False, include_context=False)[0], error.error_count()
    key = where + ".".join(map(str, first["loc"]))
    more = f" (and {count - 1} more)" if count > 1 else ""
    wrong = first["msg"].removeprefix("Value error, ")
    return SiteError(f"{file}: {key or 'the file'}: {wrong}{more}; {_WANTED}")


def _fps(clip: Path) -> float:
    found = probe(clip).fps if clip.is_file() else 1.0
    if not found:
        raise SiteError(f"{clip}: says no pictures a second; wanted: a clip on which frames can be counted in time")
    return found

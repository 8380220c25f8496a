"""A register of entries (terminals, workers, …) with the place in its file of each."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from fusion.plugins import Config
from fusion.settings.marks import Loc, Marked, read_yaml
from fusion.settings.problems import Problem, from_validation
from fusion.types.errors import SiteError

_ENTRY = TypeVar("_ENTRY", bound=Config)
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Row(Generic[_ENTRY]):
    """One entry and where it stands."""

    entry: _ENTRY
    document: Marked
    loc: Loc

    def problem(self, wrong: str, *path: str | int) -> Problem:
        """A fault of this entry, at a path below it."""
        return problem_at(self.document, (*self.loc, *path), wrong)


def problem_at(document: Marked, loc: Loc, wrong: str) -> Problem:
    """A fault at a path of a document."""
    return Problem(document.file, document.line(loc), ".".join(map(str, loc)), wrong)


def read_marked(file: Path) -> Marked:
    """A YAML file in which `${NAME}` is the environment's NAME, so that passwords need not stand in files."""
    document = read_yaml(file)

    def put_in(value: Any, loc: Loc) -> Any:
        if isinstance(value, dict):
            return {key: put_in(entry, (*loc, key)) for key, entry in value.items()}
        if isinstance(value, list):
            return [put_in(entry, (*loc, index)) for index, entry in enumerate(value)]
        if not isinstance(value, str):
            return value
        for name in _VARIABLE.findall(value):
            if name not in os.environ:
                where = f"{document.file}:{document.line(loc)}: {'.'.join(map(str, loc))}"
                raise SiteError(f"{where}: ${{{name}}} is not set; wanted: the environment variable {name}")
        return _VARIABLE.sub(lambda match: os.environ[match.group(1)], value)

    return Marked(document.file, put_in(document.data, ()), document.lines)


def read_table(file: Path, kind: type[_ENTRY], problems: list[Problem], key: str = "id") -> list[Row[_ENTRY]]:
    """The entries of a file that are well; what is wrong with the others is added to `problems`."""
    document = read_marked(file)
    if not isinstance(document.data, list):
        found = "nothing" if document.data is None else type(document.data).__name__
        problems.append(Problem(file, 1, "", f"found {found}; wanted: a list, one entry a line"))
        return []
    rows = (_row(raw, kind, document, (index,), problems) for index, raw in enumerate(document.data))
    return list(_once((row for row in rows if row is not None), key, problems))


def _row(raw: Any, kind: type[_ENTRY], document: Marked, loc: Loc, problems: list[Problem]) -> Row[_ENTRY] | None:
    try:
        return Row(kind.model_validate(raw), document, loc)
    except ValidationError as error:
        problems += from_validation(error, document, loc, kind.model_fields)
        return None


def _once(rows: Iterator[Row[_ENTRY]], key: str, problems: list[Problem]) -> Iterator[Row[_ENTRY]]:
    seen: set[object] = set()
    for row in rows:
        name = getattr(row.entry, key)
        if name in seen:
            problems.append(row.problem(f"{name} stands twice; wanted: once", key))
            continue
        seen.add(name)
        yield row

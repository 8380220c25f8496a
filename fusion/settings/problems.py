"""What is wrong with a site's files: every fault with file, line and key, not only the first."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from fusion.settings.marks import Marked
from fusion.types.errors import SiteError

_SECRET = re.compile(r"password|token|secret|key|url|sub|main", re.IGNORECASE)
_WANTED = {
    "extra_forbidden": "no such key here; wanted: one of {valid}",
    "missing": "missing; wanted: a value",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of one file."""

    file: Path
    line: int  #: 1-based; 0 where the file as a whole is meant
    key: str  #: dotted, such as "rules.0.dwell"; empty for the whole file
    wrong: str  #: what was wrong and what is wanted

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{where}: {self.key}: {self.wrong}" if self.key else f"{where}: {self.wrong}"


class SiteProblems(SiteError):
    """All problems of a site, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def _may_quote(loc: tuple[str | int, ...], value: object) -> bool:
    """Short plain values help the reader; an address or a password is never said back."""
    return isinstance(value, str | int | float) and not _SECRET.search(str(loc[-1:])) and "://" not in str(value)


def from_validation(
    error: ValidationError, document: Marked, prefix: tuple[str | int, ...] = (), valid: Iterable[str] = ()
) -> list[Problem]:
    """Pydantic's errors as problems with the line of the key that they speak of."""
    problems = []
    for entry in error.errors(include_url=False, include_context=False):
        loc = prefix + tuple(entry["loc"])
        wrong = _WANTED.get(entry["type"], entry["msg"].removeprefix("Value error, "))
        if entry["type"] == "extra_forbidden":
            wrong = wrong.format(valid=", ".join(sorted(valid)) or "the documented keys")
        elif entry["type"] not in _WANTED and _may_quote(loc, entry["input"]):
            wrong = f"{wrong}, found {entry['input']!r}" if "found" not in wrong else wrong
        problems.append(Problem(document.file, document.line(loc), ".".join(map(str, loc)), wrong))
    return problems

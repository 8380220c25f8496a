"""Entries whose `kind` names a plug-in: rules, sensors and notifiers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from fusion.plugins import Config, Registry
from fusion.settings.marks import Loc, Marked
from fusion.settings.problems import Problem, from_validation
from fusion.settings.tables import Row, problem_at


def rows_of(
    registry: Registry,
    entries: Iterable[tuple[Loc, Mapping[str, Any]]],
    document: Marked,
    problems: list[Problem],
) -> Iterator[Row[Config]]:
    """The entries that are well; a kind or key that is unknown is a problem that lists the valid ones.

    Args:
        registry: where the kinds are registered.
        entries: each entry with its path in the document.
        document: the file that names them.
        problems: added to.
    """
    for loc, raw in entries:
        try:
            kind = registry.config(raw.get("kind"))
        except ValueError as error:
            problems.append(problem_at(document, (*loc, "kind"), str(error)))
            continue
        try:
            yield Row(kind.model_validate(raw), document, loc)
        except ValidationError as error:
            problems += from_validation(error, document, loc, kind.model_fields)

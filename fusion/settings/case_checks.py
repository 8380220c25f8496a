"""What the code table and the routes of cases name that the site does not have."""

from collections.abc import Collection, Iterator, Sequence

from fusion.incidents.codes import CasesConfig, CodeEntry
from fusion.settings.marks import Loc, Marked
from fusion.settings.problems import Problem
from fusion.settings.tables import Row, problem_at


def of_codes(rows: Sequence[Row[CodeEntry]], kinds: Collection[str], platforms: Collection[str]) -> Iterator[Problem]:
    """Kinds and platforms of the code table."""
    for row in rows:
        if row.entry.kind not in kinds:
            yield row.problem(f"kind {row.entry.kind} has no entry under kinds", "kind")
        if row.entry.platform not in platforms:
            yield row.problem(_no_platform(row.entry.platform, platforms), "platform")


def of_routes(
    document: Marked, cases: CasesConfig, kinds: Collection[str], grids: Collection[str] | None
) -> Iterator[Problem]:
    """Kinds, grids and platforms of routes; `grids` is None where they could not be read."""
    if cases.default_platform not in cases.platforms:
        wrong = _no_platform(cases.default_platform, cases.platforms)
        yield problem_at(document, ("cases", "default_platform"), wrong)
    for number, route in enumerate(cases.routes):
        here: Loc = ("cases", "routes", number)
        for kind in route.kinds:
            if kind not in kinds:
                yield problem_at(document, (*here, "kinds"), f"kind {kind} has no entry under kinds")
        for grid in route.grids:
            if grids is not None and grid not in grids:
                yield problem_at(document, (*here, "grids"), f"grid {grid} is not in the site's grids")
        for platform in (route.platform, *route.with_):
            if platform not in cases.platforms:
                yield problem_at(document, (*here, "platform"), _no_platform(platform, cases.platforms))


def _no_platform(name: str, platforms: Collection[str]) -> str:
    return f"{name} is no platform of the site; valid: {', '.join(platforms)}"

"""The register of terminals, read again while the site runs; everything else stays as it was at the start."""

from fusion.settings.checks import of_terminals
from fusion.settings.problems import Problem, SiteProblems
from fusion.settings.registers import TerminalEntry
from fusion.settings.site import Site
from fusion.settings.tables import read_table
from fusion.types.terminal import Terminal


def reread_terminals(site: Site) -> tuple[Terminal, ...]:
    """The terminals as their file says now.

    Raises:
        SiteProblems: every fault in it, with line and key; nothing of it is to be used then.
    """
    problems: list[Problem] = []
    datum = site.config.site.datum
    rows = read_table(site.folder / site.config.files.terminals, TerminalEntry, problems)
    problems += of_terminals(rows, {grid.id for grid in site.grids}, datum)
    if problems:
        raise SiteProblems(problems)
    return tuple(row.entry.terminal(datum) for row in rows)

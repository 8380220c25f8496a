"""`fusion check`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from fusion.settings.parts import problems_of
from fusion.settings.problems import Problem, SiteProblems
from fusion.settings.site import json_schema, read_site


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion check configs/demo")(check)


def check(
    folder: Annotated[Path | None, typer.Argument(help="The site's folder with site.yaml.")] = None,
    *,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of site.yaml, for editors.")] = False,
) -> None:
    """Check a site's folder and say every error with file, line and key."""
    if schema:
        print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
        return
    if folder is None:
        raise typer.BadParameter("wanted: a site's folder, or --schema", param_hint="FOLDER")
    try:
        site = read_site(folder)
    except SiteProblems as error:
        _refuse(folder, error.problems)
    if problems := problems_of(site):
        _refuse(folder, problems)
    connected = sum(terminal.connected for terminal in site.terminals)
    print(
        f"{folder}: well. {len(site.terminals)} terminals ({connected} connected), {len(site.grids)} grids, "
        f"{len(site.workers)} workers, {len(site.rules)} rules, {_counted(len(site.sensors), 'sensor')}, "
        f"{_counted(len(site.notifiers), 'notifier')} beside MQTT"
    )


def _refuse(folder: Path, problems: Sequence[Problem]) -> NoReturn:
    for problem in problems:
        print(problem)
    typer.echo(f"fusion: {folder}: {_counted(len(problems), 'error')}", err=True)
    raise typer.Exit(2)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

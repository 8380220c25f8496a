"""`fusion check`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fusion.settings.problems import SiteProblems
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
        for problem in error.problems:
            print(problem)
        typer.echo(f"fusion: {folder}: {len(error.problems)} errors", err=True)
        raise typer.Exit(2) from error
    connected = sum(terminal.connected for terminal in site.terminals)
    print(
        f"{folder}: well. {len(site.terminals)} terminals ({connected} connected), {len(site.grids)} grids, "
        f"{len(site.workers)} workers, {len(site.rules)} rules"
    )

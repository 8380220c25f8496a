"""`fusion run`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fusion.app.run import run as run_site
from fusion.cli.progress import progress
from fusion.cli.sites import demo_zone
from fusion.rehearsal.companion import phones
from fusion.settings.site import read_site


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion run configs/demo")(run)


def run(
    folder: Annotated[
        Path | None, typer.Argument(help="The site's folder with site.yaml; the demo zone if left out.")
    ] = None,
) -> None:
    """Run a site: read its terminals, fuse, alert, and serve the command room."""
    site = read_site(folder or demo_zone())
    if folder is None:
        # The demo zone may lie among installed packages, where nothing is to be written.
        site = replace(site, data_override=Path.cwd() / "var" / "demo")
    with progress() as step:
        run_site(site, say=step.say, progress=step.at, companion=phones if site.fleet else None)

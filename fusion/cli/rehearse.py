"""`fusion rehearse`."""

import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from fusion.cli.files import write_text
from fusion.cli.progress import progress
from fusion.cli.sites import demo_zone
from fusion.rehearsal.rehearse import Part
from fusion.rehearsal.rehearse import rehearse as rehearse_site
from fusion.settings.site import read_site


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion rehearse --seconds 120 --report report.json")(rehearse)


def rehearse(
    scenario: Annotated[
        Path | None, typer.Argument(help="A site's folder with a fleet; the demo zone if left out.")
    ] = None,
    *,
    seconds: Annotated[float, typer.Option(min=30, max=86_400, help="How long to look.")] = 120,
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON.")] = None,
    stop: Annotated[
        list[Part] | None, typer.Option(help="Stop a part for --stop-for seconds, after a third of the time.")
    ] = None,
    stop_for: Annotated[float, typer.Option(min=1, max=600)] = 20,
    keep: Annotated[Path | None, typer.Option(help="Keep the data (store, evidence, logs) in this folder.")] = None,
) -> None:
    """Rehearse a demo zone without its page: real streams, real phones' messages, compared with the truth."""
    site = read_site(scenario or demo_zone())
    with tempfile.TemporaryDirectory(prefix="fusion-") as folder, progress() as step:
        found = rehearse_site(
            site, keep or Path(folder), seconds, step.at, breaks=tuple(stop or ()), broken_for_s=stop_for
        )
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    if report is not None:
        write_text(report, text + "\n")
    print(text)
    if found.fault:
        typer.echo(f"fusion: rehearsal: {'; '.join(found.fault)}", err=True)
        raise typer.Exit(1)

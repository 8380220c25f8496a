"""`fusion watch`."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from fusion.app.watch import Told, Watch, WatchOptions
from fusion.cli.files import write_text
from fusion.cli.progress import progress
from fusion.ingest.redact import redacted
from fusion.types.errors import SiteError
from fusion.types.zone import Zone

_NUMBER = re.compile(r"^(0(\.\d+)?|1(\.0+)?|\.\d+)$")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion watch street.mp4 --dwell 60 --residue 20 --fast --out evidence")(watch)


def watch(
    sources: Annotated[list[str], typer.Argument(help="RTSP addresses, video files, or folders of them.")],
    *,
    zone: Annotated[
        list[str] | None, typer.Option(help="x,y x,y x,y … in shares 0-1 of the picture; may be given again.")
    ] = None,
    dwell: Annotated[float, typer.Option(min=1, help="Seconds that somebody must stay.")] = 60,
    residue: Annotated[float, typer.Option(min=0.5, help="Seconds that a thing must lie after its bringer left.")] = 20,
    every: Annotated[float, typer.Option(min=0.04, max=60, help="Seconds of a file between looks.")] = 0.5,
    fast: Annotated[bool, typer.Option("--fast", help="Files as fast as they decode, on media time.")] = False,
    out: Annotated[Path | None, typer.Option(help="Keep evidence in this folder.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write a report.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="End streams after so long.")] = None,
) -> None:
    """Watch any stream, file or folder without a config: one line an event."""
    options = WatchOptions(
        zones=tuple(z for index, text in enumerate(zone or []) for z in _zones(text, index)),
        dwell=timedelta(seconds=dwell),
        residue=timedelta(seconds=residue),
        every=timedelta(seconds=every),
        fast=fast,
        out=out,
        seconds=seconds,
    )
    with progress() as step:
        watching = Watch(options, tell=lambda told: step.say(told.line()), note=step.at)
        try:
            watching.run(sources)
        except KeyboardInterrupt:
            step.at("stopped")
    if json is not None:
        write_text(json, _report(sources, watching.told, watching.faults))
    for fault in watching.faults:
        typer.echo(f"fusion: {fault}", err=True)
    if watching.faults:
        raise typer.Exit(1)


def _zones(text: str, index: int) -> list[Zone]:
    points = []
    for pair in text.split():
        x, comma, y = pair.partition(",")
        if not (comma and _NUMBER.match(x) and _NUMBER.match(y)):
            raise SiteError(f"--zone: {pair!r}; wanted: x,y with shares of the picture between 0 and 1")
        points.append((float(x), float(y)))
    if len(points) < 3:
        raise SiteError(f"--zone: {len(points)} corners; wanted: three or more, such as '0,0.5 1,0.5 1,1 0,1'")
    return [
        Zone(id=f"{kind}-{index + 1}", name=f"zone {index + 1}", kind=kind, polygon=tuple(points))
        for kind in ("no_stall", "no_dumping")
    ]


def _report(sources: list[str], told: list[Told], faults: list[str]) -> str:
    facts = {"sources": [redacted(source) for source in sources], "events": told, "faults": faults}
    return msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n"

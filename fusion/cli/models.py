"""`fusion models`."""

from pathlib import Path
from typing import Annotated

import typer

from fusion.detectors.manifest import read_manifest, shipped_models


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion models")(models)


def models(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder with manifest.toml; the shipped one if left out.")
    ] = None,
) -> None:
    """List the models of a folder and check each file against its sha256."""
    found = read_manifest(folder or shipped_models())
    faults = [model.fault for model in found.values() if model.fault]
    for name, model in found.items():
        entry = model.entry
        state = "wrong" if model.fault else "well"
        width, height = entry.size_px
        classes, digest = sum(bool(word) for word in entry.classes), entry.sha256[:12]
        print(f"{name:32} {state:6} {entry.family:8} {width}x{height}  {classes} classes  {entry.licence}  {digest}")
    for fault in faults:
        typer.echo(f"fusion: {fault}", err=True)
    if faults:
        raise typer.Exit(1)

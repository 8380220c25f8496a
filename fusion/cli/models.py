"""`fusion models`."""

from pathlib import Path
from typing import Annotated

import typer

from fusion.detectors.base import load
from fusion.detectors.manifest import Model, read_manifest, shipped_models
from fusion.detectors.suggest import lines, suggestions
from fusion.types.errors import SiteError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion models")(models)


def models(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder with manifest.toml (the shipped one if left out), or an ONNX file to be added."),
    ] = None,
) -> None:
    """List the models of a folder; each is started once, so that a wrong file, input or output is found."""
    place = folder or shipped_models()
    if place.is_file():
        _suggest(place)
        return
    found = read_manifest(place)
    faults = list[str]()
    for model in found.values():
        try:
            detector = load(model)
        except SiteError as error:
            faults.append(str(error))
            print(_line(model, "wrong", model.entry.size_px))
        else:
            print(_line(model, "well", detector.preparation.size_px))
    for fault in faults:
        typer.echo(f"fusion: {fault}", err=True)
    if faults:
        raise typer.Exit(1)


def _line(model: Model, state: str, size_px: tuple[int, int] | None) -> str:
    entry = model.entry
    side = "x".join(map(str, size_px)) if size_px else "-"
    classes, digest = sum(bool(word) for word in entry.classes), entry.sha256[:12]
    return f"{model.name:32} {state:6} {entry.family:8} {side:8} {classes} classes  {entry.licence}  {digest}"


def _suggest(path: Path) -> None:
    """The lines of site.yaml for a file, by the shapes of what it gives; SiteError when no family fits."""
    fitting = suggestions(path)
    print(f"# {path.name}, put beside site.yaml:")
    for own in fitting:
        print("\n    ".join(["detectors:\n  own_model:", *lines(own)]))

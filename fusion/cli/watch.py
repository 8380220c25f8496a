"""`fusion watch`."""

import typer


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    del app

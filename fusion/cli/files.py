"""Writing what somebody asked for."""

from pathlib import Path

from fusion.types.errors import SiteError


def write_text(path: Path, text: str) -> None:
    """Write a file, or say in one line why not."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SiteError(
            f"{path}: cannot be written: {error.strerror}; wanted: a file in a folder that exists"
        ) from error

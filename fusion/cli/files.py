"""Writing what somebody asked for."""

from pathlib import Path

from fusion.types.errors import SiteError


def write_text(path: Path, text: str) -> None:
    """Write a file, or say in one line why not."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """The same for what is no text."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SiteError(
            f"{path}: cannot be written: {error.strerror}; wanted: a file in a folder that exists"
        ) from error

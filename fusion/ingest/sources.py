"""Which files of a path are read: one file, the videos of a folder, or a folder of images as one sequence."""

import re
from pathlib import Path

from fusion.types.errors import SiteError

VIDEOS = frozenset(
    (
        ".3gp", ".asf", ".avi", ".dav", ".flv", ".h264", ".264", ".h265", ".265", ".hevc", ".m2ts", ".m4v",
        ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ps", ".ts", ".vob", ".webm",
        ".wmv", ".y4m"
    )
)  # fmt: skip
IMAGES = frozenset(
    (
        ".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"
    )
)  # fmt: skip


def sources_in(path: Path) -> list[Path]:
    """What `read_file` takes, in natural order of the names ("2.mp4" before "10.mp4").

    A file is itself. A folder gives its videos (not those of its subfolders) and, if it holds images, itself as well.

    Raises:
        SiteError: nothing is there, or nothing in the folder is a video or image.
    """
    if path.is_file():
        return [path]
    entries = _entries(path)
    videos = [entry for entry in entries if entry.suffix.lower() in VIDEOS]
    images = any(entry.suffix.lower() in IMAGES for entry in entries)
    if not videos and not images:
        raise SiteError(f"{path}: no video or image in this folder; wanted: a file such as .mp4, .avi or .jpg")
    return videos + ([path] if images else [])


def images_in(folder: Path) -> list[Path]:
    """The images of a folder, in natural order of the names."""
    return [entry for entry in _entries(folder) if entry.suffix.lower() in IMAGES]


def _entries(folder: Path) -> list[Path]:
    try:
        found = [entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith(".")]
    except FileNotFoundError as error:
        raise SiteError(f"{folder}: no such file or folder; wanted: a video file, or a folder of them") from error
    except OSError as error:
        raise SiteError(f"{folder}: cannot be read: {error.strerror}; wanted: a video file or folder") from error
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name.lower())]

"""The text of a CSV file as offices save it: UTF-8 (with or without its mark), or GB 18030 and what it holds (GBK)."""

from pathlib import Path
from typing import Final

from fusion.types.errors import SiteError

_LARGEST_BYTES: Final = 32 * 1024 * 1024


def read_csv_text(file: Path) -> str:
    """The text of a file.

    Raises:
        SiteError: it is missing, larger than 32 MiB, or of another coding.
    """
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise SiteError(f"{file}: larger than {_LARGEST_BYTES >> 20} MiB; wanted: a day's list")
        data = file.read_bytes()
    except OSError as error:
        raise SiteError(f"{file}: {error.strerror}; wanted: a readable CSV file") from error
    if b"\0" in data:
        raise SiteError(f"{file}: holds zero bytes; wanted: CSV in UTF-8 or GB 18030 (not a workbook)")
    for coding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(coding)
        except UnicodeDecodeError:
            continue
    raise SiteError(f"{file}: neither UTF-8 nor GB 18030; wanted: CSV in one of them")

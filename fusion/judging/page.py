"""The report in a folder: report.json for machines, index.html for people."""

from pathlib import Path

import msgspec

from fusion.judging.report import Report
from fusion.types.errors import SiteError


def write_report(report: Report, folder: Path) -> None:
    """Write both; the pictures are there already.

    Raises:
        SiteError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    except OSError as error:
        raise SiteError(f"{folder}: cannot be written: {error.strerror}; wanted: a folder to write to") from error

"""Checks whatever somebody points at: a package as ZIP or folder, or a whole evidence folder."""

import contextlib
import os
from pathlib import Path

from fusion.evidence.chain import CHAIN
from fusion.evidence.check_package import check_package
from fusion.evidence.check_store import check_store
from fusion.evidence.files import FolderFiles
from fusion.evidence.findings import Report
from fusion.evidence.keys import Key
from fusion.evidence.package import CONTENTS
from fusion.evidence.stored_zip import ZipFiles
from fusion.types.errors import SiteError


def check(path: Path, key: Key | None = None, known: tuple[int, str] | None = None) -> Report:
    """Everything that can be said of it; see `check_package` and `check_store`.

    Raises:
        SiteError: it is neither, or a seal to compare with was given for a package.
        PeerFault: the disk refuses.
    """
    if path.is_dir():
        if (path / CONTENTS).is_file():
            return _package(FolderFiles(path), key, known, path)
        if (path / CHAIN).is_dir():
            return check_store(FolderFiles(path), key, known)
        raise SiteError(f"{path}: neither {CONTENTS} nor a folder {CHAIN}; wanted: a package or an evidence folder")
    if not os.path.lexists(path):
        raise SiteError(f"{path}: there is none; wanted: a package (ZIP or folder) or an evidence folder")
    with contextlib.closing(ZipFiles(path)) as files:
        if files.odd:  # nothing in it is looked at
            report = Report()
            for name, why in sorted(files.odd.items()):
                report.fault("refused", name, why)
            return report
        return _package(files, key, known, path)


def _package(files: FolderFiles | ZipFiles, key: Key | None, known: tuple[int, str] | None, path: Path) -> Report:
    if known is not None:
        raise SiteError(f"{path}: is a package of one case; wanted: an evidence folder to compare the chain's end with")
    return check_package(files, key)

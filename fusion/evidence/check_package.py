"""Checks a package of one case, in a ZIP or a folder, with nothing else at hand than a public key."""

from fusion.evidence.chain import CHAIN, place
from fusion.evidence.files import Files
from fusion.evidence.findings import Report
from fusion.evidence.key_line import KeyLine
from fusion.evidence.keys import Key, read_public
from fusion.evidence.package import CONTENTS, PUBLIC, Contents, read_contents, signed_by
from fusion.evidence.seals import LARGEST, KeyMade, Seal, read_seal
from fusion.evidence.told import Told
from fusion.types.errors import FusionError, SiteError


def check_package(files: Files, key: Key | None) -> Report:
    """Everything that can be said of it; `key` None: by the key that came along."""
    report = Report()
    for name, why in sorted(files.odd.items()):
        report.fault("refused", name, why)
    contents = _contents(files, report)
    if contents is None:
        return report
    seals = _seals(files, report)
    told = Told()
    for name, seal in seals.items():
        told.take(seal, name, report)
    _check_key(files, key, told.line, report)
    _check_list(files, contents[0], report)
    signer = told.line.named_by(contents[0].keys)
    if signer is None or signer.id != contents[0].key:
        report.fault("unknown_key", CONTENTS, contents[0].key)
    elif not signed_by(*contents, signer):
        report.fault("wrong_signature", CONTENTS)
    _check_case(seals, told, contents[0], report)
    return report


def _contents(files: Files, report: Report) -> tuple[Contents, bytes] | None:
    if CONTENTS not in files.names():
        report.fault("missing", CONTENTS)
        return None
    try:
        return read_contents(files.read(CONTENTS, LARGEST))
    except FusionError as error:
        report.fault("refused", CONTENTS, error)
        return None


def _seals(files: Files, report: Report) -> dict[str, Seal]:
    """The seals that can be read, by their names, oldest first."""
    found = {}
    for name in sorted(name for name in files.names() if name.startswith(f"{CHAIN}/")):
        try:
            found[name] = read_seal(files.read(name, LARGEST), name)
        except FusionError as error:
            report.fault("unreadable", name, error)
    report.seals = len(found)
    return found


def _check_key(files: Files, key: Key | None, line: KeyLine, report: Report) -> None:
    """The key that came along is the newest of the line, and the one that was given is one of it."""
    try:
        own = read_public(files.read(PUBLIC, LARGEST), PUBLIC) if PUBLIC in files.names() else None
    except SiteError as error:
        report.fault("refused", PUBLIC, error)
        own = None
    if own is not None and (not line.keys or line.keys[-1][1].raw != own.raw):
        report.fault("unknown_key", PUBLIC, own.id)
    if key is None and own is not None:
        report.note("own_key", "", own.id)
    elif key is not None and not line.knows(key):
        report.fault("wrong_key", "", key.id)


def _check_list(files: Files, contents: Contents, report: Report) -> None:
    listed = {file.path: (file.sha256, file.size) for file in contents.files}
    there = files.names() - {CONTENTS}
    for name in sorted(listed.keys() - there):
        report.fault("missing", name)
    for name in sorted(there - listed.keys()):
        report.fault("extra", name)
    for name in sorted(listed.keys() & there):
        if files.digest(name) != listed[name]:
            report.fault("changed", name)
        elif name in files.odd:
            report.fault("refused", name, files.odd[name])
    report.parts = len(listed)


def _check_case(seals: dict[str, Seal], told: Told, contents: Contents, report: Report) -> None:
    """No seal is of another case, and the files are those that the seals name."""
    report.cases.add(contents.case)
    for name, seal in seals.items():
        what = seal.entry.what
        if place(seal.entry.seq) != name:
            report.fault("wrong_place", name, seal.entry.seq)
        if not isinstance(what, KeyMade) and what.case != contents.case:
            report.fault("other_case", name, what.case)
    last = told.earlier.get(contents.case)
    if last is None:
        report.fault("no_seal", "", contents.case)
    elif last != contents.last:
        report.fault("wrong_earlier", CONTENTS)
    listed = {file.path: file.sha256 for file in contents.files}
    for path, sha256 in sorted(told.parts.items()):
        if path in listed:
            if listed[path] != sha256:
                report.fault("changed", path)
        elif path in told.gone:
            report.note("dropped", path, told.gone[path])
        else:
            report.fault("missing", path)

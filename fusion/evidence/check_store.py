"""Checks a whole evidence folder: the chain from its first seal to its last, and every file that it names."""

import re
from collections.abc import Iterator

from fusion.evidence.chain import CHAIN, RECORDS, place
from fusion.evidence.files import Files
from fusion.evidence.findings import Report
from fusion.evidence.keys import Key
from fusion.evidence.seals import LARGEST, NOTHING, Seal, read_seal
from fusion.evidence.told import Told
from fusion.types.errors import FusionError

_SEAL = re.compile(rf"{CHAIN}/\d{{6}}/(\d{{9}})\.json")


def check_store(files: Files, key: Key | None, known: tuple[int, str] | None = None) -> Report:
    """Everything that can be said of it.

    Args:
        files: the evidence folder.
        key: whom one trusts; None: the first key of the chain itself.
        known: number and sha256 of a seal that was noted down elsewhere (in a package, in the store, on paper). Without
            it nobody can see that the end of the chain was cut off: what is left is a good, shorter chain.
    """
    report, told = Report(), Told()
    for name, why in sorted(files.odd.items()):
        report.fault("refused", name, why)
    shas = _check_chain(files, told, report)
    if key is not None and not told.line.knows(key):
        report.fault("wrong_key", "", key.id)
    elif key is None and told.line.keys:
        report.note("own_key", "", told.line.keys[-1][1].id)
    if known is not None:
        _check_known(shas, known, report)
    _check_parts(files, told, report)
    report.cases = set(told.earlier)
    report.head = max(shas.items(), default=None)
    return report


def _check_chain(files: Files, told: Told, report: Report) -> dict[int, str]:
    """The sha256 of each seal's file, by its number."""
    shas: dict[int, str] = {}
    before: tuple[int, str] = (0, NOTHING)
    for number, name in _numbered(files, report):
        for lost in range(before[0] + 1, number):
            report.fault("cut", "", lost)
        try:
            seal = read_seal(files.read(name, LARGEST), name)
        except FusionError as error:
            report.fault("unreadable", name, error)
            before = (number, files.digest(name)[0])
            continue
        _check_seal(seal, name, number, before, told, report)
        before = (number, seal.sha256)
        shas[number] = seal.sha256
    report.seals = len(shas)
    return shas


def _numbered(files: Files, report: Report) -> Iterator[tuple[int, str]]:
    for name in sorted(name for name in files.names() if name.startswith(f"{CHAIN}/")):
        match = _SEAL.fullmatch(name)
        if match is None or place(int(match.group(1))) != name:
            report.fault("extra", name)
        else:
            yield int(match.group(1)), name


def _check_seal(seal: Seal, name: str, number: int, before: tuple[int, str], told: Told, report: Report) -> None:
    if seal.entry.seq != number:
        report.fault("wrong_place", name, seal.entry.seq)
    elif before[0] == number - 1 and seal.entry.previous != before[1]:
        report.fault("wrong_previous", name)
    told.take(seal, name, report)


def _check_known(shas: dict[int, str], known: tuple[int, str], report: Report) -> None:
    number, sha256 = known
    if number not in shas:
        report.fault("cut_end" if number > max(shas, default=0) else "cut", "", number)
    elif shas[number] != sha256:
        report.fault("other_head", place(number), number)


def _check_parts(files: Files, told: Told, report: Report) -> None:
    there = files.names()
    for path, sha256 in sorted(told.parts.items()):
        if path not in there:
            if path in told.gone:
                report.note("dropped", path, told.gone[path])
            else:
                report.fault("missing", path)
        elif files.digest(path)[0] != sha256:
            report.fault("changed", path)
        else:
            report.parts += 1
    for name in sorted(name for name in there - told.parts.keys() if name.startswith(f"{RECORDS}/")):
        report.fault("extra", name)
    unsealed = [name for name in there - told.parts.keys() if not name.startswith((f"{CHAIN}/", f"{RECORDS}/"))]
    if unsealed:
        report.note("unsealed", "", len(unsealed))

"""The keeping of a site's evidence, put together: the chain, who seals, who drops, what a record says of the site."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

import msgspec

from fusion.command_room.words import WORDS
from fusion.evidence.chain import Chain
from fusion.evidence.host_clock import host_clock
from fusion.evidence.keys import KeyFolder
from fusion.evidence.record import MadeBy, Names, record_of
from fusion.handlers.condition import Condition
from fusion.handlers.custody import Custody
from fusion.handlers.exporting import Exporter
from fusion.handlers.janitor import Janitor
from fusion.handlers.sealing import Sealer
from fusion.settings.site import SITE_FILE, Site
from fusion.storage import Store
from fusion.types.case import Case, CaseEvent
from fusion.types.errors import SiteError
from fusion.types.terminal import Terminal, TerminalStatus

EVIDENCE, KEYS = "evidence", "evidence-keys"


class Keeping:
    """Nothing of it runs before `start`; the command line uses it without."""

    def __init__(
        self,
        site: Site,
        store: Store,
        *,
        terminal: Callable[[str], Terminal | None] | None = None,
        status: Callable[[str], TerminalStatus | None] = lambda _terminal: None,
    ) -> None:
        """`terminal` and `status` give a terminal of the register, and how it is doing now."""
        by_id = {terminal.id: terminal for terminal in site.terminals}
        self._site, self._store = site, store
        self._terminal, self._status = terminal or by_id.get, status
        self._made_by = made_by(site)
        self._grids = {grid.id: grid.name for grid in site.grids}
        config = site.config.evidence
        self.folder = site.data / EVIDENCE
        self.chain = Chain(self.folder, KeyFolder(site.data / KEYS))
        self.custody = Custody(store, self.chain, self._record)
        self.exporter = Exporter(store, self.chain, self.custody)
        self.condition = Condition()
        self.sealer = Sealer(store, self.custody, self.condition, config.seal_after)
        self.janitor = Janitor(store, self.custody, self.condition, config, self.folder)

    def start(self) -> None:
        """Repair what one left who was killed, then seal and drop in the background."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.chain.repair()
        self.sealer.start()
        self.janitor.start()

    def stop(self) -> None:
        """End; twice is harmless."""
        self.janitor.stop()
        self.sealer.stop()

    def _record(self, case: Case, history: Sequence[CaseEvent], now: datetime) -> bytes:
        names = self._site.config.site
        kind = self._site.config.kinds.get(case.kind)
        terminal_id = case.terminal_id or ""
        return record_of(
            case,
            history,
            self._store.incident(case.incident_id),
            sealed_at=now,
            made_by=self._made_by,
            names=Names(
                site=(names.name_zh, names.name_en),
                kind=(kind.zh, kind.en) if kind else (case.kind, case.kind),
                code=kind.code if kind else "",
                grid=self._grids.get(case.grid_id or "", ""),
                timezone=names.timezone,
            ),
            words=WORDS,
            terminal=self._terminal(terminal_id),
            status=self._status(terminal_id),
            host=host_clock(),
        )


def made_by(site: Site) -> MadeBy:
    """By what the cases of a site are judged: software, model, rules, and the sha256 of each file of the site."""
    own = site.config.files
    named = [SITE_FILE, own.terminals, own.workers, own.grids, own.boundary, own.streets]
    rules = tuple(rule.model_dump(mode="json") for rule in site.rules)
    try:
        model = site.config.detectors.chosen(site.folder)
        name, sha256 = model.name, model.entry.sha256
    except SiteError:
        name, sha256 = "", ""
    return MadeBy(
        version=_version(),
        code_sha256=_code_sha256(),
        model=name,
        model_sha256=sha256,
        rules=rules,
        rules_sha256=hashlib.sha256(msgspec.json.encode(rules, order="sorted")).hexdigest(),
        config={name: _sha256(site.folder / name) for name in named if name},
    )


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SiteError(f"{path}: {error.strerror}; wanted: a readable file") from error


def _code_sha256() -> str:
    """Of all modules of fusion: which program it really was, whatever its version is called."""
    found = hashlib.sha256()
    package = Path(str(files("fusion")))
    for path in sorted(package.rglob("*.py")):
        found.update(f"{path.relative_to(package).as_posix()}\0{_sha256(path)}\n".encode())
    return found.hexdigest()


def _version() -> str:
    try:
        return version("fusion")
    except PackageNotFoundError:
        return "unknown"

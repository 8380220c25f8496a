"""Watches the register of terminals: what is saved there is used at once, and touches no other terminal."""

import threading
from pathlib import Path

import structlog

from fusion.app.system import System
from fusion.settings.reload import reread_terminals
from fusion.types.errors import SiteError

_LOG = structlog.get_logger()
_LOOK_S = 2.0


class TerminalsWatch:
    """A thread that reads the file again when it has changed and has been left alone for a moment."""

    def __init__(self, system: System, every_s: float = _LOOK_S) -> None:
        self._system, self._every_s = system, every_s
        self._file = system.site.folder / system.site.config.files.terminals
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="reload", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def _watch(self) -> None:
        used = before = _mark(self._file)
        while not self._stopping.wait(self._every_s):
            mark = _mark(self._file)
            if mark == before and mark != used and mark is not None:
                used = mark
                self._use()
            before = mark

    def _use(self) -> None:
        try:
            terminals = reread_terminals(self._system.site)
            added, changed, removed = self._system.use_terminals(terminals)
        except SiteError as error:
            _LOG.error("terminals not read again: the old ones stay", error=str(error))
            return
        _LOG.info("terminals read again", added=added, changed=changed, removed=removed)


def _mark(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None  # an editor may put a new file in its place
    return stat.st_mtime_ns, stat.st_size

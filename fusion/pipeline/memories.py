"""What each terminal's place looks like, kept over restarts: one small file a terminal, written now and then."""

import os
import random
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from fusion import metrics
from fusion.types.errors import SiteError

_LOG = structlog.get_logger()
_EACH = timedelta(minutes=10)  #: 1,677 terminals write some 1 MB a second
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Remembers(Protocol):
    """What is kept: a judge."""

    def memory(self) -> bytes | None:
        """What it knows of its place; None where it knows nothing yet."""

    def remember(self, data: bytes, now: datetime) -> bool:
        """Take that up again; False where it is too old, SiteError where it is none."""


class Memories:
    """Files that only their owner may read: they hold pictures. A disk that is full costs the memory, nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._due: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def restore(self, terminal_id: str, judge: Remembers) -> bool:
        """Give a judge that has seen nothing yet what is known of its terminal; whether there was something."""
        try:
            path = self._path(terminal_id)
            if judge.remember(path.read_bytes(), datetime.now(UTC)):
                return True
            path.unlink(missing_ok=True)  # too old, or of other masks: then it shows what nobody is to see
        except FileNotFoundError:
            pass
        except (OSError, SiteError) as error:
            _LOG.warning("memory of a terminal not taken up", terminal=terminal_id, error=str(error))
        return False

    def after_look(self, terminal_id: str, judge: Remembers, at: datetime) -> None:
        """Keep it when it is due. Called by the thread that has just judged, so that nothing changes meanwhile."""
        with self._lock:
            due = self._due.get(terminal_id)
            if due is None:  # spread out, or all would write at once
                self._due[terminal_id] = at + _EACH * random.uniform(0.2, 1.0)  # noqa: S311 - no secret
            if due is None or at < due:
                return
            self._due[terminal_id] = at + _EACH
        self.keep(terminal_id, judge)

    def keep_all(self, judges: Mapping[str, Remembers]) -> None:
        """At the end, when nobody judges any more."""
        for terminal_id, judge in judges.items():
            self.keep(terminal_id, judge)

    def keep(self, terminal_id: str, judge: Remembers) -> None:
        """Write it whole or not at all."""
        data = judge.memory()
        if data is None:
            return
        path = self._path(terminal_id)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(part, "wb", opener=_owner_only) as file:
                file.write(data)
            part.replace(path)
        except OSError as error:
            metrics.DROPS.labels("memory not kept").inc()
            _LOG.warning("memory of a terminal not kept", terminal=terminal_id, error=error.strerror)

    def _path(self, terminal_id: str) -> Path:
        if not _SAFE.fullmatch(terminal_id):
            raise SiteError(f"terminal id {terminal_id[:80]!r}: no name for a file")
        return self._folder / f"{terminal_id}.npz"


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

"""The reels of a fleet: read once for each clip, and made once for each mischief with a clip's pictures."""

import asyncio
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from fusion.fleet.clip import read_clip
from fusion.fleet.mischief import Pictures
from fusion.fleet.reel import Reel, reel

_LOG = structlog.get_logger()


class Reels:
    """Shared by all terminals; altered ones are made one after the other in a thread, and kept."""

    def __init__(self) -> None:
        self._own: dict[Path, Reel] = {}
        self._altered: dict[tuple[Path, Pictures], asyncio.Future[Reel]] = {}
        self._stopped = threading.Event()
        self._worker = ThreadPoolExecutor(1, "fleet-pictures")

    async def read(self, paths: Iterable[Path]) -> dict[Path, Reel]:
        """The clips' own; SiteError for one that is wrong."""
        loop = asyncio.get_running_loop()
        for path in dict.fromkeys(paths):
            self._own[path] = await loop.run_in_executor(self._worker, lambda: reel(read_clip(path)))  # noqa: B023 - awaited
        return self._own

    async def altered(self, path: Path, mischief: Pictures) -> Reel:
        """What a mischief makes of a clip; made at the first call. SiteError where it cannot be."""
        key = path, mischief
        if key not in self._altered:
            loop = asyncio.get_running_loop()
            self._altered[key] = loop.run_in_executor(self._worker, self._alter, path, mischief)
        return await asyncio.shield(self._altered[key])

    def stop(self) -> None:
        """Give up what is being made."""
        self._stopped.set()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _alter(self, path: Path, mischief: Pictures) -> Reel:
        clip = mischief.clip(path, read_clip(path), self._stopped)
        _LOG.info("fleet_clip_altered", clip=path.name, kind=mischief.kind)
        return reel(clip)

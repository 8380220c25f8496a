"""A consumer of `bench.consumers` in a process of its own."""

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fusion.children import Child

_READY_S = 120.0


class Reading:
    """A consumer in a process of its own, heard from every half second."""

    def __init__(self, kind: str, urls: Sequence[str], size_px: tuple[int, int], work: Path) -> None:
        self.wanted, self.facts = len(urls), dict[str, Any]()
        self._list = work / f"urls-{os.getpid()}-{kind}.txt"
        self._list.write_text("\n".join(urls), encoding="utf-8")
        args = [sys.executable, "-m", "bench.consumers", kind, str(self._list), "--size", *map(str, size_px)]
        env = {**os.environ, "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp"}
        self._child = Child(kind, args, log=work / f"{kind}.log", env=env, stdin=True, stdout=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def wait_ready(self) -> None:
        """Return when every stream has given a picture."""
        self._child.wait_until(lambda: self.facts.get("ready", 0) >= self.wanted, _READY_S)

    def stop(self) -> None:
        """End it, first by the end of its input."""
        if self._child.process.stdin is not None:
            self._child.process.stdin.close()
        deadline_s = time.monotonic() + 10.0
        while self._child.running and time.monotonic() < deadline_s:
            time.sleep(0.05)
        self._child.stop()
        self._list.unlink(missing_ok=True)

    def _listen(self) -> None:
        pipe = self._child.process.stdout
        while pipe is not None and (line := pipe.readline()):
            self.facts = json.loads(line)

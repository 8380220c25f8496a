"""A site being run by `fusion run` in processes of its own, seen only through its doors: the page's API and /proc."""

import os
import re
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.cost import command, tree
from fusion.children import Child
from fusion.command_room.sessions import FIRST_USER

_START_S, _STOP_S = 120.0, 20.0
_SHARD = "-m fusion.shards"
_PASSWORD = "measured-for-a-bench"


class Metrics:
    """One scrape: every sample by its name and labels."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self._values[sample.name][tuple(sample.labels.values())] = sample.value

    def by(self, name: str) -> Mapping[str, float]:
        """Values by the first label."""
        return {labels[0]: value for labels, value in self._values.get(name, {}).items() if labels}

    def sum(self, name: str) -> float:
        """All of one name together."""
        return sum(self._values.get(name, {}).values())


class Running:
    """Use it as `with Running(folder) as site`."""

    def __init__(self, folder: Path) -> None:
        env = {**os.environ, "FUSION_DATA": str(folder / "data")}
        self._log = folder / "fusion.log"
        self._words = ""
        self.began_s = time.monotonic()  #: when its process was started
        args = [sys.executable, "-m", "fusion", "run", str(folder)]
        self._child = Child("fusion", args, log=self._log, env=env, stdout=True)
        self._client: httpx.Client

    @property
    def pid(self) -> int:
        """The process at the root of everything of ours."""
        return self._child.pid

    def shard_pids(self) -> list[int]:
        """The shards' processes now."""
        return [pid for pid in tree([self.pid]) if _SHARD in command(pid)]

    def server_pids(self) -> list[int]:
        """Bus and broker: all other processes below the root."""
        shards = set(tree(self.shard_pids()))
        return [pid for pid in tree([self.pid]) if pid != self.pid and pid not in shards]

    @property
    def url(self) -> str:
        """Where its page is."""
        return str(self._client.base_url).rstrip("/")

    def cookies(self) -> Mapping[str, str]:
        """Of the session that is signed in."""
        return dict(self._client.cookies)

    def statuses(self) -> dict[str, Mapping[str, Any]]:
        """Every connected terminal's, by id."""
        answer = self._client.get("/api/v1/terminals").raise_for_status().json()
        return {str(status["terminal_id"]): status for status in answer}

    def streaming(self, wanted: Iterable[str], since_s: float = 0.0) -> bool:
        """Whether these terminals are live, with a keyframe since then (Unix seconds)."""
        known = self.statuses()
        return all(
            (status := known.get(terminal_id)) is not None
            and status["health"] == "live"
            and keyframe_s(status) >= since_s
            for terminal_id in wanted
        )

    def metrics(self) -> Metrics:
        """A scrape; the probe's longest gaps begin anew with it."""
        return Metrics(self._client.get("/metrics").raise_for_status().text)

    def wait_streaming(self, wanted: Iterable[str], timeout_s: float, since_s: float = 0.0) -> float:
        """Seconds until `streaming` holds; SystemExit that says who is missing where it does not in time."""
        ids, began_s = list(wanted), time.monotonic()
        while not self.streaming(ids, since_s):
            if time.monotonic() - began_s > timeout_s:
                known = self.statuses()
                details = {one: known.get(one, {"health": "unknown", "detail": "not reported"}) for one in ids}
                ill = [f"{one}: {d['health']} {d['detail']}" for one, d in details.items() if d["health"] != "live"]
                raise SystemExit(f"{len(ill)} of {len(ids)} terminals do not stream after {timeout_s:g} s: {ill[:3]}")
            time.sleep(0.25)
        return time.monotonic() - began_s

    def __enter__(self) -> Self:
        try:
            threading.Thread(target=self._listen, daemon=True).start()
            self._child.wait_until(lambda: "Command room:" in self._words, _START_S)
            self._sign_in()
        except BaseException:
            self._child.stop(_STOP_S)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._child.stop(_STOP_S)

    def _listen(self) -> None:
        pipe = self._child.process.stdout
        while pipe is not None and (line := pipe.readline()):
            self._words += line.decode("utf-8", "replace")

    def _sign_in(self) -> None:
        password = re.search(r"password (\S+) \(shown", self._words)
        address = re.search(r"Command room: (\S+)", self._words)
        if password is None or address is None:
            raise SystemExit(f"fusion run did not tell its page's address and first password; see {self._log}")
        self._client = httpx.Client(base_url=address.group(1), trust_env=False, timeout=60.0)
        self._client.post("/login", data={"user": FIRST_USER, "password": password.group(1)})
        self._client.post("/password", data={"password": _PASSWORD})
        self.statuses()


def keyframe_s(status: Mapping[str, Any]) -> float:
    """When a terminal's last keyframe was shown, in Unix seconds; 0: never."""
    text = status.get("last_keyframe_at")
    return datetime.fromisoformat(str(text)).timestamp() if text else 0.0

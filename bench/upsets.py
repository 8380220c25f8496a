"""What `bench.zone` does to a zone that runs steadily: many terminals gone and back at once, a shard killed."""

import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.cost import cpu_s
from bench.running import Running, keyframe_s
from fusion.fleet import FleetProcess
from fusion.fleet.faults import State

_WINDOW_S = 5.0
_BACK_S = 180.0
_AFTER_S = 20.0


class Sampler:
    """CPU of process trees in windows of 5 s, from its start on."""

    def __init__(self, root: int) -> None:
        self.windows: list[tuple[float, float]] = []  #: (seconds since the start at the window's end, cores)
        self._root = root
        self._began_s = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def now_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._began_s

    def stop(self) -> None:
        """Take no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        last_s, spent_s = self.now_s, cpu_s([self._root])
        while not self._ended.wait(_WINDOW_S):
            now_s, now_spent_s = self.now_s, cpu_s([self._root])
            self.windows.append((round(now_s, 2), round((now_spent_s - spent_s) / (now_s - last_s), 4)))
            last_s, spent_s = now_s, now_spent_s


def lose(
    site: Running, fleet: FleetProcess, pattern: str, ids: Sequence[str], *, for_s: float, steady_s: float
) -> dict[str, Any]:
    """Cut terminals off at once, let them come back, and say how long until all stream and what it cost.

    Args:
        site: running, all its terminals streaming.
        fleet: whose terminals they are.
        pattern: of the paths that go.
        ids: the terminals behind them.
        for_s: how long they are gone.
        steady_s: how long the CPU is watched before.
    """
    sampler = Sampler(site.pid)
    time.sleep(steady_s)
    gone_at_s = sampler.now_s
    fleet.set_state(pattern, State.OFFLINE)
    time.sleep(for_s)
    back_at_s, back_unix_s = sampler.now_s, time.time()
    fleet.set_state(pattern, State.ONLINE)
    took_s = site.wait_streaming(ids, _BACK_S, back_unix_s)
    time.sleep(_AFTER_S)
    sampler.stop()
    # A window belongs to the time in which most of it lies.
    steady = [cores for at_s, cores in sampler.windows if at_s - _WINDOW_S / 2 <= gone_at_s]
    upset = [cores for at_s, cores in sampler.windows if at_s - _WINDOW_S / 2 > gone_at_s]
    mean, peak = sum(steady) / max(1, len(steady)), max(upset, default=0.0)
    return {
        "lost": len(ids),
        "for_s": for_s,
        "all_streaming_after_s": round(took_s, 2),
        "steady_cores": round(mean, 4),
        "peak_cores": peak,
        "peak_ratio": round(peak / mean, 3) if mean else None,
        "gone_at_s": round(gone_at_s, 2),
        "back_at_s": round(back_at_s, 2),
        "cores_by_5_s": sampler.windows,
    }


def kill_shard(site: Running, fleet: FleetProcess, ids: Mapping[str, str]) -> dict[str, Any]:
    """Kill one shard's process, and say how long its terminals were away and whether the others noticed.

    Args:
        site: running, all its terminals streaming.
        fleet: whose terminals they are.
        ids: terminal ids by their paths.
    """
    shards = site.shard_pids()
    if len(shards) < 2:
        raise SystemExit(f"--kill-shard: the site runs {len(shards)} shard(s); wanted: at least 2, see --shards")
    before, site_before = fleet.stats(), site.metrics()
    killed_unix_s = time.time()
    os.kill(shards[0], signal.SIGKILL)
    took_s = _wait_back(site, fleet, before, ids, killed_unix_s)
    time.sleep(_AFTER_S)
    after, site_after = fleet.stats(), site.metrics()
    hit = [path for path in ids if after[path]["sessions"] > before[path]["sessions"]]
    others = [path for path in ids if path not in set(hit)]
    gaps = site_after.by("fusion_bench_gap_seconds")
    other_ids = [ids[path] for path in others]
    return {
        "shards": len(shards),
        "its_terminals": len(hit),
        "back_after_s": round(took_s, 2),
        "other_terminals": len(others),
        "others_reconnected": sum(after[path]["sessions"] - before[path]["sessions"] for path in others),
        "others_pictures_dropped_for_us": sum(
            after[path]["units_dropped"] - before[path]["units_dropped"] for path in others
        ),
        "others_packets_lost": round(sum(_of(site_after, one) - _of(site_before, one) for one in other_ids)),
        "others_longest_gap_s": round(max((gaps.get(one, 0.0) for one in other_ids), default=0.0), 2),
    }


def _of(scrape: Any, terminal_id: str) -> float:
    return float(scrape.by("fusion_packets_lost_total").get(terminal_id, 0.0))


def _wait_back(
    site: Running,
    fleet: FleetProcess,
    before: Mapping[str, Mapping[str, Any]],
    ids: Mapping[str, str],
    since_s: float,
) -> float:
    """Seconds from the kill to when every terminal that was connected again has given a new keyframe."""
    wanted = len(ids) // (2 * len(site.shard_pids()) or 1)
    while True:
        stats = fleet.stats()
        hit = [path for path in ids if stats[path]["sessions"] > before[path]["sessions"]]
        statuses = site.statuses()
        fresh = all(
            ids[path] in statuses
            and statuses[ids[path]]["health"] == "live"
            and keyframe_s(statuses[ids[path]]) > since_s
            for path in ids
        )
        if len(hit) >= wanted and fresh:
            return time.time() - since_s
        if time.time() - since_s > _BACK_S:
            raise SystemExit(f"--kill-shard: not all terminals stream again after {_BACK_S:g} s")
        time.sleep(0.25)

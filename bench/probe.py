"""Measures inside every process of a site, as a plug-in of that site: CPU by stage, and each terminal's looks.

The figures leave by the site's own /metrics, under names that begin with `fusion_bench_`.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import wraps

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bench.clips import GOP_S
from bench.stages import StageClock, threads_s
from fusion.ingest.look import Look
from fusion.pipeline.eyes import Eyes

#: What a site's plug-in file says to be measured.
PLUGIN = '"""Measures, for bench.zone."""\n\nfrom bench.probe import install\n\ninstall()\n'
_JITTER_S = 0.03
_ON_ITS_WAY_S = 1.0  #: a look that is due may take so long to be made
_THREADS = ("reader", "detector")
_installed: list["Probe"] = []


@dataclass(slots=True)
class Seen:
    """The looks at one terminal; times in Unix seconds."""

    looks: int = 0
    images: int = 0  #: given to the detector
    keyframes: int = 0  #: at which, or soon after which, it was looked at
    last_s: float = 0.0
    longest_gap_s: float = 0.0  #: between looks, since it was last asked for
    first_key_s: float = 0.0
    newest_key: int = -1  #: number of the newest keyframe that was looked at

    def look(self, at_s: float, *, keyframe: bool) -> None:
        """Looked at a picture of that time."""
        self.looks += 1
        if self.last_s:
            self.longest_gap_s = max(self.longest_gap_s, at_s - self.last_s)
        self.last_s = at_s
        if not self.first_key_s:
            self.first_key_s = at_s if keyframe else 0.0
            if not keyframe:
                return
        # Keyframes are that far apart here; in a burst the picture looked at may be one of those after it.
        number = int((at_s - self.first_key_s + _JITTER_S) / GOP_S)
        self.keyframes += number != self.newest_key
        self.newest_key = number


@dataclass(slots=True, eq=False)
class Probe(Collector):
    """Registered once a process. Longest gaps begin anew each time that they are collected."""

    clock: StageClock = field(default_factory=StageClock)
    seen: dict[str, Seen] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, look: Look) -> None:
        """The pipeline is given a look."""
        with self.lock:
            seen = self.seen.setdefault(look.picture.terminal_id, Seen())
            seen.look(look.picture.at.timestamp(), keyframe=look.picture.keyframe)

    def detected(self, terminal_id: str, images: int) -> None:
        """The detector was given so many images of a terminal."""
        with self.lock:
            self.seen.setdefault(terminal_id, Seen()).images += images

    def collect(self) -> Iterator[Metric]:
        """Everything, for Prometheus."""
        spent = CounterMetricFamily("fusion_bench_cpu_seconds", "CPU time by stage", labels=["stage"])
        calls = CounterMetricFamily("fusion_bench_calls", "Calls by stage", labels=["stage"])
        for stage, (seconds, count) in self.clock.read().items():
            spent.add_metric([stage], seconds)
            calls.add_metric([stage], count)
        for prefix in _THREADS:
            spent.add_metric([f"thread_{prefix}"], threads_s(prefix))
        looks = CounterMetricFamily("fusion_bench_looks", "Looks", labels=["terminal"])
        keys = CounterMetricFamily("fusion_bench_keyframes_looked", "Keyframes looked at", labels=["terminal"])
        images = CounterMetricFamily("fusion_bench_images", "Images given to the detector", labels=["terminal"])
        gaps = GaugeMetricFamily("fusion_bench_gap_seconds", "Longest gap since the last scrape", labels=["terminal"])
        now_s = time.time()
        with self.lock:
            for terminal_id, seen in self.seen.items():
                looks.add_metric([terminal_id], seen.looks)
                keys.add_metric([terminal_id], seen.keyframes)
                images.add_metric([terminal_id], seen.images)
                gaps.add_metric([terminal_id], max(seen.longest_gap_s, now_s - seen.last_s - _ON_ITS_WAY_S))
                seen.longest_gap_s = 0.0
        yield from (spent, calls, looks, keys, images, gaps)


def install() -> None:
    """Begin to measure in this process; twice is harmless."""
    if _installed:
        return
    probe = Probe()
    _installed.append(probe)
    probe.clock.install()
    judged = Eyes.on_look

    @wraps(judged)
    def on_look(self: Eyes, look: Look) -> None:
        probe.look(look)
        judge = self.judges.get(look.picture.terminal_id)
        before = judge.crops if judge else 0
        judged(self, look)
        if judge:
            probe.detected(look.picture.terminal_id, judge.crops - before)

    setattr(Eyes, "on_look", on_look)  # noqa: B010 - mypy rightly forbids to assign to a method; here it is meant
    REGISTRY.register(probe)

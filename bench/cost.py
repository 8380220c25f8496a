"""What a process tree costs, read from /proc: CPU seconds and memory of it and of all its descendants."""

import os
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-python-headless")
_MIB = 1024.0  # of KiB


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process tree holds at one moment."""

    rss_mib: float  #: resident pages, those that processes share counted for each
    pss_mib: float  #: resident pages, those that processes share divided among them


@dataclass(frozen=True, slots=True)
class Cost:
    """What process trees cost over a window."""

    seconds: float  #: length of the window, wall clock
    cpu_s: float  #: user and system time within the window
    memory: Memory  #: at its end

    @property
    def cores(self) -> float:
        """CPU seconds a second."""
        return self.cpu_s / self.seconds

    def as_json(self) -> dict[str, float]:
        """Rounded, for a report."""
        return {
            "seconds": round(self.seconds, 2),
            "cores": round(self.cores, 4),
            "rss_mib": round(self.memory.rss_mib, 1),
            "pss_mib": round(self.memory.pss_mib, 1),
        }


class Window:
    """Measures process trees from its making until `end`."""

    def __init__(self, roots: Iterable[int]) -> None:
        self._roots = tuple(roots)
        self._began_s, self._cpu_s = time.monotonic(), cpu_s(self._roots)

    def end(self) -> Cost:
        """The cost since the start. Memory is read after the CPU time: reading it costs the kernel some."""
        seconds, used_s = time.monotonic() - self._began_s, cpu_s(self._roots) - self._cpu_s
        return Cost(seconds, used_s, memory(self._roots))


def tree(roots: Iterable[int]) -> tuple[int, ...]:
    """The processes and all their descendants that live now."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, open_ = dict[int, None](), list(roots)
    while open_:
        pid = open_.pop()
        found[pid] = None
        open_ += children.get(pid, [])
    return tuple(found)


def cpu_s(roots: Iterable[int]) -> float:
    """CPU seconds of the trees since they began, with those of ended children that were waited for.

    A child's time goes to its parent when it is reaped, so the sum over the tree never falls.
    """
    return sum(sum(map(int, fields[11:15])) * _TICK_S for pid in tree(roots) if (fields := _stat(pid)))


def memory(roots: Iterable[int]) -> Memory:
    """Resident and proportional memory of the trees (proc(5), smaps_rollup); what has ended counts nothing."""
    rss_kib = pss_kib = 0
    for pid in tree(roots):
        for line in _read(f"{pid}/smaps_rollup").splitlines():
            name, _, rest = line.partition(":")
            if name in {"Rss", "Pss"}:
                kib = int(rest.split()[0])
                rss_kib, pss_kib = rss_kib + kib * (name == "Rss"), pss_kib + kib * (name == "Pss")
    return Memory(rss_kib / _MIB, pss_kib / _MIB)


def command(pid: int) -> str:
    """The command line of a process, its words joined by spaces; empty when it has ended."""
    return _read(f"{pid}/cmdline").replace("\0", " ").strip()


def machine() -> Mapping[str, Any]:
    """What a figure must be read with."""
    models = [line.partition(":")[2].strip() for line in _read("cpuinfo").splitlines() if line.startswith("model name")]
    total_kib = int(_read("meminfo").split()[1])
    return {
        "cpu": models[0] if models else os.uname().machine,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(total_kib / 1024**2, 1),
        "kernel": os.uname().release,
        "python": platform.python_version(),
        "load_at_start": os.getloadavg()[0],
        **{name: version(name) for name in _LIBRARIES},
    }


def _stat(pid: int) -> list[str]:
    """Fields of proc(5)'s stat from the state on; empty when it has ended. The name before may hold blanks."""
    return _read(f"{pid}/stat").rpartition(")")[2].split()


def _read(name: str) -> str:
    try:
        return (_PROC / name).read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""

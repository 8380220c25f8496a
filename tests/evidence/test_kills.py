"""Killed at any point of writing and started again, the chain is whole, has one end, and says everything once."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fusion.evidence.check import check
from fusion.evidence.seals import CaseSealed, KeyMade, PartsDropped

from .world import NOON, World

POINTS = [
    *(
        f"{when} {what}"
        for when in ("before", "after")
        for what in ("write_draft", "write_once", "link", "sync_folder")
    ),
    *(f"{when} {what}" for when in ("before", "after") for what in ("write_whole", "add", "make", "keep_only")),
    *(f"{when} {what}" for when in ("before", "after") for what in ("remove", "dropped", "unlink")),
]


class Keepers:
    """Keepers, one after the other, or two of them side by side."""

    def __init__(self, folder: Path) -> None:
        args = [sys.executable, str(Path(__file__).parent / "keeper_process.py"), str(folder)]
        self._process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, point: str, times: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{point} {times}\n")
        self._process.stdin.flush()

    def ended(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def run(self, point: str, times: int) -> int:
        self.start(point, times)
        return self.ended()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def keepers(tmp_path: Path) -> Iterator[tuple[Keepers, Keepers]]:
    both = Keepers(tmp_path), Keepers(tmp_path)
    yield both
    for one in both:
        one.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("times", [1, 2])
def test_a_keeper_that_is_killed_at_every_point_neither_forks_nor_cuts_the_chain(
    tmp_path: Path, keepers: tuple[Keepers, Keepers], times: int
) -> None:
    world = World(tmp_path)
    killed = 0
    for point in POINTS:
        # Each time there is one more case to seal, and one to drop, so that each point is reached.
        world.file()
        world.close(world.file(), NOON - timedelta(days=400))
        killed += keepers[0].run(point, times) == -signal.SIGKILL
    assert killed > len(POINTS) * 0.6
    assert keepers[0].run("none", 0) == 0

    report = check(world.folder)
    assert report.intact, report.lines("en")
    cases = world.store.cases(limit=1000)
    told: Counter[tuple[str, str]] = Counter()
    for seal in world.chain.since(1):
        what = seal.entry.what
        assert not isinstance(what, KeyMade) or seal.entry.seq <= 200
        if isinstance(what, CaseSealed | PartsDropped):
            told[what.case, type(what).__name__] += 1
    assert set(told.values()) == {1}
    assert {case for case, kind in told if kind == "CaseSealed"} == {case.id for case in cases}
    dropped = {case.id for case in cases if case.changed_at < NOON - timedelta(days=1)}
    assert {case for case, kind in told if kind == "PartsDropped"} == dropped
    assert world.store.seals.half_dropped() == []
    left = world.files()
    assert not [name for name in left if name.endswith(".part")]
    for case in cases:
        assert all((ref.path in left) == (case.id not in dropped) for ref in case.evidence)
    head, row = world.chain.head(), world.store.seals.head()
    assert head is not None
    assert row is not None
    assert (head.seq, head.sha256) == (row.seq, row.sha256)
    assert len(list(world.keys.glob("*.pem"))) == 1
    assert len(world.store.seals.of_keys()) == 2
    world.store.close()


def test_two_processes_that_seal_at_once_make_one_chain(tmp_path: Path, keepers: tuple[Keepers, Keepers]) -> None:
    world = World(tmp_path)
    for _ in range(6):
        world.file()
    for one in keepers:
        one.start("none", 0)
    assert [one.ended() for one in keepers] == [0, 0]
    report = check(world.folder)
    assert report.intact, report.lines("en")
    assert sum(isinstance(seal.entry.what, CaseSealed) for seal in world.chain.since(1)) == 6
    world.store.close()

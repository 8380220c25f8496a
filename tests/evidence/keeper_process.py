"""Seals, rotates and drops in processes of their own, to be killed: python keeper_process.py FOLDER.

Each line on standard input, "POINT TIMES", forks one: it kills itself with SIGKILL when it comes to that point for that
time; "none 0" runs to the end. Standard output tells how each one ended, as `os.waitstatus_to_exitcode` does.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from evidence.world import NOON, World
from fusion.evidence import chain, dropping, folder
from fusion.evidence.keys import KeyFolder
from fusion.handlers import custody
from fusion.storage.seal_book import SealBook
from fusion.types.signal import Reason

WHY = Reason("保存期满", "kept long enough")


class Trap:
    """Kills this process when a point is reached for the given time."""

    def __init__(self, point: str, times: int) -> None:
        self._point, self._left = point, times

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def trapped(*args: Any, **kwargs: Any) -> Any:
            self._at(f"before {name}")
            answer = call(*args, **kwargs)
            self._at(f"after {name}")
            return answer

        return trapped

    def _at(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def keep(at: Path, trap: Trap) -> None:
    """The same deeds each time, as far as they are not done."""
    for module, name in ((folder, "write_draft"), (folder, "sync_folder"), (chain, "write_once"), (os, "link")):
        setattr(module, name, trap.around(name, getattr(module, name)))
    setattr(chain, "write_whole", trap.around("write_whole", folder.write_whole))  # noqa: B010 - its type is another
    setattr(custody, "remove", trap.around("remove", dropping.remove))  # noqa: B010
    setattr(Path, "unlink", trap.around("unlink", Path.unlink))  # noqa: B010
    for kind, names in ((SealBook, ("add", "dropped")), (KeyFolder, ("make", "keep_only"))):
        for name in names:
            setattr(kind, name, trap.around(name, getattr(kind, name)))
    world = World(at)
    world.chain.repair()
    world.custody.sync()
    world.custody.drop_on()
    cases = sorted(world.store.cases(), key=lambda case: case.number)
    for case in cases:
        world.custody.seal(case.id)
    if len(world.store.seals.of_keys()) < 2:
        world.custody.rotate()
    for case in cases:
        found = world.store.case(case.id)
        if found is not None and found[0].changed_at < NOON - timedelta(days=1):
            world.custody.drop(found[0], WHY)
    world.store.close()


def main() -> None:
    """Nothing here has threads, so that a fork is safe."""
    for line in sys.stdin:
        point, _, times = line.strip().rpartition(" ")
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)  # its log is not for whoever reads our lines
            keep(Path(sys.argv[1]), Trap(point, int(times)))
            os._exit(0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

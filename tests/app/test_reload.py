"""The register of terminals is edited while the zone runs."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from fusion.app.reload import TerminalsWatch
from fusion.app.system import System
from fusion.cli.sites import demo_zone
from fusion.settings.site import read_site
from fusion.types.terminal import Health


@dataclass
class Running:
    """A demo zone whose register is a file of its own."""

    system: System
    register: Path

    def live(self) -> dict[str, datetime]:
        return {s.terminal_id: s.since for s in self.system.shards.statuses() if s.health is Health.LIVE}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("site")
    for entry in demo_zone().iterdir():
        if entry.name != "terminals.yaml":
            (folder / entry.name).symlink_to(entry.resolve())
    register = folder / "terminals.yaml"
    register.write_bytes((demo_zone() / "terminals.yaml").read_bytes())
    site = replace(read_site(folder), data_override=tmp_path_factory.mktemp("data"))
    system = System(site)
    system.start()
    watch = TerminalsWatch(system, every_s=0.2)
    watch.start()
    try:
        yield Running(system, register)
    finally:
        watch.stop()
        system.stop()


def _until(holds: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline_s, pause = time.monotonic() + timeout_s, threading.Event()
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come about in time"
        pause.wait(0.05)


def test_a_terminal_taken_out_is_read_no_more_and_one_put_back_is_and_the_others_notice_nothing(
    running: Running,
) -> None:
    _until(lambda: len(running.live()) == 16)
    before = running.live()
    zone = running.system.backend().zone()
    text = running.register.read_text("utf-8")
    without = re.sub(r"sub: 'fleet:/T-0003/sub', main: 'fleet:/T-0003/main', ", "", text)
    running.register.write_text(without, "utf-8")
    _until(lambda: "T-0003" not in running.live())
    assert len(running.live()) == 15
    assert running.live().items() <= before.items()
    assert sum(terminal.connected for terminal in running.system.terminals) == 15
    assert len(zone.terminals) == 1677
    running.register.write_text(text, "utf-8")
    # A report is up to a second old: it is read again when its status began later than the one before.
    _until(lambda: running.live().get("T-0003", before["T-0003"]) > before["T-0003"])
    others = {terminal_id: since for terminal_id, since in running.live().items() if terminal_id != "T-0003"}
    assert others.items() <= before.items()


def test_a_register_with_a_fault_is_told_and_the_old_one_stays(
    running: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    _until(lambda: len(running.live()) == 16)
    before, text = running.live(), running.register.read_text("utf-8")
    running.register.write_text(text.replace("height_m: 3.8", "height_m: high", 1), "utf-8")
    told = []

    def heard() -> bool:
        told.append(capfd.readouterr().out)
        return "height_m" in "".join(told)

    _until(heard)
    assert "the old ones stay" in "".join(told)
    assert running.live() == before
    running.register.write_text(text, "utf-8")

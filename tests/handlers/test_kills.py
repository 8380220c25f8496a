"""Killed at any point and started again, the engine loses nothing and does nothing twice."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import redis

from fusion.alerts.messages import Alert
from fusion.bus import Bus
from fusion.handlers.wire import PHONES, SIGNALS, pack
from fusion.storage import Store
from fusion.types.case import CaseState
from fusion.types.phone import Answer, PhonePosition
from fusion.types.signal import Phase

from .engine_process import POINTS
from .waiting import eventually
from .zone import a_picture, answered, away, path_of, said, sqlite

THINGS = 24
KILLS = [(point, number) for point in POINTS for number in (1, 3)] + [("forever", 0)] * 3


class Process:
    """Engines, one after the other."""

    def __init__(self, folder: Path, url: str) -> None:
        args = [sys.executable, str(Path(__file__).parent / "engine_process.py"), str(folder), url]
        self._log = (folder / "engine.log").open("w")
        self._process = subprocess.Popen(
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )

    def start(self, point: str, number: int) -> int:
        """Its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{point} {number}\n")
        self._process.stdin.flush()
        return int(self._line())

    def wait_dead(self) -> None:
        assert self._line() == "dead"

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class World:
    """Cameras and phones that go on while engines die. Everything is told twice, as after a reconnection."""

    def __init__(self, bus: Bus, store: Store) -> None:
        self.bus, self.store = bus, store
        self.answered: set[str] = set()
        self.said = 0

    def say(self, things: range) -> None:
        now = datetime.now(UTC)
        for thing in things:
            for source, phase, later_s in (
                ("a", Phase.STARTED, 0),
                ("b", Phase.STARTED, 1),
                ("a", Phase.CONTINUING, 2),
            ):
                at = now - timedelta(seconds=5 - later_s)
                message = said(
                    at,
                    source=f"T-{thing}{source}",
                    phase=phase,
                    since=now - timedelta(seconds=5),
                    east_m=thing * 100.0,
                    evidence=(a_picture(f"e-{thing}-{source}"),) if phase is Phase.STARTED else (),
                )
                for _ in range(2):
                    self.bus.publish(SIGNALS, pack(message))
                self.said += 1

    def answer(self) -> None:
        """Phones accept what they were told and have not answered."""
        for case in self.store.cases(limit=1000):
            if case.alert_id is not None and case.alert_id not in self.answered:
                self.answered.add(case.alert_id)
                message = pack(answered(case, Answer.ACCEPT))
                for _ in range(2):
                    self.bus.publish(PHONES, message)


@pytest.mark.timeout(180)
def test_an_engine_that_is_killed_at_every_point_loses_nothing_and_doubles_nothing(
    tmp_path: Path, stack: ExitStack
) -> None:
    bus = Bus("embedded", tmp_path / "bus")
    stack.callback(bus.close)
    assert bus.embedded is not None
    store = sqlite(tmp_path)
    stack.callback(store.close)
    engines = Process(tmp_path, bus.embedded.url)
    stack.callback(engines.close)
    client = redis.Redis.from_url(bus.embedded.url)
    stack.callback(client.close)
    world, pause = World(bus, store), threading.Event()
    chance = random.Random(7)  # noqa: S311 - seeded, so that it can be run again
    with store.transaction() as unit:
        at = datetime.now(UTC)
        unit.put_position(PhonePosition(id="p", worker_id="W-1", point=away(1000), accuracy_m=5, at=at))

    for number, (point, times) in enumerate(KILLS):
        world.say(range(number * THINGS // len(KILLS), (number + 1) * THINGS // len(KILLS)))
        world.answer()
        pid = engines.start(point, times)
        if point == "forever":
            pause.wait(chance.uniform(0.1, 0.6))
            os.kill(pid, signal.SIGKILL)
        engines.wait_dead()

    last = engines.start("forever", 0)
    assert eventually(lambda: len(store.cases(limit=1000)) == THINGS, 60), (tmp_path / "engine.log").read_text()[-2000:]
    world.answer()
    assert eventually(lambda: client.xlen(SIGNALS) == client.xlen(PHONES) == bus.backlog == 0, 60)
    os.kill(last, signal.SIGKILL)
    engines.wait_dead()

    cases = store.cases(limit=1000)
    assert Counter(case.terminal_id for case in cases) == {f"T-{thing}a": 1 for thing in range(THINGS)}
    assert sorted(case.number[-4:] for case in cases) == [f"{n:04d}" for n in range(1, THINGS + 1)]
    assert {case.state for case in cases} == {CaseState.ACKNOWLEDGED}
    incidents = store.incidents()
    assert len(incidents) == THINGS
    assert sum(incident.signals for incident in incidents) == world.said
    alerts = [msgspec.json.decode(m.payload, type=Alert) for m in store.unsent(1000) if m.topic.endswith("/alerts")]
    assert Counter(alert.case_id for alert in alerts) == {case.id: 1 for case in cases}
    for case in cases:
        found = store.case(case.id)
        assert found is not None
        deeds = [event.deed for event in found[1]]
        assert sorted(deeds) == ["acknowledge", "dispatch", "evidence", "file", "opened", "signal"]
        assert path_of(found[1]) == ["file", "dispatch", "acknowledge"]
        assert len(found[0].evidence) == 2

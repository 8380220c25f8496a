"""The engine's thread: from the bus to the store, whatever is away for a while."""

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from fusion.bus import Bus
from fusion.handlers.cases import Zone
from fusion.handlers.engine import Engine
from fusion.handlers.wire import PHONES, SIGNALS, pack
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.storage import Store
from fusion.types.case import CaseState
from fusion.types.phone import Answer, OutboxMessage, PhonePosition

from .waiting import eventually
from .zone import answered, away, said, the_zone


class Live:
    """A running engine."""

    def __init__(self, folder: Path, store: Store, stack: ExitStack) -> None:
        self.store = store
        self.bus = Bus("embedded", folder / "bus")
        stack.callback(self.bus.close)
        self.zone = the_zone(store)
        self.written = 0
        self._stack = stack

    def start(self, zone: Zone | None = None) -> Engine:
        engine = Engine(
            self.store,
            self.bus,
            zone or self.zone,
            FusionPolicy(),
            DispatchTimes(),
            written=self._count,
        )
        self._stack.callback(engine.stop)
        now = datetime.now(UTC)
        self.bus.publish(PHONES, pack(PhonePosition(id="p", worker_id="W-1", point=away(100), accuracy_m=5, at=now)))
        assert self.bus.settle(10)
        engine.start()
        assert eventually(lambda: "W-1" in self.store.positions())
        return engine

    def say(self, thing: int) -> None:
        now = datetime.now(UTC)
        self.bus.publish(SIGNALS, pack(said(now, source=f"T-{thing}", east_m=thing * 100)))

    def waiting(self) -> int:
        assert self.bus.embedded is not None
        with redis.Redis.from_url(self.bus.embedded.url) as client:
            return int(client.xlen(SIGNALS)) + int(client.xlen(PHONES))

    def refused(self) -> list[bytes]:
        assert self.bus.embedded is not None
        with redis.Redis.from_url(self.bus.embedded.url) as client:
            return [fields[b"why"] for _, fields in client.xrange("fusion:refused")]

    def _count(self) -> None:
        self.written += 1


@pytest.fixture
def live(tmp_path: Path, store: Store, stack: ExitStack) -> Live:
    return Live(tmp_path, store, stack)


def cases(live: Live, count: int) -> Callable[[], bool]:
    return lambda: len(live.store.cases()) == count


def test_signals_and_answers_go_from_the_bus_into_cases(live: Live) -> None:
    live.start()
    live.say(1)
    assert eventually(cases(live, 1))
    (case,) = live.store.cases()
    assert case.worker_id == "W-1"
    live.bus.publish(PHONES, pack(answered(case, Answer.ACCEPT)))
    assert eventually(lambda: live.store.cases()[0].state is CaseState.ACKNOWLEDGED)
    assert eventually(lambda: live.waiting() == 0)
    assert live.written == 2


def test_what_nobody_can_read_is_set_aside_and_the_next_goes_on(live: Live) -> None:
    live.start()
    live.bus.publish(SIGNALS, b"nonsense")
    live.say(1)
    assert eventually(cases(live, 1))
    assert eventually(lambda: live.waiting() == 0)
    assert [why.split(b":")[0] for why in live.refused()] == [b"bus message"]


def test_a_message_that_makes_us_stumble_is_set_aside_and_the_next_goes_on(live: Live) -> None:
    def alert(case: object, now: datetime) -> OutboxMessage:
        if getattr(case, "terminal_id", "") == "T-1":
            raise ZeroDivisionError("ours")
        return live.zone.alert(case, now)  # type: ignore[arg-type]

    live.start(replace(live.zone, alert=alert))
    live.say(1)
    live.say(2)
    assert eventually(cases(live, 1))
    assert live.store.cases()[0].terminal_id == "T-2"
    assert eventually(lambda: live.refused() == [b"ZeroDivisionError('ours')"])


def test_nothing_is_lost_when_the_bus_dies_under_the_engine(live: Live) -> None:
    live.start()
    assert live.bus.embedded is not None
    for thing in range(30):
        if thing in {10, 20}:
            pid = live.bus.embedded.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        live.say(thing)
    assert eventually(cases(live, 30), 40)
    assert eventually(lambda: live.waiting() == 0, 20)
    assert sorted(case.number[-4:] for case in live.store.cases()) == [f"{n:04d}" for n in range(1, 31)]
    assert live.store.unsent_count() == 30


def test_nothing_is_lost_when_the_store_is_away_for_a_while(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: ExitStack
) -> None:
    monkeypatch.setattr("fusion.storage.database._BUSY_S", 0)
    live.store._db.close()
    live.store = Store(live.store._db._engine.url)
    stack.callback(live.store.close)
    live.start()
    with closing(sqlite3.connect(tmp_path / "fusion.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for thing in range(10):
            live.say(thing)
        assert eventually(lambda: not live.store.well)
    assert eventually(cases(live, 10), 20)
    assert eventually(lambda: live.waiting() == 0, 20)


def test_an_engine_that_was_stopped_goes_on_where_it_was(live: Live) -> None:
    live.start().stop()
    for thing in range(5):
        live.say(thing)
    live.start()
    assert eventually(cases(live, 5))
    assert eventually(lambda: live.waiting() == 0)

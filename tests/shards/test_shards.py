"""Shards as real processes, on real streams."""

import io
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from fusion.cli.sites import demo_zone
from fusion.detectors.pool import OnnxConfig
from fusion.fleet import FleetConfig, FleetProcess, StreamConfig
from fusion.handlers.wire import unpack
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.policy import ReadPolicy
from fusion.rules.dumping import DumpingConfig
from fusion.rules.stall import StallConfig
from fusion.shards.order import Order
from fusion.shards.shards import Shards
from fusion.tracking.config import FollowerConfig
from fusion.types.errors import SiteError
from fusion.types.masks import Masks, PrivacyClip
from fusion.types.place import GeoPoint
from fusion.types.signal import Signal
from fusion.types.terminal import Health, Terminal
from fusion.types.zone import Zone

CLIPS = demo_zone() / "clips"
QUICK = ReadPolicy(backoff_first=timedelta(seconds=0.2), ring=timedelta(seconds=2))
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass
class Zoo:
    """Six streams in two shards, and the signals that they told."""

    shards: Shards
    terminals: tuple[Terminal, ...]
    signals: list[bytes] = field(default_factory=list)

    def live(self) -> set[str]:
        return {status.terminal_id for status in self.shards.statuses() if status.health is Health.LIVE}


@pytest.fixture(scope="module")
def fleet() -> Iterator[FleetProcess]:
    clips = ("chat", "night", "rain", "dump_bags", "chat", "night", "chat")
    streams = tuple(StreamConfig(path=f"/{n}", clip=CLIPS / f"{name}.sub.mp4") for n, name in enumerate(clips))
    with FleetProcess(FleetConfig(streams=streams)) as fleet:
        yield fleet


def _terminal(fleet: FleetProcess, number: int) -> Terminal:
    zone = Zone(id="Z", name="禁倒点", kind="no_dumping", polygon=WHOLE)
    return Terminal(
        id=f"T-{number}",
        name=f"terminal {number}",
        point=GeoPoint(120.0, 30.0),
        height_m=4.0,
        bearing_deg=0.0,
        grid_id=None,
        sub_url=fleet.url(f"/{number}"),
        zones=(zone,),
    )


def _order(terminals: tuple[Terminal, ...], folder: Path, **more: object) -> Order:
    order = Order(
        number=0,
        folder=folder,
        plugins=(),
        detectors=OnnxConfig(),
        looking=LookingPolicy(shards=2, reading=QUICK),
        follow=FollowerConfig(),
        rules=(StallConfig(), DumpingConfig()),
        grids=(),
        timezone="Asia/Shanghai",
        reserve_bytes=0,
        evidence=folder / "evidence",
        memories=folder / "memories",
        terminals=terminals,
        history={"T-0": (datetime.now(UTC),)},
    )
    return replace(order, **more)  # type: ignore[arg-type]  # a test names what it changes


@pytest.fixture(scope="module")
def zoo(fleet: FleetProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    folder = tmp_path_factory.mktemp("shards")
    terminals = tuple(_terminal(fleet, number) for number in range(6))
    signals: list[bytes] = []
    zoo = Zoo(Shards(_order(terminals, folder), signals.append, folder), terminals, signals)
    zoo.shards.start()
    try:
        yield zoo
    finally:
        zoo.shards.stop()
        assert not any(zoo.shards.pids)


def _until(holds: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline_s, pause = time.monotonic() + timeout_s, threading.Event()
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come about in time"
        pause.wait(0.05)


def test_all_terminals_are_live_and_their_looks_are_judged_in_two_processes(zoo: Zoo) -> None:
    _until(lambda: zoo.live() == {terminal.id for terminal in zoo.terminals})
    _until(lambda: zoo.shards.looked > 6)
    assert len(set(zoo.shards.pids)) == 2
    assert zoo.shards.counters.packets > 100
    assert zoo.shards.counters.lost == 0
    assert not zoo.shards.looking.overloaded
    still = zoo.shards.still("T-0")
    assert still is not None
    assert still[:2] == b"\xff\xd8"
    assert zoo.shards.still("nobody") is None
    clip = zoo.shards.clip("T-1")
    assert clip is not None
    assert clip[4:8] == b"ftyp"
    names = {family.name for family in zoo.shards.metrics()}
    assert {"fusion_packets", "fusion_looks"} <= names


def test_a_signal_of_a_shard_reaches_the_parent(zoo: Zoo) -> None:
    _until(lambda: zoo.signals, timeout_s=90)
    told = unpack(zoo.signals[0], datetime.now(UTC))
    assert isinstance(told, Signal)
    assert (told.source_id, told.kind) == ("T-3", "waste_dumping")


def test_a_shard_that_is_killed_is_back_within_ten_seconds_and_the_other_notices_nothing(zoo: Zoo) -> None:
    _until(lambda: len(zoo.live()) == 6)
    killed, other = zoo.shards.pids
    theirs = set(zoo.shards.terminals_of(1))
    before = {s.terminal_id: s.since for s in zoo.shards.statuses() if s.terminal_id in theirs}
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    _until(lambda: zoo.live() == theirs, 5)
    began_s = time.monotonic()
    _until(lambda: len(zoo.live()) == 6, 10)
    assert time.monotonic() - began_s < 10
    assert zoo.shards.pids[1] == other
    assert {s.terminal_id: s.since for s in zoo.shards.statuses() if s.terminal_id in theirs} == before


def test_terminals_come_change_and_go_without_touching_the_others(zoo: Zoo, fleet: FleetProcess) -> None:
    _until(lambda: len(zoo.live()) == 6)
    kept = {s.terminal_id: s.since for s in zoo.shards.statuses()}
    renamed = replace(zoo.terminals[2], name="another name")
    changed = replace(zoo.terminals[1], sub_url=fleet.url("/6"))
    wanted = (zoo.terminals[0], changed, renamed, *zoo.terminals[3:5], _terminal(fleet, 6))
    assert zoo.shards.update(wanted) == (1, 1, 1)
    _until(lambda: zoo.live() == {"T-0", "T-1", "T-2", "T-3", "T-4", "T-6"})
    _until(lambda: _since(zoo, "T-1") > kept["T-1"])
    assert all(_since(zoo, terminal_id) == kept[terminal_id] for terminal_id in ("T-0", "T-2", "T-3", "T-4"))
    assert zoo.shards.update(wanted) == (0, 0, 0)


def _since(zoo: Zoo, terminal_id: str) -> datetime:
    return next(status.since for status in zoo.shards.statuses() if status.terminal_id == terminal_id)


def test_what_is_told_while_a_shard_is_started_again_is_not_lost(zoo: Zoo, fleet: FleetProcess) -> None:
    _until(lambda: len(zoo.live()) == 6)
    before = tuple(zoo.shards._terminals.values())
    pid = zoo.shards.pids[0]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _until(lambda: zoo.shards.pids[0] not in {None, pid})
    gone = zoo.shards.terminals_of(0)[0]
    zoo.shards.update([terminal for terminal in before if terminal.id != gone])
    _until(lambda: zoo.live() == {terminal.id for terminal in before} - {gone})
    zoo.shards.update(before)
    _until(lambda: len(zoo.live()) == 6)
    assert fleet.pid


def test_a_privacy_mask_that_is_saved_while_it_runs_is_in_each_picture_and_clip_from_then_on(zoo: Zoo) -> None:
    _until(lambda: len(zoo.live()) == 6)
    before = tuple(zoo.shards._terminals.values())
    left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    masked = replace(before[0], masks=Masks(private=(left_half,)))
    assert zoo.shards.update((masked, *before[1:])) == (0, 1, 0)
    still = _given(lambda: zoo.shards.still(masked.id))
    grey = cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    picture = grey.astype(int)
    width = picture.shape[1]
    assert np.ptp(picture[:, : width // 2 - 16]) <= 4
    assert np.ptp(picture[:, width // 2 + 16 :]) > 50
    with av.open(io.BytesIO(_given(lambda: zoo.shards.clip(masked.id))), "r") as container:
        frames = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
    assert frames
    assert max(np.ptp(frame[:, : width // 2 - 32]) for frame in frames) <= 8
    not_kept = replace(masked, masks=Masks(private=(left_half,), clip=PrivacyClip.NONE))
    zoo.shards.update((not_kept, *before[1:]))
    _given(lambda: zoo.shards.still(masked.id))
    assert zoo.shards.clip(masked.id) is None
    zoo.shards.update(before)


def _given(ask: Callable[[], bytes | None]) -> bytes:
    """What is there after a moment."""
    found: list[bytes] = []

    def asked() -> bool:
        answer = ask()
        found.extend([answer] if answer is not None else [])
        return answer is not None

    _until(asked)
    return found[-1]


def test_an_order_that_cannot_be_carried_out_is_refused_in_words(fleet: FleetProcess, tmp_path: Path) -> None:
    order = _order((_terminal(fleet, 0),), tmp_path, detectors=OnnxConfig(model="no_such_model"))
    shards = Shards(order, lambda _signal: None, tmp_path)
    with pytest.raises(SiteError, match="no_such_model"):
        shards.start()
    shards.stop()
    assert not any(shards.pids)

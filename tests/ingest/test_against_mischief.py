"""Our reader against every way in which the fleet's terminals misbehave: each is told, none hurts its neighbours."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from fusion.cli.sites import demo_zone
from fusion.fleet import FleetConfig, FleetProcess, StreamConfig
from fusion.fleet.mischief import KINDS, mischief_of
from fusion.ingest.look import Look
from fusion.ingest.looking import Looker
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.reader import StreamSpec
from fusion.ingest.troubles.policy import PicturePolicy, StreamPolicy, TroublePolicy
from fusion.types.terminal import Health, TerminalStatus, TroubleKind

SOON, LONGER = timedelta(seconds=1), timedelta(seconds=3)
PICTURE = PicturePolicy(
    settle=2 * LONGER, clear_after=SOON, frozen_after=LONGER, frozen_unsure_after=2 * LONGER, black_after=SOON,
    white_after=SOON, blurred_after=SOON, covered_after=SOON, moved_after=SOON,
    covered_at_once=timedelta(minutes=1),
)  # fmt: skip
STREAM = StreamPolicy(away_after=SOON, settle=LONGER, rate_after=SOON, loss_over=timedelta(seconds=30), loss_after=SOON)
POLICY = LookingPolicy(
    reading=ReadPolicy(
        open_timeout=2 * SOON, read_timeout=2 * SOON, backoff_first=SOON / 4, backoff_cap=SOON, fallback_for=LONGER
    ),
    troubles=TroublePolicy(picture=PICTURE, stream=STREAM),
    longest_gap=timedelta(seconds=4),
    budget_cores=8.0,
)
AWAY = {TroubleKind.OFFLINE, TroubleKind.NO_VIDEO, TroubleKind.REFUSED}
#: What is told of each kind; empty: nothing is, pictures go on.
TOLD: dict[str, set[TroubleKind]] = {
    "offline": AWAY,
    "hang": AWAY,
    "half_open": AWAY,
    "reset": AWAY,
    "refuse": {TroubleKind.REFUSED},
    "lying_length": AWAY,
    "endless_header": AWAY,
    "loss": {TroubleKind.PACKET_LOSS},
    "reorder": {TroubleKind.PACKET_LOSS},
    "garbage": AWAY | {TroubleKind.UNSUPPORTED},
    "unknown_channel": set(),
    "zero_nal": set(),
    "no_marker": set(),
    "slow": {TroubleKind.RATE_FALLEN, TroubleKind.PACKET_LOSS, *AWAY},
    "clock_jump": {TroubleKind.CLOCK_OFF},
    "timestamp_wrap": set(),
    "freeze": {TroubleKind.FROZEN},
    "black": {TroubleKind.BLACK},
    "over_exposed": {TroubleKind.OVER_EXPOSED},
    "blur": {TroubleKind.BLURRED},
    "cover": {TroubleKind.COVERED},
    "shift": {TroubleKind.MOVED, TroubleKind.COVERED},
    "sparse_gop": {TroubleKind.SPARSE_KEYFRAMES},
    "low_fps": {TroubleKind.RATE_FALLEN},
    "low_bitrate": set(),  # as many pictures in fewer bits: what a better codec does too
    "huge_sps": {TroubleKind.UNSUPPORTED, *AWAY},
}
STRONG: dict[str, dict[str, Any]] = {
    "loss": {"share": 0.2},
    "reorder": {"share": 0.3},
    "slow": {"share": 0.2},
    "blur": {"radius": 0.03},
    "sparse_gop": {"period": timedelta(seconds=10)},
}
NEIGHBOURS = ("/n/1", "/n/2")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first eight seconds of a rendered street: 8 pictures a second, a keyframe every 2 s."""
    path = tmp_path_factory.mktemp("clip") / "street.mp4"
    with av.open(str(demo_zone() / "clips" / "chat.sub.mp4")) as source, av.open(str(path), "w") as made:
        stream = made.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is None or packet.pts is None or float(packet.pts * packet.time_base) >= 8.0:
                continue
            packet.stream = stream
            made.mux(packet)
    return path


class Watch:
    """A looker over a fleet, and how many pictures each terminal gave."""

    def __init__(self, fleet: FleetProcess, paths: dict[str, str]) -> None:
        self.looks: dict[str, int] = dict.fromkeys(paths, 0)
        self._lock = threading.Lock()
        specs = [StreamSpec(name, fleet.url(path)) for name, path in paths.items()]
        self.looker = Looker(specs, POLICY, self._look)

    def _look(self, look: Look) -> None:
        with self._lock:
            self.looks[look.picture.terminal_id] += 1

    def statuses(self) -> dict[str, TerminalStatus]:
        return {status.terminal_id: status for status in self.looker.statuses()}

    def told(self, name: str) -> set[TroubleKind]:
        return {trouble.kind for trouble in self.statuses()[name].troubles}

    def live(self, names: list[str]) -> bool:
        statuses = self.statuses()
        return all(statuses[name].health is Health.LIVE for name in names)


def until(holds: Callable[[], bool], timeout_s: float) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def fleet(clip: Path) -> Iterator[FleetProcess]:
    paths = [*(f"/m/{kind}" for kind in KINDS), *NEIGHBOURS]
    config = FleetConfig(streams=tuple(StreamConfig(path=path, clip=clip) for path in paths), join="keyframe")
    with FleetProcess(config) as fleet:
        yield fleet


def test_this_file_knows_every_kind() -> None:
    assert TOLD.keys() == KINDS.keys()


@pytest.mark.timeout(300)
def test_every_mischief_is_told_for_what_it_is_and_passes_and_hurts_no_neighbour(fleet: FleetProcess) -> None:
    paths = {kind: f"/m/{kind}" for kind in KINDS} | {path[1:].replace("/", "-"): path for path in NEIGHBOURS}
    neighbours = [name for name in paths if name.startswith("n-")]
    watch = Watch(fleet, paths)
    watch.looker.start()
    try:
        assert until(lambda: watch.live(list(paths)) and min(watch.looks.values()) >= 16, 100)
        before = dict(watch.looks)
        for kind in KINDS:
            fleet.begin(f"/m/{kind}", mischief_of(kind, **STRONG.get(kind, {})))
            if kind in {"refuse", "lying_length", "endless_header", "huge_sps"}:
                # These are met by who asks: who plays already must ask again.
                fleet.begin(f"/m/{kind}", mischief_of("reset"))
                fleet.end(f"/m/{kind}", "reset")
        untold = {kind for kind, kinds in TOLD.items() if kinds}

        def tell() -> bool:
            untold.difference_update({kind for kind in untold if watch.told(kind) & TOLD[kind]})
            return not untold

        assert until(tell, 60), f"never told: {sorted(untold)}"
        for kind in (kind for kind, kinds in TOLD.items() if not kinds):
            assert watch.looks[kind] > before[kind], f"{kind}: no picture any more"
            assert not watch.told(kind) & AWAY, kind
        assert not any(watch.told(name) for name in neighbours)
        fleet.end("/m/*")
        assert until(lambda: watch.live([kind for kind in KINDS if kind != "huge_sps"]), 40)
        after = dict(watch.looks)
        assert until(lambda: all(watch.looks[name] > after[name] for name in paths if name != "huge_sps"), 30)
        assert not any(watch.told(name) for name in neighbours)
    finally:
        watch.looker.stop()

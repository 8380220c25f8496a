"""The looker on real RTSP streams of a fleet in a process of its own."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from fusion.children import free_port
from fusion.fleet import FleetConfig, FleetProcess, State, StreamConfig
from fusion.ingest.look import Look
from fusion.ingest.looking import Looker
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.probe import probe
from fusion.ingest.reader import StreamSpec
from fusion.types.errors import SiteError
from fusion.types.terminal import Health, TerminalStatus

Until = Callable[..., None]
SECRET = "s3cr@t/hush"
QUICK = ReadPolicy(
    open_timeout=timedelta(seconds=1),
    read_timeout=timedelta(seconds=1),
    backoff_first=timedelta(seconds=0.2),
    backoff_cap=timedelta(seconds=1),
)
POLICY = LookingPolicy(reading=QUICK)


@pytest.fixture(scope="module")
def fleet(street_h264: Path, street_h265: Path, sparse_h264: Path) -> Iterator[FleetProcess]:
    login = {"user": "viewer", "password": SECRET}
    streams = (
        StreamConfig(path="/h264", clip=street_h264, **login),
        StreamConfig(path="/h265", clip=street_h265),
        StreamConfig(path="/sparse", clip=sparse_h264),
        StreamConfig(path="/hangs", clip=street_h264),
    )
    with FleetProcess(FleetConfig(streams=streams)) as fleet:
        yield fleet


class Watch:
    """A looker, and the looks that it gave."""

    def __init__(
        self,
        urls: dict[str, str],
        policy: LookingPolicy = POLICY,
        on_look: Callable[[Look], None] = lambda _: None,
    ) -> None:
        self.looks: list[Look] = []
        self._on_look = on_look
        self.looker = Looker([StreamSpec(name, url) for name, url in urls.items()], policy, self._keep)

    def _keep(self, look: Look) -> None:
        self.looks.append(look)
        self._on_look(look)

    def status(self, terminal_id: str) -> TerminalStatus:
        return next(status for status in self.looker.statuses() if status.terminal_id == terminal_id)

    def of(self, terminal_id: str) -> list[Look]:
        return [look for look in self.looks if look.picture.terminal_id == terminal_id]

    def __enter__(self) -> Self:
        self.looker.start()
        return self

    def __exit__(self, *_: object) -> None:
        began_s = time.monotonic()
        self.looker.stop()
        assert time.monotonic() - began_s < 3


def test_h264_and_h265_are_looked_at_by_keyframes_and_what_moves_is_boxed(fleet: FleetProcess, until: Until) -> None:
    with Watch({"a": fleet.url("/h264"), "b": fleet.url("/h265")}) as watch:
        until(lambda: len(watch.of("a")) >= 4 and len(watch.of("b")) >= 4)
        for name, codec in (("a", "h264"), ("b", "hevc")):
            looks, status = watch.of(name), watch.status(name)
            assert all(look.picture.keyframe and not look.burst for look in looks)
            assert any(look.changes for look in looks[1:])
            assert looks[0].picture.size_px == (320, 176)
            assert status.health is Health.LIVE
            assert (status.codec, status.size_px, status.detail) == (codec, (320, 176), "")
            assert status.keyframe_gap_s == pytest.approx(1.0, abs=0.1)
            ats = [look.picture.at for look in looks]
            assert ats == sorted(ats)
            assert timedelta(0) <= datetime.now(UTC) - ats[-1] < timedelta(seconds=2)
        counters = watch.looker.counters
        assert counters.packets > counters.keyframes >= counters.looked >= 8
        newest = watch.looker.newest("a")
        assert newest is not None
        assert newest.y.mean() > 80
        assert watch.looker.packets("a")[0].keyframe


def test_a_wrong_password_is_refused_and_no_password_is_told_to_anybody(
    fleet: FleetProcess, until: Until, capfd: pytest.CaptureFixture[str]
) -> None:
    right = fleet.url("/h264")
    wrong = right.replace("hush", "wr0ng")
    with Watch({"a": right, "b": wrong, "c": right.replace("/h264", "/nowhere")}) as watch:
        until(lambda: watch.status("b").health is Health.REFUSED and watch.status("c").health is Health.REFUSED)
        until(lambda: watch.status("a").health is Health.LIVE)
        told = repr(watch.looker.statuses()) + repr(vars(watch.looker)) + repr(watch.looker.counters)
        assert "401" in watch.status("b").detail
        assert "404" in watch.status("c").detail
    captured = capfd.readouterr()
    told += captured.out + captured.err
    assert "terminal_lost" in told
    for secret in ("hush", "wr0ng", "s3cr", "viewer"):
        assert secret not in told


def test_a_server_that_is_killed_and_comes_back_is_read_again_after_waits(
    street_h264: Path, until: Until, capfd: pytest.CaptureFixture[str]
) -> None:
    config = FleetConfig(streams=(StreamConfig(path="/a", clip=street_h264),), port=free_port())
    with FleetProcess(config) as fleet:
        watch = Watch({"a": fleet.url("/a")})
        watch.looker.start()
        until(lambda: watch.looks)
    try:
        until(lambda: watch.status("a").health is Health.OFFLINE)
        until(lambda: "nobody listens" in watch.status("a").detail)
        since = watch.status("a").since
        time_before = len(watch.looks)
        with FleetProcess(config):
            until(lambda: watch.status("a").health is Health.LIVE)
            until(lambda: len(watch.looks) > time_before + 1)
        assert watch.status("a").since > since
        assert watch.looker.counters.reconnects == 1
        ats = [look.picture.at for look in watch.looks]
        assert ats == sorted(ats)
    finally:
        watch.looker.stop()
    output = capfd.readouterr().out
    assert 1 <= output.count("nobody listens") <= 40
    assert "again_in_s" in output


def test_a_server_that_accepts_and_says_nothing_is_offline_within_the_timeout_and_stopping_is_quick(
    deaf_port: int, until: Until
) -> None:
    with Watch({"a": f"rtsp://viewer:hush@127.0.0.1:{deaf_port}/a"}) as watch:
        until(lambda: watch.status("a").health is Health.OFFLINE, timeout_s=3)
        assert "no answer within 1 s" in watch.status("a").detail


def test_stopping_is_quick_while_a_camera_hangs(deaf_port: int) -> None:
    slow = POLICY.model_copy(update={"reading": ReadPolicy(open_timeout=timedelta(minutes=1))})
    with Watch({f"t{n}": f"rtsp://127.0.0.1:{deaf_port}/{n}" for n in range(12)}, slow):
        time.sleep(0.2)  # lets them begin to hang; it need not be all of them


def test_a_stream_that_falls_silent_is_silent_and_comes_back(fleet: FleetProcess, until: Until) -> None:
    with Watch({"a": fleet.url("/hangs")}) as watch:
        until(lambda: watch.status("a").health is Health.LIVE)
        fleet.set_state("/hangs", State.HANG)
        until(lambda: watch.status("a").health is Health.SILENT, timeout_s=4)
        assert "no packet for 1 s" in watch.status("a").detail
        fleet.set_state("/hangs", State.ONLINE)
        until(lambda: watch.status("a").health is Health.LIVE)


def test_while_a_look_is_slow_newer_keyframes_replace_older_ones(fleet: FleetProcess, until: Until) -> None:
    release = threading.Event()

    def work(_: Look) -> None:
        release.wait(20)

    with Watch({"a": fleet.url("/h264"), "b": fleet.url("/h265")}, on_look=work) as watch:
        until(lambda: watch.looker.counters.dropped.get("newer_keyframe", 0) >= 4)
        assert len(watch.looks) == 1
        asked = datetime.now(UTC)
        release.set()
        until(lambda: len(watch.of("a")) >= 2 and len(watch.of("b")) >= 2)
        after = [look.picture.at for look in watch.looks[1:3]]
        assert all(at > asked - timedelta(seconds=1.5) for at in after)


def test_what_the_callback_raises_is_logged_and_the_looking_goes_on(
    fleet: FleetProcess, until: Until, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Look) -> None:
        raise RuntimeError("the pipeline stumbled")

    with Watch({"a": fleet.url("/h265")}, on_look=fail) as watch:
        until(lambda: len(watch.looks) >= 3)
    assert "the pipeline stumbled" in capfd.readouterr().out


def test_a_burst_catches_up_from_the_ring_and_looks_several_times_a_second(fleet: FleetProcess, until: Until) -> None:
    with Watch({"a": fleet.url("/h264")}) as watch:
        # In the middle between two keyframes: just after one there is nothing yet to catch up with.
        until(lambda: watch.looks and 0.5 < (datetime.now(UTC) - watch.looks[-1].picture.at).total_seconds() < 0.8)
        last = watch.looks[-1].picture.at
        asked = datetime.now(UTC)
        assert watch.looker.burst("a", timedelta(seconds=2))
        until(lambda: sum(look.burst for look in watch.looks) >= 8)
        until(lambda: not watch.looks[-1].burst)
        burst = [look for look in watch.looks if look.burst]
        ats = [look.picture.at for look in watch.looks]
        assert last < burst[0].picture.at < asked
        assert not all(look.picture.keyframe for look in burst)
        gaps_s = [(later.picture.at - sooner.picture.at).total_seconds() for sooner, later in itertools.pairwise(burst)]
        assert min(gaps_s) > 0.19
        assert ats == sorted(set(ats))


def test_no_more_bursts_than_the_cap_and_none_where_there_is_no_stream(fleet: FleetProcess, until: Until) -> None:
    policy = LookingPolicy(bursts_at_once=1, reading=QUICK)
    with Watch({"a": fleet.url("/h264"), "b": fleet.url("/h265")}, policy) as watch:
        until(lambda: watch.of("a") and watch.of("b"))
        assert watch.looker.burst("a", timedelta(seconds=30))
        assert watch.looker.burst("a", timedelta(seconds=30))
        assert not watch.looker.burst("b")
        assert not watch.looker.burst("registered only")
        assert watch.looker.counters.dropped["burst_cap"] == 1


def test_a_burst_may_be_asked_for_from_within_a_look(fleet: FleetProcess, until: Until) -> None:
    def ask(look: Look) -> None:
        if not look.burst:
            assert watch.looker.burst("a")

    watch = Watch({"a": fleet.url("/h265")}, on_look=ask)
    with watch:
        until(lambda: sum(look.burst for look in watch.looks) >= 3)


def test_keyframes_further_apart_than_the_longest_gap_make_the_stream_decoded_whole_and_the_status_says_so(
    fleet: FleetProcess, until: Until
) -> None:
    policy = LookingPolicy(longest_gap=timedelta(seconds=2), reading=QUICK)
    with Watch({"a": fleet.url("/sparse")}, policy) as watch:
        until(lambda: len(watch.looks) >= 6, timeout_s=20)
        ats = [look.picture.at for look in watch.looks]
        assert max(later - sooner for sooner, later in itertools.pairwise(ats)) < timedelta(seconds=2.3)
        assert not any(look.burst for look in watch.looks)
        status = watch.status("a")
        assert status.health is Health.LIVE
        assert "keyframes come further apart than the 2 s" in status.detail


def test_a_quiet_terminal_is_looked_at_each_longest_gap_and_an_attended_one_at_each_keyframe(
    make_clip: Callable[..., Path], until: Until
) -> None:
    still = make_clip("still.mp4", pictures=10, keyframe_every=10)
    policy = LookingPolicy(longest_gap=timedelta(seconds=2.5), linger=timedelta(0), reading=QUICK)
    # One second in a loop with the block in the same place at each keyframe: nothing ever changes there.
    config = FleetConfig(streams=(StreamConfig(path="/a", clip=still),))
    with FleetProcess(config) as fleet, Watch({"a": fleet.url("/a")}, policy) as watch:
        until(lambda: len(watch.looks) >= 3)
        ats = [look.picture.at for look in watch.looks]
        assert all(1.8 < (b - a).total_seconds() < 2.2 for a, b in itertools.pairwise(ats))
        assert watch.looker.counters.dropped["quiet"] >= 2
        watch.looker.attend("a", datetime.now(UTC) + timedelta(minutes=1))
        seen = len(watch.looks)
        until(lambda: len(watch.looks) >= seen + 3, timeout_s=4.5)


def test_a_quiet_terminal_is_not_even_decoded_more_often_than_the_site_says(
    make_clip: Callable[..., Path], until: Until
) -> None:
    still = make_clip("still.mp4", pictures=10, keyframe_every=10)
    policy = LookingPolicy(
        longest_gap=timedelta(seconds=4), look_every=timedelta(seconds=4), linger=timedelta(0), reading=QUICK
    )
    config = FleetConfig(streams=(StreamConfig(path="/a", clip=still),))
    with FleetProcess(config) as fleet, Watch({"a": fleet.url("/a")}, policy) as watch:
        until(lambda: len(watch.looks) >= 2)
        assert watch.looker.counters.dropped["not_due"] >= 2
        assert watch.looker.counters.dropped.get("quiet", 0) <= 1


def test_two_streams_of_one_terminal_are_refused() -> None:
    with pytest.raises(SiteError, match="terminal a: given twice"):
        Looker([StreamSpec("a", "rtsp://x/1"), StreamSpec("a", "rtsp://x/2")], POLICY, lambda _: None)


def test_the_probe_says_what_a_stream_is(fleet: FleetProcess) -> None:
    info = probe(fleet.url("/h265"))
    assert (info.codec, info.size_px) == ("hevc", (320, 176))
    assert info.fps == pytest.approx(10, abs=0.5)
    assert info.keyframe_gap_s == pytest.approx(1.0, abs=0.05)

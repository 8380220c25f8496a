"""Troubles of a stream, from windows of 5 s, states of the connection and sender reports."""

from datetime import UTC, datetime, timedelta

import pytest

from fusion.ingest.troubles.policy import TroublePolicy
from fusion.ingest.troubles.stream import StreamFacts, StreamTroubles
from fusion.types.terminal import Health, Trouble, TroubleKind

START = datetime(2026, 11, 24, tzinfo=UTC)
WINDOW_S = 5.0


class Stream:
    """A usual sub-stream: 15 pictures and 60 packets a second, half a megabit, a keyframe each 2 s."""

    def __init__(self) -> None:
        self.troubles = StreamTroubles(TroublePolicy(), timedelta(seconds=10))
        self.now = START

    def flow(
        self, seconds: float, *, fps: float = 15, kbps: float = 500, lost: int = 0, gap_s: float | None = 2.0
    ) -> dict[TroubleKind, float]:
        """(kind: seconds from the start of this until it was raised)."""
        began, raised = self.now, dict[TroubleKind, float]()
        while self.now - began < timedelta(seconds=seconds):
            self.now += timedelta(seconds=WINDOW_S)
            facts = StreamFacts(
                at=self.now,
                seconds=WINDOW_S,
                packets=round(60 * WINDOW_S),
                lost=lost,
                octets=round(kbps * 125 * WINDOW_S),
                pictures=round(fps * WINDOW_S),
                keyframe_gap_s=gap_s,
            )
            self.troubles.window(facts)
            self.troubles.state(Health.LIVE, "", self.now)
            self._note(raised, began)
        return raised

    def be(self, health: Health, seconds: float, detail: str = "connection refused") -> dict[TroubleKind, float]:
        began, raised = self.now, dict[TroubleKind, float]()
        while self.now - began < timedelta(seconds=seconds):
            self.now += timedelta(seconds=WINDOW_S)
            self.troubles.state(health, detail, self.now)
            self._note(raised, began)
        return raised

    def only(self) -> Trouble:
        (trouble,) = self.troubles.troubles()
        return trouble

    def _note(self, raised: dict[TroubleKind, float], began: datetime) -> None:
        for trouble in self.troubles.troubles():
            raised.setdefault(trouble.kind, (self.now - began).total_seconds())


def usual() -> Stream:
    stream = Stream()
    assert stream.flow(120) == {}
    return stream


def test_a_usual_stream_is_silent_for_hours() -> None:
    assert Stream().flow(4 * 3600) == {}


def test_pictures_that_became_few_are_told_with_figures_and_end_when_they_are_back() -> None:
    stream = usual()
    began = stream.now
    assert 25 <= stream.flow(60, fps=5, kbps=200)[TroubleKind.RATE_FALLEN] <= 45
    trouble = stream.only()
    assert trouble.since == began + timedelta(seconds=WINDOW_S)
    assert "5.0 pictures/s" in trouble.en
    assert "15.0 pictures/s" in trouble.en
    assert "每秒 5.0 帧" in trouble.zh
    stream.flow(60)
    assert stream.troubles.troubles() == ()


def test_a_short_dip_is_not_told() -> None:
    stream = usual()
    assert stream.flow(20, fps=3, kbps=100) == {}
    assert stream.flow(60) == {}


def test_a_quiet_night_takes_a_tenth_of_the_bits_and_is_no_trouble() -> None:
    assert usual().flow(3600, kbps=45) == {}


def test_a_slow_shutter_at_night_is_no_trouble() -> None:
    stream = Stream()
    stream.flow(120, fps=25)
    assert stream.flow(3600, fps=12, kbps=150) == {}


def test_few_bits_with_fewer_pictures_are_a_line_that_chokes() -> None:
    assert TroubleKind.RATE_FALLEN in usual().flow(60, fps=10, kbps=50)


def test_a_rate_that_was_set_anew_becomes_the_usual_one() -> None:
    stream = usual()
    assert TroubleKind.RATE_FALLEN in stream.flow(3500, fps=5, kbps=200)
    stream.flow(300, fps=5, kbps=200)
    assert stream.troubles.troubles() == ()


def test_losses_that_go_on_are_told_with_their_share() -> None:
    stream = usual()
    assert stream.flow(60, lost=12)[TroubleKind.PACKET_LOSS] <= 45
    assert "%" in stream.only().en
    stream.flow(120)
    assert stream.troubles.troubles() == ()


def test_one_burst_of_losses_and_few_losses_are_not_told() -> None:
    stream = usual()
    assert stream.flow(5, lost=250) == {}
    assert stream.flow(60) == {}
    assert stream.flow(600, lost=2) == {}


def test_sparse_keyframes_are_told_and_end() -> None:
    stream = usual()
    assert stream.flow(60, gap_s=12.5)[TroubleKind.SPARSE_KEYFRAMES] <= 20
    assert "12.5 s" in stream.only().en
    assert "12.5 秒" in stream.only().zh
    stream.flow(30, gap_s=10.0)
    assert stream.troubles.troubles() == ()


def test_an_unknown_gap_between_keyframes_is_no_trouble() -> None:
    assert usual().flow(600, gap_s=None) == {}


@pytest.mark.parametrize(
    ("health", "kind"),
    [
        (Health.OFFLINE, TroubleKind.OFFLINE),
        (Health.REFUSED, TroubleKind.REFUSED),
        (Health.SILENT, TroubleKind.NO_VIDEO),
        (Health.UNDECODABLE, TroubleKind.UNSUPPORTED),
    ],
)
def test_a_terminal_that_stays_away_is_told_since_when(health: Health, kind: TroubleKind) -> None:
    stream = usual()
    began = stream.now
    raised = stream.be(health, 40)
    assert set(raised) == {kind}
    assert 15 <= raised[kind] <= 25
    assert stream.only().since == began + timedelta(seconds=WINDOW_S)
    assert "connection refused" in stream.only().en
    stream.flow(30)
    assert stream.troubles.troubles() == ()


def test_a_drop_of_ten_seconds_is_not_told_and_neither_is_flapping_told_twice() -> None:
    stream = usual()
    assert stream.be(Health.OFFLINE, 10) == {}
    assert stream.flow(30) == {}
    stream.be(Health.OFFLINE, 30)
    since = stream.only().since
    for _ in range(5):
        stream.be(Health.CONNECTING, 10)
        stream.flow(5)
        stream.be(Health.OFFLINE, 20)
        assert stream.only().since == since


def test_an_offline_terminal_that_comes_back_and_refuses_is_told_as_refused() -> None:
    stream = usual()
    stream.be(Health.OFFLINE, 60)
    stream.be(Health.REFUSED, 30)
    assert stream.only().kind is TroubleKind.REFUSED


def test_what_was_measured_is_dropped_while_the_terminal_is_away() -> None:
    stream = usual()
    stream.flow(60, lost=30, gap_s=20)
    assert len(stream.troubles.troubles()) == 2
    stream.be(Health.OFFLINE, 30)
    assert stream.only().kind is TroubleKind.OFFLINE


@pytest.mark.parametrize("offset_s", [3.0, -40.0, 8 * 3600.0, -26 * 365 * 86400.0])
def test_a_clock_that_is_off_is_told_and_ends_when_it_is_set(offset_s: float) -> None:
    stream = usual()
    for _ in range(2):
        stream.troubles.clock(offset_s, stream.now)
        assert stream.troubles.troubles() == ()
        stream.now += timedelta(seconds=5)
    stream.troubles.clock(offset_s, stream.now)
    assert stream.only().kind is TroubleKind.CLOCK_OFF
    assert ("ahead" if offset_s > 0 else "behind") in stream.only().en
    for _ in range(3):
        stream.now += timedelta(seconds=5)
        stream.troubles.clock(0.4, stream.now)
    assert stream.troubles.troubles() == ()


def test_one_odd_report_is_not_told() -> None:
    stream = usual()
    for offset_s in (0.1, 5.0, 0.1, 5.0, 5.0, 0.2):
        stream.troubles.clock(offset_s, stream.now)
        stream.now += timedelta(seconds=5)
    assert stream.troubles.troubles() == ()


@pytest.mark.parametrize("wall", [datetime(1900, 1, 1, tzinfo=UTC), datetime(1970, 1, 9, tzinfo=UTC)])
def test_a_clock_that_counts_from_the_cameras_start_is_unknown_and_no_trouble(wall: datetime) -> None:
    stream = usual()
    for _ in range(6):
        stream.troubles.clock((wall - stream.now).total_seconds(), stream.now)
        stream.troubles.clock(None, stream.now)
        stream.troubles.clock(float("nan"), stream.now)
        stream.now += timedelta(seconds=5)
    assert stream.troubles.troubles() == ()


def test_windows_without_packets_or_with_nonsense_say_nothing() -> None:
    stream = usual()
    for packets, lost, seconds in ((0, 0, 5.0), (100, -3, 5.0), (100, 0, 0.0), (-1, 0, 5.0)):
        for _ in range(20):
            stream.now += timedelta(seconds=5)
            facts = StreamFacts(
                at=stream.now,
                seconds=seconds,
                packets=packets,
                lost=lost,
                octets=0,
                pictures=0,
                keyframe_gap_s=2.0,
            )
            stream.troubles.window(facts)
    assert stream.troubles.troubles() == ()

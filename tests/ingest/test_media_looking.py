"""A file is looked at as a stream would be, on its own time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.file_packets import read_packets
from fusion.ingest.files import read_file
from fusion.ingest.look import Look
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.media_looking import MediaLooker
from fusion.types.errors import SiteError

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
IDLE = LookingPolicy(spare=False, linger=timedelta(0), linger_once=timedelta(0))


def second(look: Look) -> float:
    return (look.picture.at - START).total_seconds()


class Watched:
    """A looker of one clip, and its looks."""

    def __init__(
        self, clip: Path, policy: LookingPolicy = IDLE, then: Callable[[MediaLooker, Look], None] = lambda *_: None
    ) -> None:
        self.looks: list[Look] = []
        self.looker = MediaLooker("T", policy, self._on_look)
        self._then = then
        self.looker.take(read_packets(clip, START))

    def _on_look(self, look: Look) -> None:
        self.looks.append(look)
        self._then(self.looker, look)

    @property
    def seconds(self) -> list[float]:
        return [second(look) for look in self.looks]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_packets_of_a_file_decode_to_the_pictures_that_the_file_shows(
    make_clip: Callable[..., Path], codec: str
) -> None:
    clip = make_clip("a.mp4", codec, pictures=20, keyframe_every=10)
    packets = list(read_packets(clip, START))
    keyframes = [packet for packet in packets if packet.keyframe]
    assert len(packets) == 20
    assert [(packet.at - START).total_seconds() for packet in keyframes] == pytest.approx([0.0, 1.0])
    shown = list(read_file(clip, every=timedelta(seconds=1), clock_start=START, keyframes_only=True))
    for packet, picture in zip(keyframes, shown, strict=True):
        decoded = KeyframeDecoder().decode("T", packet)
        assert np.abs(decoded.y.astype(int) - picture.y).mean() < 2  # but for the loop filter, which it skips
        assert decoded.at == picture.at


def test_where_nobody_wants_more_there_is_a_look_each_longest_gap(make_clip: Callable[..., Path]) -> None:
    clip = make_clip("a.mp4", pictures=300, keyframe_every=10)
    policy = IDLE.model_copy(update={"longest_gap": timedelta(seconds=10)})
    assert Watched(clip, policy).seconds == pytest.approx([0.0, 10.0, 20.0])


def test_a_terminal_that_is_attended_to_is_looked_at_by_each_keyframe(make_clip: Callable[..., Path]) -> None:
    clip = make_clip("a.mp4", pictures=150, keyframe_every=10)
    watched = Watched(clip, then=lambda looker, look: looker.attend("T", look.picture.at + timedelta(seconds=3.5)))
    assert watched.seconds == pytest.approx([float(number) for number in range(15)])


def test_a_burst_looks_several_times_a_second_for_its_time_and_then_ends(make_clip: Callable[..., Path]) -> None:
    def once(looker: MediaLooker, look: Look) -> None:
        if second(look) == 0.0:
            assert looker.burst("T", timedelta(seconds=2))

    watched = Watched(make_clip("a.mp4", pictures=120, keyframe_every=10), then=once)
    bursts = [second(look) for look in watched.looks if look.burst]
    assert bursts == pytest.approx([0.2 * number for number in range(1, 10)], abs=0.001)
    assert watched.seconds[len(bursts) + 1] == pytest.approx(10.0, abs=2)


def test_a_stream_whose_keyframes_come_too_seldom_is_decoded_whole(make_clip: Callable[..., Path]) -> None:
    clip = make_clip("a.mp4", pictures=200, keyframe_every=200)
    seconds = Watched(clip, IDLE.model_copy(update={"longest_gap": timedelta(seconds=4)})).seconds
    gaps = np.diff(seconds)
    assert len(seconds) > 4
    assert max(gaps) < 6


def test_the_same_file_gives_the_same_looks(make_clip: Callable[..., Path]) -> None:
    clip = make_clip("a.mp4", pictures=150, keyframe_every=10)
    first, second_time = Watched(clip, LookingPolicy()), Watched(clip, LookingPolicy())
    assert first.seconds == second_time.seconds
    assert [look.changes for look in first.looks] == [look.changes for look in second_time.looks]


def test_a_file_that_is_to_be_shown_turned_is_refused(make_clip: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="turned by 90"):
        list(read_packets(make_clip("a.mp4", rotation=90), START))
    with pytest.raises(SiteError, match="no such file"):
        list(read_packets(tmp_path / "nothing.mp4", START))

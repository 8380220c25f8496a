import threading
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from fusion.ingest.reader import Encoded, StreamHead
from fusion.ingest.ring import Ring

START = datetime(2025, 5, 1, tzinfo=UTC)
HEAD = StreamHead("h264", (640, 360), b"", Fraction(1, 90_000))


def _packet(second: float, *, keyframe: bool = False, size: int = 100) -> Encoded:
    return Encoded(HEAD, bytes(size), keyframe, START.timestamp() + second, int(second * 90_000), None)


def _filled(seconds: int, span_s: float = 4, most_bytes: int = 10**6, gop: int = 2) -> Ring:
    ring = Ring(timedelta(seconds=span_s), most_bytes)
    for number in range(seconds * 5):
        ring.push([_packet(number / 5, keyframe=number % (gop * 5) == 0)])
    return ring


def _seconds(ring: Ring) -> list[float]:
    return [(packet.at - START).total_seconds() for packet in ring.snapshot()]


def test_the_ring_begins_at_a_keyframe_and_covers_its_span_and_one_group_more_at_most() -> None:
    ring = _filled(21)
    assert ring.snapshot()[0].keyframe
    assert 4 <= _seconds(ring)[-1] - _seconds(ring)[0] < 4 + 2
    assert ring.size_bytes == 100 * len(ring.snapshot())


def test_packets_before_the_first_keyframe_are_not_kept() -> None:
    ring = Ring(timedelta(seconds=4), 10**6)
    ring.push([_packet(0)])
    ring.push([_packet(1, keyframe=True)])
    assert _seconds(ring) == [1]


def test_the_ring_gives_up_old_groups_before_it_passes_its_bytes() -> None:
    ring = _filled(21, span_s=100, most_bytes=2_500)
    assert ring.size_bytes <= 2_500
    assert ring.snapshot()[0].keyframe
    assert ring.overflows == 0


def test_a_single_group_larger_than_the_ring_is_given_up_up_to_the_next_keyframe() -> None:
    ring = Ring(timedelta(seconds=4), 1_000)
    ring.push([_packet(0, keyframe=True, size=900)])
    ring.push([_packet(1, size=900)])
    assert ring.snapshot() == []
    assert ring.overflows == 1
    ring.push([_packet(2)])
    ring.push([_packet(3, keyframe=True)])
    assert _seconds(ring) == [3]


def test_a_follower_starts_at_the_last_keyframe_not_after_a_time_and_gets_what_comes() -> None:
    ring = _filled(10)
    packets, number, missed = ring.after(ring.start_at(START + timedelta(seconds=7.5)), 0)
    assert (packets[0].at - START).total_seconds() == 6
    assert not missed
    threading.Timer(0.05, ring.push, [[_packet(10, keyframe=True)]]).start()
    more, _, missed = ring.after(number, 5)
    assert [packet.keyframe for packet in more] == [True]
    assert not missed


def test_a_follower_that_fell_behind_goes_on_at_the_newest_keyframe_and_is_told() -> None:
    ring = _filled(4)
    number = ring.start_at(START)
    for step in range(100, 200):
        ring.push([_packet(step / 5, keyframe=step % 10 == 0)])
    packets, _, missed = ring.after(number, 0)
    assert missed
    assert (packets[0].at - START).total_seconds() == 38
    assert packets[0].keyframe


def test_a_new_connection_empties_the_ring_and_its_follower_is_told() -> None:
    ring = _filled(4)
    _, number, _ = ring.after(ring.start_at(START), 0)
    ring.clear()
    assert ring.snapshot() == []
    ring.push([_packet(50, keyframe=True)])
    packets, _, missed = ring.after(number, 0)
    assert missed
    assert _seconds(ring) == [50] == [(packet.at - START).total_seconds() for packet in packets]

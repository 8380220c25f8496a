from datetime import UTC, datetime, timedelta
from fractions import Fraction

from fusion.ingest.health import HealthCard
from fusion.ingest.reader import StreamFault, StreamHead
from fusion.types.terminal import Health

HEAD = StreamHead("h264", (640, 360), b"", Fraction(1, 90_000))
DUE = timedelta(seconds=20)


def test_a_stream_begins_as_connecting_and_is_live_with_its_first_picture() -> None:
    card = HealthCard("a", DUE)
    assert card.status(datetime.now(UTC)).health is Health.CONNECTING
    card.opened(HEAD)
    assert card.status(datetime.now(UTC)).detail == "connected, waiting for the first keyframe"
    card.decoded((640, 360))
    status = card.status(datetime.now(UTC))
    assert (status.health, status.detail, status.codec, status.size_px) == (Health.LIVE, "", "h264", (640, 360))


def test_packets_without_a_keyframe_are_silence() -> None:
    card = HealthCard("a", DUE)
    card.opened(HEAD)
    assert card.status(datetime.now(UTC) + timedelta(seconds=19)).health is Health.CONNECTING
    status = card.status(datetime.now(UTC) + timedelta(seconds=21))
    assert (status.health, status.detail) == (Health.SILENT, "connected, but no keyframe for 20 s")


def test_since_is_when_the_health_changed_and_not_when_it_was_said_again() -> None:
    card = HealthCard("a", DUE)
    card.lost(StreamFault(Health.OFFLINE, "no answer"))
    since = card.status(datetime.now(UTC)).since
    card.lost(StreamFault(Health.OFFLINE, "nobody listens"))
    status = card.status(datetime.now(UTC))
    assert (status.since, status.detail) == (since, "nobody listens")


def test_the_gap_is_the_usual_one_and_a_scene_cut_does_not_move_it() -> None:
    card = HealthCard("a", DUE)
    assert card.keyframe_gap is None
    for second in (0, 2, 4, 4.3, 6, 8):
        card.keyframe(datetime(2025, 5, 1, tzinfo=UTC) + timedelta(seconds=second))
    assert card.keyframe_gap == timedelta(seconds=2)

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from fusion.fleet.clip import read_clip
from fusion.fleet.sps import oversized
from fusion.ingest.decoding import KeyframeDecoder, WholeDecoder
from fusion.ingest.look import Look
from fusion.ingest.looking import Looker
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.reader import Encoded, PacketReader, PacketSink, ReadFacts, StreamFault, StreamHead, StreamSpec
from fusion.types.terminal import Health

MakeClip = Callable[..., Path]
START = datetime(2025, 5, 1, tzinfo=UTC)


def _packets(path: Path, *, sets_apart: bool = False) -> list[Encoded]:
    """A raw Annex B file as a reader hands it on; `sets_apart`: parameter sets only in the head, as from an SDP."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        data = [(bytes(packet), packet.is_keyframe) for packet in container.demux(stream) if packet.size]
        sets = bytes(stream.codec_context.extradata or b"")
        head = StreamHead(stream.codec_context.name, None, sets, Fraction(1, 90_000))
    if sets_apart:
        data = [(coded.replace(sets, b"") if keyframe else coded, keyframe) for coded, keyframe in data]
    return [
        Encoded(head, coded, key, START.timestamp() + n / 10, n * 9000, None) for n, (coded, key) in enumerate(data)
    ]


@pytest.mark.parametrize(("name", "codec"), [("a.h264", "libx264"), ("a.h265", "libx265")])
def test_one_decoder_serves_streams_of_different_sizes_and_none_sees_the_other(
    make_clip: MakeClip, name: str, codec: str
) -> None:
    small = [p for p in _packets(make_clip(f"s{name}", codec, size=(320, 176))) if p.keyframe]
    large = [p for p in _packets(make_clip(f"l{name}", codec, size=(640, 368))) if p.keyframe]
    shared = KeyframeDecoder()
    for one, other in zip(small, large, strict=True):
        mixed = shared.decode("s", one), shared.decode("l", other)
        alone = KeyframeDecoder().decode("s", one), KeyframeDecoder().decode("l", other)
        assert [picture.size_px for picture in mixed] == [(320, 176), (640, 368)]
        assert all(np.array_equal(a.y, b.y) and np.array_equal(a.u, b.u) for a, b in zip(mixed, alone, strict=True))


@pytest.mark.parametrize(("name", "codec"), [("a.h264", "libx264"), ("a.h265", "libx265")])
@pytest.mark.parametrize("sets_apart", [True, False])
def test_a_picture_with_parameter_sets_of_its_own_that_are_refused_is_not_seen_through_a_neighbours(
    make_clip: MakeClip, name: str, codec: str, sets_apart: bool
) -> None:
    (good, *_) = [p for p in _packets(make_clip(name, codec), sets_apart=sets_apart) if p.keyframe]
    clip = read_clip(make_clip("c.mp4", codec))
    sets = b"".join(b"\0\0\0\1" + nal for nal in oversized(clip).parameter_sets)
    plain = good.raw if sets_apart else good.raw.removeprefix(good.head.extradata)
    lying = good._replace(
        head=replace(good.head, extradata=sets if sets_apart else b""), raw=plain if sets_apart else sets + plain
    )
    shared = KeyframeDecoder()
    assert shared.decode("good", good).size_px == (320, 176)
    for _ in range(2):
        with pytest.raises(StreamFault, match="keyframes"):
            shared.decode("lying", lying)
    assert shared.decode("good", good).size_px == (320, 176)


def test_parameter_sets_that_come_only_with_the_sdp_are_enough(make_clip: MakeClip) -> None:
    packets = _packets(make_clip("a.h264"), sets_apart=True)
    assert packets[0].head.extradata
    assert KeyframeDecoder().decode("a", packets[0]).size_px == (320, 176)


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x01", b"garbage" * 300, b"\x00\x00\x00\x01\x65" + bytes(900)])
def test_garbage_is_a_fault_in_words_and_the_next_stream_is_not_hurt(make_clip: MakeClip, data: bytes) -> None:
    good = _packets(make_clip("a.h264"))[0]
    decoder = KeyframeDecoder()
    with pytest.raises(StreamFault, match="h264 keyframes") as raised:
        decoder.decode(
            "a", Encoded(StreamHead("h264", None, b"", good.head.time_base), data, True, START.timestamp(), 0, None)
        )
    assert raised.value.health is Health.UNDECODABLE
    assert decoder.decode("b", good).y.max() > 190


@pytest.mark.parametrize(("name", "codec"), [("a.h264", "libx264"), ("a.h265", "libx265")])
def test_half_a_keyframe_is_a_fault_and_no_picture(make_clip: MakeClip, name: str, codec: str) -> None:
    whole = _packets(make_clip(name, codec))[0]
    half = whole.data[: len(whole.data) // 2]
    decoder = KeyframeDecoder()
    with pytest.raises(StreamFault, match="keyframes"):
        decoder.decode("a", Encoded(whole.head, half, True, START.timestamp(), 0, None))
    assert decoder.decode("a", whole).size_px == (320, 176)


@pytest.mark.parametrize("codec", ["no-such-codec", "aac"])
def test_a_codec_that_is_not_known_or_no_video_is_a_fault(codec: str) -> None:
    head = StreamHead(codec, None, b"", Fraction(1, 90_000))
    with pytest.raises(StreamFault, match=r"wanted: H\.264 or H\.265"):
        KeyframeDecoder().decode("a", Encoded(head, b"x", True, START.timestamp(), 0, None))


def test_whole_decoding_gives_each_picture_the_time_of_its_packet(make_clip: MakeClip) -> None:
    packets, decoder = _packets(make_clip("a.h264")), WholeDecoder("a")
    ats = [at for packet in packets for at, _ in decoder.frames(packet)]
    assert ats == [packet.at for packet in packets[: len(ats)]]
    assert len(ats) >= len(packets) - 3


def test_whole_decoding_counts_broken_packets_and_goes_on(make_clip: MakeClip) -> None:
    packets, decoder = _packets(make_clip("a.h264")), WholeDecoder("a")
    packets[5] = Encoded(packets[5].head, b"garbage" * 20, False, packets[5].at_s, None, None)
    ats = [at for packet in packets for at, _ in decoder.frames(packet)]
    assert decoder.broken_packets >= 1
    assert packets[30].at in ats


class ScriptedReader(PacketReader):
    """A reader of another kind: it hands on what a test tells it to."""

    def start(self, streams: Sequence[StreamSpec], sink: PacketSink) -> None:
        self.sink = sink
        for spec in streams:
            sink.connecting(spec.terminal_id)

    def add(self, spec: StreamSpec) -> None:
        """It reads what it is told."""

    def remove(self, terminal_id: str) -> None:
        """As `add`."""

    def facts(self, terminal_id: str) -> ReadFacts:  # noqa: ARG002 - the base class's signature
        return ReadFacts()

    def stop(self, timeout_s: float = 2.0) -> None:
        """It has no thread."""


def test_a_reader_of_another_kind_can_take_the_place_and_an_undecodable_stream_is_told(
    make_clip: MakeClip, until: Callable[..., None]
) -> None:
    reader, looks = ScriptedReader(), list[Look]()
    looker = Looker([StreamSpec("a", "rtsp://x/a")], LookingPolicy(), looks.append, reader)
    looker.start()
    packets = _packets(make_clip("a.h264"))
    keys = [packet for packet in packets if packet.keyframe]
    reader.sink.opened("a", packets[0].head)

    def broken_then(number: int) -> bool:
        bad = keys[number]
        reader.sink.packets("a", [Encoded(bad.head, b"\x00\x00\x00\x01\x65" + bytes(50), True, bad.at_s, None, None)])
        until(lambda: looker.counters.dropped.get("undecodable") == number)
        return looker.statuses()[0].health is Health.UNDECODABLE

    try:
        reader.sink.packets("a", [keys[0]])
        until(lambda: looker.statuses()[0].health is Health.LIVE)
        assert not broken_then(1)
        assert broken_then(2)
        assert "cannot be decoded" in looker.statuses()[0].detail or "no whole" in looker.statuses()[0].detail
        reader.sink.packets("a", [keys[3]])
        until(lambda: looker.statuses()[0].health is Health.LIVE)
        reader.sink.lost("a", StreamFault(Health.OFFLINE, "cut"))
        assert (looker.statuses()[0].health, looker.statuses()[0].detail) == (Health.OFFLINE, "cut")
    finally:
        looker.stop()
    assert len(looks) == 2


def test_a_clock_that_is_set_back_does_not_make_a_terminal_blind(
    make_clip: MakeClip, until: Callable[..., None]
) -> None:
    reader, looks = ScriptedReader(), list[Look]()
    looker = Looker([StreamSpec("a", "rtsp://x/a")], LookingPolicy(), looks.append, reader)
    looker.start()
    keys = [packet for packet in _packets(make_clip("a.h264")) if packet.keyframe]
    try:
        reader.sink.opened("a", keys[0].head)
        for number, hours in ((0, 0), (1, 0), (2, -1), (3, -1)):
            key = keys[number]
            at = key.at + timedelta(hours=hours)
            reader.sink.packets("a", [Encoded(key.head, key.data, True, at.timestamp(), key.pts, None)])
            until(lambda expected=number + 1: len(looks) == expected)
    finally:
        looker.stop()

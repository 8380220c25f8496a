"""The pure parts: NAL units, packets, requests, the clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.fleet import FleetConfig, StreamConfig, Timeline
from fusion.fleet.clip import read_clip
from fusion.fleet.config import load_config
from fusion.fleet.message import RequestError, RequestParser
from fusion.fleet.nal import Codec, parse_configuration, split_annex_b, split_length_prefixed
from fusion.fleet.packetise import payloads
from fusion.fleet.reel import reel
from fusion.fleet.rtp import stamped, wire_unit
from fusion.types.errors import SiteError

from .client import depacketised

NAL = {Codec.H264: bytes([0x65]), Codec.H265: bytes([0x26, 0x01])}
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@given(st.sampled_from(Codec), st.lists(st.integers(1, 6000), min_size=1, max_size=5), st.integers(60, 1400))
def test_any_nal_units_come_back_whole_from_packets_that_fit(codec: Codec, sizes: list[int], packet: int) -> None:
    nals = [NAL[codec] + bytes(size) for size in sizes]
    sent = payloads(nals, codec, packet)
    assert max(map(len, sent)) <= packet - 12
    assert depacketised(sent, codec) == nals


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1))
def test_length_prefixed_nal_units_are_split_where_their_lengths_say(nals: list[bytes]) -> None:
    data = b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)
    assert split_length_prefixed(data, 4) == nals


def test_annex_b_is_split_at_start_codes_of_three_and_four_bytes() -> None:
    assert split_annex_b(b"\0\0\0\1\x67\x42\0\0\1\x68\1\0\0\0\1\x65\0\0\3\1") == [
        b"\x67\x42",
        b"\x68\1",
        b"\x65\0\0\3\1",
    ]


@given(st.binary(max_size=80), st.sampled_from(Codec))
def test_a_broken_decoder_configuration_is_a_value_error_and_nothing_else(record: bytes, codec: Codec) -> None:
    try:
        _, sets = parse_configuration(record, codec)
    except ValueError:
        return
    assert all(sets)


def test_a_session_rewrites_only_its_own_fields_and_both_counters_wrap() -> None:
    data = stamped(wire_unit([b"\x41one", b"\x41two"]), 6, 0xFFFF, 0x1_0000_0002, 0xCAFE)
    first, second = data[:20], data[20:]
    assert first == b"$\6\0\x10\x80\x60\xff\xff\0\0\0\2\0\0\xca\xfe\x41one"
    assert second == b"$\6\0\x10\x80\xe0\0\0\0\0\0\2\0\0\xca\xfe\x41two"


def test_requests_are_found_in_any_pieces_and_interleaved_packets_between_them_are_ignored() -> None:
    data = (
        b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n$\1\0\4RTCP\r\n"
        b"GET_PARAMETER rtsp://h/t RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nbody"
        b"PLAY rtsp://h/t RTSP/1.0\r\ncseq:3\r\n\r\n"
    )
    whole = [(request.method, request.cseq) for request in RequestParser().feed(data)]
    parser = RequestParser()
    pieces = [(request.method, request.cseq) for byte in data for request in parser.feed(bytes([byte]))]
    assert whole == pieces == [("OPTIONS", "1"), ("GET_PARAMETER", "2"), ("PLAY", "3")]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 505),
        (b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        (b"OPTIONS * RTSP/1.0\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: -1\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"OPTIONS * RTSP/1.0\r\nno header\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: \xff\r\n\r\n", 400),
        (b"OPTIONS " + b"x" * 5000, 400),
        (b"OPTIONS * RTSP/1.0\r\n" + b"X: y\r\n" * 5000, 400),
        (b"A" * 5000, 400),
    ],
)
def test_what_is_no_request_is_refused_with_its_status(data: bytes, status: int) -> None:
    with pytest.raises(RequestError) as refused:
        list(RequestParser().feed(data))
    assert refused.value.status == status


@given(st.lists(st.one_of(st.binary(), st.sampled_from([b"OPTIONS * RTSP/1.0\r\n", b"CSeq: 1\r\n\r\n", b"$\0\0\1x"]))))
def test_no_bytes_raise_anything_but_a_request_error(chunks: list[bytes]) -> None:
    parser = RequestParser()
    try:
        for chunk in chunks:
            list(parser.feed(chunk))
    except RequestError:
        pass


def test_the_position_in_a_clip_counts_from_the_epoch_and_the_phase() -> None:
    line = Timeline(NOON, phase_ticks=3 * 90_000, duration_ticks=40 * 90_000)
    assert line.position(NOON).offset == timedelta(seconds=3)
    later = line.position(NOON + timedelta(seconds=80))
    assert (later.loop, later.offset) == (2, timedelta(seconds=3))
    assert line.position(NOON - timedelta(seconds=4)).loop == -1


def test_an_event_of_the_clip_happens_once_a_loop_and_only_within_the_time_asked_for() -> None:
    line = Timeline(NOON, phase_ticks=20 * 90_000, duration_ticks=40 * 90_000)
    happened = line.occurrences(timedelta(seconds=17), NOON, NOON + timedelta(seconds=100))
    assert happened == [(1, NOON + timedelta(seconds=37)), (2, NOON + timedelta(seconds=77))]
    assert all(line.position(at).offset == timedelta(seconds=17) for _, at in happened)


@pytest.mark.parametrize("name", ["H264", "H265", "B"])
def test_a_clip_is_sent_in_decoding_order_never_before_its_capture_and_without_end(
    clips: dict[str, Path], name: str
) -> None:
    clip = read_clip(clips[name])
    assert clip.duration_ticks == 90_000
    assert (clip.width_px, clip.height_px, clip.pictures_per_s) == (160, 96, 16)
    assert sorted(unit.capture_ticks for unit in clip.units) == [number * 5625 for number in range(16)]
    strip = reel(clip)
    dues = [strip.due(number) for number in range(48)]
    assert [late - early for early, late in pairwise(dues)] == [5625] * 47
    assert all(strip.captured(number) <= strip.due(number) for number in range(48))
    assert [number for number in range(48) if strip.is_key(number)] == [0, 8, 16, 24, 32, 40]
    assert [strip.key_after(number) for number in (0, 7, 8, 15)] == [8, 8, 16, 16]
    assert [strip.live(strip.due(number)) for number in range(40)] == list(range(40))


def test_a_clip_that_is_none_is_refused_by_name(tmp_path: Path, clips: dict[str, Path]) -> None:
    (tmp_path / "text.mp4").write_text("no clip")
    (tmp_path / "cut.mp4").write_bytes(clips["H264"].read_bytes()[:2000])
    for name in ("text.mp4", "cut.mp4", "absent.mp4"):
        with pytest.raises(SiteError, match=name):
            read_clip(tmp_path / name)


def test_no_error_and_no_repr_of_a_config_shows_a_password(tmp_path: Path) -> None:
    (tmp_path / "fleet.json").write_text(
        '{"streams": [{"path": "no slash", "clip": "c", "user": "u", "password": "hush"}]}'
    )
    with pytest.raises(SiteError, match=r"streams\.0\.path") as refused:
        load_config(tmp_path / "fleet.json")
    assert "hush" not in str(refused.value)
    config = FleetConfig.model_validate({"streams": [{"path": "/t", "clip": "c", "user": "u", "password": "hush"}]})
    assert "hush" not in repr(config)
    with pytest.raises(ValueError, match="both user and password") as refused_too:
        StreamConfig.model_validate({"path": "/t", "clip": "c", "password": "hush"})
    assert "hush" not in str(refused_too.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "line 1"),
        ('{"streams": []}', "streams"),
        ('{"streams": [{"path": "/t", "clip": "c"}, {"path": "/t", "clip": "c"}]}', "given twice"),
        ('{"streams": [{"path": "/t", "clip": "c", "speed": 2}]}', "speed"),
        ('{"streams": [{"path": "/t", "clip": "c"}], "faults": [{"path": "/u", "after": "1s"}]}', "fault /u"),
        ('{"streams": [{"path": "/t", "clip": "c", "phase_s": Infinity}]}', "phase_s"),
    ],
)
def test_a_config_with_a_mistake_is_refused_and_the_mistake_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "fleet.json").write_text(text)
    with pytest.raises(SiteError, match=named):
        load_config(tmp_path / "fleet.json")

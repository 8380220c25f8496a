"""Interleaved RTP in, whole coded pictures out."""

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.ingest.rtsp.access_unit import byte_stream, parameter_sets
from fusion.ingest.rtsp.nal import H264, H265, Payloads, annex_b
from fusion.ingest.rtsp.receiver import CodedPicture, RtpReceiver

SPS, PPS, SEI = b"\x67\x42\x00\x1e\x8a", b"\x68\xce\x06", b"\x06\x05\x01\x00"
IDR, P = b"\x65\x88" + b"i" * 50, b"\x41\x9a" + b"p" * 20
SECOND_SLICE = b"\x65\x00" + b"j" * 30
VPS5, SPS5, PPS5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"
IDR5, P5 = b"\x26\x01\xaf" + b"i" * 50, b"\x02\x01\xd0" + b"p" * 20


class Camera:
    """Numbers and stamps packets as a camera does."""

    def __init__(self, sequence: int = 100, ticks: int = 9000) -> None:
        self.sequence, self.ticks = sequence, ticks

    def packet(self, payload: bytes, *, marker: bool = False, channel: int = 0, extension: bool = False) -> bytes:
        first = 0x90 if extension else 0x80
        more = b"\xbe\xde\x00\x01" + bytes(4) if extension else b""
        rtp = struct.pack(">BBHII", first, 96 | marker << 7, self.sequence & 0xFFFF, self.ticks & 0xFFFFFFFF, 7)
        self.sequence += 1
        data = rtp + more + payload
        return struct.pack(">cBH", b"$", channel, len(data)) + data

    def picture(self, payloads: Sequence[bytes], *, step: int = 6000, mark: bool = True) -> bytes:
        packets = [self.packet(p, marker=mark and p is payloads[-1]) for p in payloads]
        self.ticks += step
        return b"".join(packets)


def fragments(nal: bytes, size: int = 20, *, header: int = 1) -> list[bytes]:
    """FU-A (RFC 6184 5.8) or FU (RFC 7798 4.4.3)."""
    body = nal[header:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    kind = nal[0] & 31 if header == 1 else nal[0] >> 1 & 63
    head = bytes((nal[0] & 0xE0 | 28,)) if header == 1 else bytes((nal[0] & 0x81 | 49 << 1, nal[1]))
    marks = [(0x80 if at == 0 else 0) | (0x40 if at == len(pieces) - 1 else 0) for at in range(len(pieces))]
    return [head + bytes((mark | kind,)) + piece for mark, piece in zip(marks, pieces, strict=True)]


def aggregate(nals: Iterable[bytes], head: bytes = b"\x78") -> bytes:
    return head + b"".join(struct.pack(">H", len(nal)) + nal for nal in nals)


def received(
    data: bytes, payloads: Payloads = H264, chunk: int | None = None
) -> tuple[RtpReceiver, list[CodedPicture]]:
    receiver, rest, pictures = RtpReceiver(payloads, 96, 0, 1), b"", list[CodedPicture]()
    for at in range(0, len(data), chunk or max(1, len(data))):
        buffer = rest + data[at : at + (chunk or len(data))]
        used = receiver.feed(buffer, 0, 1.0)
        rest = buffer[used:]
        pictures += receiver.take()
    return receiver, pictures


def streams(pictures: Iterable[CodedPicture], codec: str = "h264") -> list[bytes]:
    return [byte_stream(picture.raw, codec, 0, 96) for picture in pictures]


def test_single_units_aggregates_and_fragments_become_the_same_pictures() -> None:
    camera = Camera()
    data = camera.picture([aggregate([SPS, PPS]), SEI, *fragments(IDR)]) + camera.picture([P])
    receiver, pictures = received(data)
    assert streams(pictures) == [annex_b([SPS, PPS, SEI, IDR]), annex_b([P])]
    assert [picture.key for picture in pictures] == [True, False]
    assert (receiver.packets, receiver.lost, receiver.dropped) == (6, 0, 0)
    assert parameter_sets(pictures[0].raw, "h264", 0, 96) == annex_b([SPS, PPS])
    assert parameter_sets(pictures[1].raw, "h264", 0, 96) == b""


def test_the_same_of_h265() -> None:
    camera = Camera()
    data = camera.picture([aggregate([VPS5, SPS5, PPS5], b"\x60\x01"), *fragments(IDR5, header=2)])
    data += camera.picture(fragments(P5, header=2))
    _, pictures = received(data, H265)
    assert streams(pictures, "hevc") == [annex_b([VPS5, SPS5, PPS5, IDR5]), annex_b([P5])]
    assert [picture.key for picture in pictures] == [True, False]


@given(st.integers(1, 200))
def test_it_does_not_matter_how_the_bytes_are_cut(chunk: int) -> None:
    camera = Camera()
    data = b"".join(camera.picture([SPS, PPS, *fragments(IDR)]) + camera.picture([P]) * 1 for _ in range(3))
    _, whole = received(data)
    _, cut = received(data, chunk=chunk)
    assert streams(cut) == streams(whole)
    assert [picture.ticks for picture in cut] == [picture.ticks for picture in whole]


def test_a_missing_packet_costs_everything_up_to_the_next_whole_keyframe_and_is_counted() -> None:
    camera = Camera()
    first = camera.picture([SPS, PPS, IDR])
    lost = fragments(P + b"q" * 40)
    camera.sequence += 1  # its first fragment
    damaged = camera.picture(lost[1:])
    after = camera.picture([P])
    again = camera.picture([SPS, PPS, IDR])
    receiver, pictures = received(first + damaged + after + again + camera.picture([P]))
    assert [picture.key for picture in pictures] == [True, True, False]
    assert receiver.lost == 1
    assert receiver.dropped == 2


def test_whole_pictures_that_are_missing_do_not_cost_the_keyframe_behind_them() -> None:
    camera = Camera()
    data = camera.picture([SPS, PPS, IDR])
    camera.sequence += 7
    receiver, pictures = received(data + camera.picture([SPS, PPS, *fragments(IDR)]))
    assert [picture.key for picture in pictures] == [True, True]
    assert receiver.lost == 7


def test_a_stream_that_begins_between_keyframes_waits_for_one() -> None:
    camera = Camera()
    _, pictures = received(camera.picture([P]) + camera.picture([P]) + camera.picture([IDR]))
    assert [picture.key for picture in pictures] == [True]


def test_pictures_of_several_slices_stay_whole_whether_marked_once_never_or_on_each_slice() -> None:
    once = Camera()
    _, pictures = received(once.picture([SPS, PPS, IDR, SECOND_SLICE]) + once.picture([P]))
    assert streams(pictures)[0] == annex_b([SPS, PPS, IDR, SECOND_SLICE])
    never = Camera()
    data = b"".join(never.picture([SPS, PPS, IDR, SECOND_SLICE], mark=False) for _ in range(3))
    _, pictures = received(data)
    assert streams(pictures) == [annex_b([SPS, PPS, IDR, SECOND_SLICE])] * 2
    each, data = Camera(), b""
    for _ in range(4):
        data += b"".join(each.packet(nal, marker=True) for nal in (IDR, SECOND_SLICE))
        each.ticks += 6000
    _, pictures = received(data)
    assert streams(pictures)[-1] == annex_b([IDR, SECOND_SLICE])
    assert len(pictures) == 3  # the first half of the first one, before it was known, and two whole ones


def test_parameter_sets_that_are_marked_as_a_picture_go_with_the_next_one() -> None:
    camera = Camera()
    data = camera.packet(SPS, marker=True) + camera.packet(PPS, marker=True)
    camera.ticks += 10
    _, pictures = received(data + camera.picture([IDR]))
    assert streams(pictures) == [annex_b([SPS, PPS, IDR])]


def test_timestamps_and_numbers_run_over_their_end_without_a_break() -> None:
    camera = Camera(sequence=0xFFFE, ticks=0xFFFFFFFF - 3000)
    data = b"".join(camera.picture([SPS, PPS, IDR]) for _ in range(4))
    receiver, pictures = received(data)
    ticks = [picture.ticks for picture in pictures]
    assert [later - sooner for sooner, later in pairwise(ticks)] == [6000] * 3
    assert receiver.lost == 0


def test_a_camera_that_counts_anew_is_taken_up_again_at_a_keyframe() -> None:
    camera = Camera(sequence=40_000)
    data = camera.picture([SPS, PPS, IDR])
    camera.sequence = 5
    data += b"".join(camera.picture([P]) for _ in range(12)) + camera.picture([SPS, PPS, IDR])
    receiver, pictures = received(data)
    assert [picture.key for picture in pictures] == [True, True]
    assert receiver.late > 0


def test_a_packet_that_comes_twice_is_used_once() -> None:
    camera = Camera()
    first = camera.picture([SPS, PPS, IDR])
    packet = camera.picture([P])
    receiver, pictures = received(first + packet + packet + camera.picture([P]))
    assert len(pictures) == 3
    assert (receiver.late, receiver.lost) == (1, 0)


def test_extensions_padding_and_other_channels_change_nothing() -> None:
    camera = Camera()
    data = camera.packet(IDR, marker=True, extension=True)
    foreign = struct.pack(">cBH", b"$", 77, 5) + b"12345"
    empty = camera.packet(b"")
    camera.ticks += 6000
    receiver, pictures = received(data + foreign + empty + camera.picture([P]))
    assert streams(pictures) == [annex_b([IDR]), annex_b([P])]
    assert receiver.stray == 2
    assert receiver.lost == 0


def test_the_cameras_clock_is_read_from_its_reports_and_one_that_was_never_set_is_unknown() -> None:
    def report(ntp_s: int) -> bytes:
        rtcp = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, ntp_s, 1 << 31, 4500, 0, 0)
        return struct.pack(">cBH", b"$", 1, len(rtcp)) + rtcp

    receiver, _ = received(report(2_208_988_800 + 1_700_000_000))
    assert receiver.report is not None
    assert receiver.report.wall_s == 1_700_000_000.5
    assert (receiver.report.timestamp, receiver.report.arrival_s) == (4500, 1.0)
    receiver, _ = received(report(86_400))
    assert receiver.report is not None
    assert receiver.report.wall_s is None


def test_a_picture_that_never_ends_is_given_up() -> None:
    receiver = RtpReceiver(H264, 96, 0, 1)
    receiver.most_picture_bytes = 10_000
    camera = Camera()
    fragment = b"\x7c\x05" + bytes(1000)  # the middle of an IDR
    for _ in range(50):
        receiver.feed(camera.packet(fragment), 0, 0.0)
        assert sum(map(len, receiver._parts)) <= 11_100
    camera.ticks += 6000
    receiver.feed(camera.picture([P]), 0, 0.0)
    assert receiver.take() == []
    receiver.feed(camera.picture([SPS, PPS, IDR]), 0, 0.0)
    assert [picture.key for picture in receiver.take()] == [True]


@pytest.mark.parametrize("payloads", [H264, H265])
@given(data=st.lists(st.binary(max_size=80), max_size=30), seed=st.integers(0, 3))
def test_any_payloads_are_survived(payloads: Payloads, data: list[bytes], seed: int) -> None:
    camera, stream = Camera(), b""
    for number, payload in enumerate(data):
        camera.sequence += number % 7 == seed
        camera.ticks += 3000 * (number % 2)
        stream += camera.packet(payload, marker=number % 3 == 0, extension=number % 5 == seed)
    _, pictures = received(stream, payloads, chunk=37)
    for picture in pictures:
        byte_stream(picture.raw, "h264" if payloads is H264 else "hevc", 0, 96)

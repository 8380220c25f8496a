"""The client among its bytes: frames, what a server asks of us, times, and what it never does."""

import pytest

from fusion.ingest.rtsp.client import Playing, Redirected, RtspClient
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind
from fusion.ingest.rtsp.messages import MAX_BODY_BYTES, MAX_MESSAGE_BYTES
from fusion.types.errors import SiteError, TerminalFault

from . import typical
from .camera import URL, client, frame, frames_of, talk

OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


def playing() -> RtspClient:
    one = client()
    [event] = talk(one, typical.hikvision())
    assert isinstance(event, Playing)
    return one


def feed_bounded(one: RtspClient, data: bytes, now_s: float) -> None:
    """Feed it in pieces, and see that what waits stays bounded."""
    for at in range(0, len(data), 1500):
        one.receive(data[at : at + 1500], now_s)
        assert len(one._rest) < MAX_MESSAGE_BYTES + 1500


def test_the_first_request_waits_to_be_sent_at_once_and_holds_no_login() -> None:
    one = client(URL)
    data = one.data_to_send()
    assert data.startswith(b"OPTIONS rtsp://10.0.0.7/Streaming/Channels/102 RTSP/1.0\r\nCSeq: 1\r\n")
    assert b"admin" not in data
    assert one.data_to_send() == b""
    assert (one.address.host, one.address.port, one.address.tls) == ("10.0.0.7", 554, False)


def test_an_address_that_is_none_is_the_sites_error() -> None:
    with pytest.raises(SiteError):
        client("http://10.0.0.7/")


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_an_answer_that_does_not_come_in_time_is_a_timeout_at_every_step(before: int) -> None:
    one, camera = client(URL, now_s=100.0, answer_timeout_s=4.0), typical.gstreamer()
    for _ in range(before):
        one.receive(camera.hear(one.data_to_send()), 100.0)
    method = one.data_to_send().split()[0].decode()
    one.tick(103.9)
    with pytest.raises(RtspFault, match=f"the camera did not answer {method} within 4 s") as raised:
        one.tick(104.0)
    assert raised.value.kind is RtspFaultKind.TIMEOUT
    assert isinstance(raised.value, TerminalFault)


def test_an_answer_that_trickles_in_is_a_timeout_too() -> None:
    one = client(URL)
    one.receive(OK[:5], 9.9)
    with pytest.raises(RtspFault):
        one.tick(10.0)


def test_while_playing_a_call_asks_the_receiver_once_and_keeps_only_the_unfinished_frame() -> None:
    one = playing()
    frames = frames_of(one)
    frames.calls = 0
    data = b"".join(frame(0, bytes([number]) * 1000) for number in range(60))
    one.receive(data + b"$\0\x03", 5.0)
    assert (frames.calls, len(frames.frames), frames.fed_s) == (1, 60, 5.0)
    assert one._rest == b"$\0\x03"
    one.receive(b"\xe8" + b"\x07" * 1000, 6.0)
    assert frames.frames[-1] == (0, b"\x07" * 1000)
    assert one._rest == b""


def test_the_largest_frame_arrives_byte_by_byte() -> None:
    one = playing()
    data = frame(7, bytes(65_535))
    for at in range(0, len(data), 997):
        one.receive(data[at : at + 997], 1.0)
        assert len(one._rest) < 65_539
    assert frames_of(one).frames == [(7, bytes(65_535))]


def test_answers_between_frames_are_found() -> None:
    one = playing()
    one.tick(60.0)
    one.data_to_send()
    one.receive(frame(0, b"a") + OK + frame(0, b"b") + b"\r\n" + frame(1, b"c"), 60.1)
    assert [data for _, data in frames_of(one).frames] == [b"a", b"b", b"c"]
    one.tick(75.0)
    assert one.data_to_send() == b""


def test_an_answer_that_nobody_asked_for_is_passed_over() -> None:
    one = playing()
    assert one.receive(OK + b"RTSP/1.0 404 Not Found\r\n\r\n" + frame(0, b"a"), 1.0) == []
    assert one.playing


@pytest.mark.parametrize("garbage", [b"\0", b"garbage", b"\x80\x60\x12", b"v=0\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_what_is_neither_frame_nor_message_is_a_protocol_fault(garbage: bytes) -> None:
    one = playing()
    with pytest.raises(RtspFault) as raised:
        one.receive(frame(0, b"a") + garbage, 1.0)
    assert raised.value.kind is RtspFaultKind.PROTOCOL
    assert not one.playing
    assert one.receive(b"more", 2.0) == []


def test_a_content_length_that_promises_more_than_comes_is_waited_for_within_bounds() -> None:
    one = playing()
    one.receive(f"RTSP/1.0 200 OK\r\nContent-Length: {MAX_BODY_BYTES}\r\n\r\n".encode(), 1.0)
    data = b"".join(frame(0, bytes(1000)) for _ in range(MAX_BODY_BYTES // 1004 + 1))
    with pytest.raises(RtspFault) as raised:
        feed_bounded(one, data, 1.0)
    assert raised.value.kind is RtspFaultKind.PROTOCOL  # its end lies in the middle of a frame


def test_a_content_length_that_promises_less_than_comes_is_a_protocol_fault() -> None:
    one = client(URL)
    with pytest.raises(RtspFault) as raised:
        one.receive(b"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nv=0\r\n", 0.0)
    assert raised.value.kind is RtspFaultKind.PROTOCOL


def test_frames_before_there_is_a_receiver_are_passed_over_but_not_for_ever() -> None:
    one = client(URL)
    assert one.receive(frame(0, b"x" * 1000) + frame(9, b"") + OK, 0.0) == []
    assert one.data_to_send().count(b"DESCRIBE") == 1
    with pytest.raises(RtspFault, match="before it was asked to") as raised:
        feed_bounded(one, frame(0, bytes(1000)) * 1000, 0.0)
    assert raised.value.kind is RtspFaultKind.PROTOCOL


@pytest.mark.parametrize(
    ("method", "status"),
    [("OPTIONS", b"200 OK"), ("GET_PARAMETER", b"200 OK"), ("ANNOUNCE", b"501 Not"), ("SET_PARAMETER", b"501 Not")],
)
def test_a_servers_own_request_gets_its_answer(method: str, status: bytes) -> None:
    one = playing()
    one.receive(f"{method} * RTSP/1.0\r\nCSeq: 77\r\nContent-Length: 3\r\n\r\nabc".encode() + frame(0, b"a"), 1.0)
    answer = one.data_to_send()
    assert answer.startswith(b"RTSP/1.0 " + status)
    assert b"\r\nCSeq: 77\r\n" in answer
    assert frames_of(one).frames == [(0, b"a")]


def test_a_servers_redirect_is_answered_and_followed() -> None:
    one = playing()
    request = b"REDIRECT rtsp://10.0.0.7/a RTSP/1.0\r\nCSeq: 7\r\nLocation: rtsp://10.0.0.8/b\r\n\r\n"
    assert one.receive(request + frame(0, b"a"), 1.0) == [Redirected("rtsp://10.0.0.8/b", 1)]
    assert one.data_to_send().startswith(b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n")
    assert not one.playing


def test_a_servers_teardown_ends_the_session() -> None:
    with pytest.raises(RtspFault, match="the camera ended the session") as raised:
        playing().receive(b"TEARDOWN rtsp://10.0.0.7/a RTSP/1.0\r\nCSeq: 7\r\n\r\n", 1.0)
    assert raised.value.kind is RtspFaultKind.ENDED


def test_a_flood_of_requests_is_a_fault_before_its_answers_fill_the_memory() -> None:
    one = playing()
    with pytest.raises(RtspFault, match="floods us with requests"):
        one.receive(b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n" * 100_000, 1.0)
    assert len(one.data_to_send()) < 70_000


def test_a_fault_of_the_receiver_is_handed_on() -> None:
    class Breaking:
        def feed(self, buffer: bytes, start: int, now_s: float) -> int:
            raise RtspFault(RtspFaultKind.PROTOCOL, f"{len(buffer) - start} bytes at {now_s:g} s")

    one = RtspClient(URL, now_s=0.0, cnonce=str, make_receiver=lambda *_: Breaking())
    with pytest.raises(RtspFault, match="bytes at 0 s"):
        talk(one, typical.hikvision())


def test_a_frame_that_the_receiver_never_takes_is_a_fault_and_not_kept_for_ever() -> None:
    class Idle:
        def feed(self, buffer: bytes, start: int, now_s: float) -> int:
            return start if len(buffer) and now_s else len(buffer)

    one = RtspClient(URL, now_s=0.0, cnonce=str, make_receiver=lambda *_: Idle())
    camera = typical.gstreamer()
    while one.receiver is None:
        one.receive(camera.hear(one.data_to_send()), 0.0)
    with pytest.raises(RtspFault, match="does not end"):
        feed_bounded(one, frame(0, bytes(1000)) * 100, 1.0)


def test_no_fault_of_any_kind_tells_the_login() -> None:
    one = client("rtsp://hush:hush@h/x?token=hush")
    for data in (b"RTSP/1.0 404 hush\r\n\r\n", b"hush"):
        with pytest.raises(RtspFault) as raised:
            one.receive(OK + data, 0.0)
        assert "hush" not in f"{raised.value!r} {raised.value} {one!r}"
        one = client("rtsp://hush:hush@h/x?token=hush")

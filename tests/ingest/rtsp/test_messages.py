"""Messages out of bytes that cameras send, and out of bytes that none should."""

import pytest

from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind
from fusion.ingest.rtsp.messages import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    Headers,
    MessageParser,
    Request,
    Response,
    ServerRequest,
)


def parsed(data: bytes, start: int = 0) -> tuple[Response | ServerRequest | None, int]:
    return MessageParser().parse(data, start)


def response(data: bytes) -> Response:
    message, end = parsed(data)
    assert isinstance(message, Response)
    assert end == len(data)
    return message


def test_a_response_has_its_status_headers_and_body() -> None:
    data = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n"
    one = response(data)
    assert (one.status, one.reason, one.body) == (200, "OK", b"v=0\n")
    assert parsed(b"?" * 7 + data + b"$", 7)[1] == 7 + len(data)


def test_header_names_have_any_case_and_each_may_come_several_times() -> None:
    one = response(b"RTSP/1.0 401 No\r\nWWW-Authenticate: Basic\r\nwww-AUTHENTICATE: Digest\r\n\r\n")
    assert one.headers.all("Www-Authenticate") == ("Basic", "Digest")
    assert one.headers.get("www-authenticate") == "Basic"
    assert one.headers.get("cseq") is None


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\nCSeq: 1\nSession: 5\n\n",  # line ends without CR
        b"RTSP/1.0 200 OK\r\nSession:\r\n   5\r\n\r\n",  # a folded header
        b"RTSP/1.0 200\r\nSession :5 \r\n\r\n",  # no reason, a space before the colon
        b"\r\n\r\nRTSP/1.0 200 OK\r\nSession: 5\r\n\r\n",  # empty lines before it
        b"RTSP/1.0 200 OK\r\nno header at all\r\nSession: 5\r\n\r\n",  # a line that is none
        b"RTSP/1.0 200 OK\r\nSession: 5\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",  # twice the same
        "RTSP/1.0 200 好\r\nServer: 海康\r\nSession: 5\r\n\r\n".encode("gb18030"),  # no UTF-8
    ],
)
def test_what_cameras_do_against_the_letter_is_understood(data: bytes) -> None:
    assert response(data).headers.get("session") == "5"


def test_a_folded_header_is_one_line_and_a_body_may_hold_anything() -> None:
    one = response(
        b'RTSP/1.0 401 No\r\nWWW-Authenticate: Digest realm="a",\r\n\tnonce="b"\r\nContent-Length: 5\r\n\r\n\r\n\r\n\0'
    )
    assert one.headers.get("www-authenticate") == 'Digest realm="a", nonce="b"'
    assert one.body == b"\r\n\r\n\0"


def test_bytes_that_are_no_utf8_go_back_as_they_came() -> None:
    one = response(b"RTSP/1.0 200 OK\r\nSession: \xbd\xad\r\n\r\n")
    encoded = Request("PLAY", "rtsp://h/x", (("Session", one.headers.get("session") or ""),)).encode(3)
    assert encoded == b"PLAY rtsp://h/x RTSP/1.0\r\nCSeq: 3\r\nSession: \xbd\xad\r\n\r\n"


def test_a_message_that_is_not_whole_is_waited_for_at_every_length() -> None:
    data = b"RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"
    parser = MessageParser()
    for size in range(len(data)):
        assert parser.parse(data[:size], 0) == (None, 0)
    message, end = parser.parse(data, 0)
    assert isinstance(message, Response)
    assert end == len(data)


def test_a_servers_own_request_is_told_from_an_answer() -> None:
    message, _ = parsed(b"REDIRECT rtsp://h/x RTSP/1.0\r\nCSeq: 732\r\nLocation: rtsp://h:8554/x\r\n\r\n")
    assert isinstance(message, ServerRequest)
    assert (message.method, message.headers.get("location")) == ("REDIRECT", "rtsp://h:8554/x")
    assert message.answer(200, "OK") == b"RTSP/1.0 200 OK\r\nCSeq: 732\r\n\r\n"


@pytest.mark.parametrize("cseq", ["", "-1", "9" * 11, "1; x", "٣"])
def test_a_cseq_that_is_no_number_is_not_repeated(cseq: str) -> None:
    assert ServerRequest("OPTIONS", "*", Headers((("CSeq", cseq),))).answer(200, "OK") == b"RTSP/1.0 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length is no number"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 1e9\r\n\r\n", "Content-Length is no number"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 9999999999999999999999\r\n\r\n", "Content-Length is no number"),
        (f"RTSP/1.0 200 OK\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(), "Content-Length is more"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "two different lengths"),
        (b"RTSP/1.0 200 OK\r\nX-Long: " + b"a" * MAX_HEAD_BYTES, "headers are longer"),
        (b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n", "more than 100 header lines"),
        (b"RTSP/1.0 200 OK\r\nSession: a\0b\r\n\r\n", "control characters"),
        (b"RTSP/1.0 200 OK\r\nSession: a\rb\r\n\r\n", "control characters"),
        (b"RTSP/1.0 2000 OK\r\n\r\n", "status line"),
        (b"RTSP/1.0 abc OK\r\n\r\n", "status line"),
        (b"RTSP/1.0 999 OK\r\n\r\n", "status line"),
        (b"RTSP/2.0 200 OK\r\n\r\n", "status line"),
        (b"RTSP/1.0\r\n\r\n", "status line"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "neither a message nor"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "neither a message nor"),
        (b"220 FTP ready\r\n", "neither a message nor"),
        (b"\x16\x03\x01\x02", "neither a message nor"),
        (b"GET /index.html HTTP/1.1\r\n\r\n", "neither an answer nor a request"),
        (b"A" * 40, "neither a message nor"),
    ],
)
def test_what_is_no_message_is_a_protocol_fault_that_says_why(data: bytes, why: str) -> None:
    with pytest.raises(RtspFault, match=why) as raised:
        parsed(data)
    assert raised.value.kind is RtspFaultKind.PROTOCOL


def test_garbage_is_told_by_its_first_bytes_and_not_gathered() -> None:
    for data in (b"r", b"RX/", b"RTSQ/", b"<", b"\0"):
        with pytest.raises(RtspFault):
            parsed(data + b" ")


def test_no_repr_shows_a_login_or_a_token() -> None:
    headers = (("Authorization", "Basic aHVzaA=="),)
    things = (
        Request("PLAY", "rtsp://h/x?token=hush", headers),
        Response(200, "OK", Headers(headers), b"hush"),
        ServerRequest("PLAY", "rtsp://h/x?token=hush", Headers(headers), b"hush"),
        Headers(headers),
    )
    for thing in things:
        assert "hush" not in repr(thing)
        assert "aHVz" not in repr(thing)

"""Which request follows which answer, and which fault says what."""

import re
from collections.abc import Callable

import pytest

from fusion.ingest.rtsp.address import parse_url
from fusion.ingest.rtsp.client import Event, Playing, Redirected, RtspClient
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind

from . import typical
from .camera import PLAIN_URL, URL, Camera, client, frames_of, talk

DIGEST = 'WWW-Authenticate: Digest realm="r", nonce="{}"\n'


def status(code: int, *headers: str) -> str:
    return "\n".join((f"RTSP/1.0 {code} Whatever", "CSeq: {cseq}", *headers, "", ""))


def camera(**answers: str | list[str]) -> Camera:
    """GStreamer's, with other answers to some methods."""
    one = typical.gstreamer()
    one.answers.update({method: [given] if isinstance(given, str) else given for method, given in answers.items()})
    return one


def refused(answers: Camera, one: RtspClient | None = None) -> RtspFault:
    with pytest.raises(RtspFault) as raised:
        talk(one or client(URL), answers)
    return raised.value


def methods(one: Camera) -> list[str]:
    return [asked.method for asked in one.asked]


@pytest.mark.parametrize(
    ("method", "code", "kind", "words"),
    [
        ("DESCRIBE", 403, RtspFaultKind.REFUSED, r"the camera forbids this user the stream \(403\)"),
        ("DESCRIBE", 404, RtspFaultKind.NO_PATH, r"the camera has no such path \(404\)"),
        ("DESCRIBE", 406, RtspFaultKind.UNSUPPORTED, "cannot describe its stream by SDP"),
        ("DESCRIBE", 415, RtspFaultKind.UNSUPPORTED, r"\(415\)"),
        ("DESCRIBE", 453, RtspFaultKind.BUSY, "no bandwidth left for one more viewer"),
        ("DESCRIBE", 500, RtspFaultKind.BUSY, r"answers DESCRIBE with an error of its own \(500\)"),
        ("DESCRIBE", 501, RtspFaultKind.UNSUPPORTED, "does not know DESCRIBE"),
        ("DESCRIBE", 503, RtspFaultKind.BUSY, "cannot serve one more viewer now"),
        ("DESCRIBE", 505, RtspFaultKind.UNSUPPORTED, "does not speak RTSP 1.0"),
        ("DESCRIBE", 400, RtspFaultKind.PROTOCOL, r"the camera refuses DESCRIBE \(400\)"),
        ("DESCRIBE", 300, RtspFaultKind.PROTOCOL, r"the camera refuses DESCRIBE \(300\)"),
        ("SETUP", 461, RtspFaultKind.UNSUPPORTED, "does not send over TCP"),
        ("SETUP", 453, RtspFaultKind.BUSY, r"\(453\)"),
        ("PLAY", 454, RtspFaultKind.ENDED, "no longer knows the session"),
        ("PLAY", 455, RtspFaultKind.PROTOCOL, r"the camera refuses PLAY \(455\)"),
        ("OPTIONS", 503, RtspFaultKind.BUSY, r"\(503\)"),
    ],
)
def test_each_status_says_in_words_what_is_wrong(method: str, code: int, kind: RtspFaultKind, words: str) -> None:
    fault = refused(camera(**{method: status(code)}))
    assert fault.kind is kind
    assert re.search(words, str(fault))


@pytest.mark.parametrize("code", [400, 401, 404, 405, 501])
def test_a_camera_that_refuses_options_is_asked_for_its_stream_all_the_same(code: int) -> None:
    one = camera(OPTIONS=status(code))
    assert isinstance(talk(client(PLAIN_URL), one)[-1], Playing)
    assert methods(one) == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]


def test_a_wrong_password_is_tried_once_and_no_more() -> None:
    one = camera(DESCRIBE=[status(401, DIGEST.format(number)) for number in range(9)])
    fault = refused(one)
    assert (fault.kind, str(fault)) == (RtspFaultKind.REFUSED, "the camera refuses user or password (401)")
    assert methods(one) == ["OPTIONS", "DESCRIBE", "DESCRIBE"]


def test_a_login_that_options_was_challenged_for_is_tried_once_too() -> None:
    one = camera(OPTIONS=status(401, DIGEST.format("a")), DESCRIBE=status(401, DIGEST.format("b")))
    assert refused(one).kind is RtspFaultKind.REFUSED
    assert methods(one) == ["OPTIONS", "DESCRIBE"]


def test_a_nonce_that_turns_stale_between_two_requests_is_replaced() -> None:
    one = camera()
    one.answers["DESCRIBE"].insert(0, status(401, DIGEST.format("a")))
    one.answers["PLAY"] = [status(401, 'WWW-Authenticate: Digest realm="r", nonce="b", stale=true'), status(200)]
    assert isinstance(talk(client(URL), one)[-1], Playing)
    assert methods(one) == ["OPTIONS", "DESCRIBE", "DESCRIBE", "SETUP", "PLAY", "PLAY"]
    assert 'nonce="b"' in one.asked[-1].headers["authorization"]


def test_interim_answers_are_passed_over() -> None:
    one, answers = client(URL), typical.gstreamer()
    one.receive(b"RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n", 0.0)
    assert isinstance(talk(one, answers)[-1], Playing)
    assert methods(answers) == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]


@pytest.mark.parametrize(
    ("transport", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=0-1", (0, 1)),
        ("RTP/AVP/TCP;interleaved=254-255;ssrc=0;mode=play", (254, 255)),
        ("rtp/avp/tcp;unicast;Interleaved = 6", (6, 7)),
        ("RTP/AVP/TCP;unicast", (0, 1)),
        ("RTP/AVP/TCP;unicast;interleaved=3-2,RTP/AVP;unicast", (3, 2)),
    ],
)
def test_the_server_chooses_the_channels(transport: str, channels: tuple[int, int]) -> None:
    one = client(URL)
    talk(one, camera(SETUP=status(200, "Session: 1", f"Transport: {transport}")))
    assert frames_of(one).channels == channels


def test_a_server_that_names_no_transport_and_no_session_gets_what_was_asked() -> None:
    one, answers = client(URL), camera(SETUP=status(200))
    assert isinstance(talk(one, answers)[-1], Playing)
    assert frames_of(one).channels == (0, 1)
    assert "session" not in answers.asked[-1].headers


@pytest.mark.parametrize(
    ("transport", "kind", "words"),
    [
        ("RTP/AVP;unicast;client_port=5000-5001", RtspFaultKind.UNSUPPORTED, "over UDP though TCP"),
        ("RTP/AVP/TCP;interleaved=0-256", RtspFaultKind.PROTOCOL, "channels for its stream that cannot be"),
        ("RTP/AVP/TCP;interleaved=999999999", RtspFaultKind.PROTOCOL, "channels for its stream that cannot be"),
        ("RTP/AVP/TCP;interleaved=5-5", RtspFaultKind.PROTOCOL, "channels for its stream that cannot be"),
    ],
)
def test_a_transport_that_cannot_be_is_a_fault(transport: str, kind: RtspFaultKind, words: str) -> None:
    fault = refused(camera(SETUP=status(200, f"Transport: {transport}")))
    assert fault.kind is kind
    assert words in str(fault)


def test_a_camera_that_plays_tracks_only_is_asked_to_play_the_track() -> None:
    one = camera(PLAY=[status(459), status(200)])
    assert isinstance(talk(client(URL), one)[-1], Playing)
    assert one.asked[-1].url == "rtsp://127.0.0.1:8554/car/stream=0"
    assert refused(camera(PLAY=status(459))).kind is RtspFaultKind.PROTOCOL


def redirect(one: Camera, given: RtspClient | None = None) -> Redirected:
    [event] = talk(given or client(URL), one)
    assert isinstance(event, Redirected)
    return event


@pytest.mark.parametrize("code", [301, 302, 303, 305, 307])
def test_a_redirect_names_the_new_address_and_ends_the_client(code: int) -> None:
    one = client(URL)
    event = redirect(camera(DESCRIBE=status(code, "Location: rtsp://10.0.0.7:8554/b")), one)
    assert parse_url(event.url).request_url == "rtsp://10.0.0.7:8554/b"
    assert event.redirects == 1
    assert one.receive(b"anything that still comes", 1.0) == []
    assert one.data_to_send() == one.close() == b""
    one.tick(1e6)


@pytest.mark.parametrize(
    ("url", "location", "kept"),
    [
        ("rtsp://u:hush@cam/a", "rtsp://CAM/b", True),
        ("rtsp://u:hush@cam/a", "rtsp://cam:8554/b", True),
        ("rtsp://u:hush@cam/a", "rtsps://cam/b", True),
        ("rtsp://u:hush@cam/a", "rtsp://u:evil@cam/b", True),
        ("rtsps://u:hush@cam/a", "rtsp://cam/b", False),
        ("rtsp://u:hush@cam/a", "rtsp://cam2/b", False),
        ("rtsp://u:hush@cam/a", "rtsp://cam.evil.example/b", False),
        ("rtsp://u:hush@cam/a", "rtsp://u:evil@other/b", False),
    ],
)
def test_a_login_never_follows_to_another_host_nor_out_of_tls(url: str, location: str, kept: bool) -> None:
    event = redirect(camera(OPTIONS=status(302, f"Location: {location}")), client(url))
    login = parse_url(event.url).login
    assert (login is not None and login.password == "hush") == kept
    assert "evil" not in (login.password if login else "")
    assert "hush" not in repr(event)


def test_five_redirects_in_a_row_are_followed_and_no_sixth() -> None:
    def elsewhere() -> Camera:
        return camera(OPTIONS=status(301, "Location: rtsp://h/b"))

    assert redirect(elsewhere(), client(URL, redirects=4)).redirects == 5
    fault = refused(elsewhere(), client(URL, redirects=5))
    assert fault.kind is RtspFaultKind.PROTOCOL
    assert "more than 5 times" in str(fault)


@pytest.mark.parametrize("header", ["X: y", "Location:", "Location: /b", "Location: http://h/b"])
def test_a_redirect_to_nowhere_is_a_fault(header: str) -> None:
    fault = refused(camera(OPTIONS=status(302, header)))
    assert fault.kind is RtspFaultKind.PROTOCOL
    assert "names no address of a stream" in str(fault)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("Content-Base: rtsp://h/base/", "rtsp://h/base/stream=0"),
        ("Content-Location: rtsp://h/location", "rtsp://h/location/stream=0"),
        ("Content-Base: rtsp://h/base/\nContent-Location: rtsp://h/location", "rtsp://h/base/stream=0"),
        ("Content-Base: nonsense://", "rtsp://10.0.0.7/Streaming/Channels/102/stream=0"),
        ("X: y", "rtsp://10.0.0.7/Streaming/Channels/102/stream=0"),
    ],
)
def test_relative_control_urls_are_relative_to_base_location_or_request(header: str, wanted: str) -> None:
    one = camera(DESCRIBE=f"{status(200, header)}{typical.GSTREAMER_SDP}")
    talk(client(URL), one)
    assert one.asked[2].url == wanted


def test_a_stream_without_video_is_unsupported() -> None:
    fault = refused(camera(DESCRIBE=status(200) + "v=0\nm=audio 0 RTP/AVP 8\n"))
    assert (fault.kind, str(fault)) == (RtspFaultKind.UNSUPPORTED, "the stream holds no video")


def _kept_alive(answers: Camera, seconds: int, listen: Callable[[], bytes] = bytes) -> tuple[RtspClient, list[Event]]:
    one = client(URL)
    events = talk(one, answers)
    for now_s in range(1, seconds):
        one.receive(listen(), now_s)
        one.tick(now_s)
        events += talk(one, answers, now_s)
    return one, events


@pytest.mark.parametrize(
    ("session", "interval_s"),
    [
        ("1;timeout=60", 27),
        ("1", 27),
        ("1;timeout=20", 9),
        ("1; Timeout = 20 ;x=y", 9),
        ("1;timeout=0", 27),
        ("1;timeout=1", 2),
        ("1;timeout=-5", 27),
        ("1;timeout=soon", 27),
        ("1;timeout=999999999999", 30),
        ("1;timeout=3600", 30),
    ],
)
def test_the_session_is_kept_alive_before_half_of_its_timeout(session: str, interval_s: int) -> None:
    answers = camera(SETUP=status(200, f"Session: {session}"))
    _kept_alive(answers, interval_s)
    assert "GET_PARAMETER" not in methods(answers)
    answers = camera(SETUP=status(200, f"Session: {session}"))
    _kept_alive(answers, 3 * interval_s + 1)
    assert methods(answers).count("GET_PARAMETER") == 3
    assert answers.asked[-1].headers["session"] == "1"
    assert answers.asked[-1].url == "rtsp://127.0.0.1:8554/car/"


@pytest.mark.parametrize("code", [400, 404, 405, 451, 500, 501])
def test_a_camera_that_refuses_get_parameter_is_kept_alive_by_options(code: int) -> None:
    answers = camera(GET_PARAMETER=status(code))
    one, _ = _kept_alive(answers, 90)
    assert methods(answers)[4:] == ["GET_PARAMETER", "OPTIONS", "OPTIONS"]
    assert one.playing


def test_a_camera_that_refuses_every_keep_alive_plays_on() -> None:
    answers = camera(GET_PARAMETER=status(405))
    answers.answers["OPTIONS"].append(status(500))
    one, _ = _kept_alive(answers, 90)
    assert one.playing


def test_a_session_that_the_camera_forgot_is_ended() -> None:
    answers = camera(GET_PARAMETER=status(454))
    with pytest.raises(RtspFault, match=r"the camera no longer knows the session \(454\)") as raised:
        _kept_alive(answers, 90)
    assert raised.value.kind is RtspFaultKind.ENDED


def test_a_keep_alive_that_finds_its_nonce_too_old_logs_in_again() -> None:
    answers = camera()
    answers.answers["DESCRIBE"].insert(0, status(401, DIGEST.format("a")))
    answers.answers["GET_PARAMETER"] = [status(401, DIGEST.format("b")), status(200)]
    one, _ = _kept_alive(answers, 30)
    assert one.playing
    assert methods(answers)[-2:] == ["GET_PARAMETER", "GET_PARAMETER"]
    assert 'nonce="b"' in answers.asked[-1].headers["authorization"]


def test_a_camera_that_never_answers_a_keep_alive_but_sends_is_kept() -> None:
    answers = camera(GET_PARAMETER="", OPTIONS=[status(200, "Public: GET_PARAMETER"), ""])
    one, _ = _kept_alive(answers, 100, lambda: b"$\0\0\0")
    assert one.playing
    assert methods(answers)[4:] == ["GET_PARAMETER", "OPTIONS", "OPTIONS"]


def test_a_camera_that_is_silent_after_a_keep_alive_timed_out() -> None:
    one, answers = client(URL), camera(GET_PARAMETER="")
    talk(one, answers)
    one.tick(27.0)
    answers.hear(one.data_to_send())
    one.tick(36.9)
    with pytest.raises(RtspFault, match="did not answer GET_PARAMETER within 10 s") as raised:
        one.tick(37.0)
    assert raised.value.kind is RtspFaultKind.TIMEOUT

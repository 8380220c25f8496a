"""Whole dialogues with cameras of the usual makes."""

from base64 import b64decode

from fusion.ingest.rtsp.client import Playing

from . import typical
from .camera import CNONCE, URL, client, digest_is_right, frame, frames_of, parameters, talk


def test_a_hikvision_is_greeted_by_its_own_challenge_and_plays_over_digest_with_qop() -> None:
    camera, one = typical.hikvision(), client(URL)
    [event] = talk(one, camera)
    assert isinstance(event, Playing)
    assert one.playing
    assert [(asked.method, asked.url) for asked in camera.asked] == [
        ("OPTIONS", "rtsp://10.0.0.7/Streaming/Channels/102"),
        ("DESCRIBE", "rtsp://10.0.0.7/Streaming/Channels/102"),
        ("SETUP", "rtsp://10.0.0.7/Streaming/Channels/102/trackID=1"),
        ("PLAY", "rtsp://10.0.0.7/Streaming/Channels/102/"),
    ]
    assert all(digest_is_right(asked, "admin", "p@ss:word") for asked in camera.asked[1:])
    counts = [parameters(asked.headers["authorization"])["nc"] for asked in camera.asked[1:]]
    assert counts == ["00000001", "00000002", "00000003"]
    assert parameters(camera.asked[1].headers["authorization"])["cnonce"] == CNONCE
    assert camera.asked[3].headers["session"] == "1804289383"
    assert (event.media.codec, event.media.payload_type, event.media.clock_rate_hz) == ("h264", 96, 90_000)


def test_a_dahua_plays_h265_over_digest_without_qop_on_the_channels_that_it_chose() -> None:
    camera, one = typical.dahua(), client("rtsp://admin:p%40ss%3Aword@10.0.0.7:554/cam/realmonitor?channel=1&subtype=1")
    [event] = talk(one, camera)
    assert isinstance(event, Playing)
    assert [asked.method for asked in camera.asked] == ["OPTIONS", "DESCRIBE", "DESCRIBE", "SETUP", "PLAY"]
    base = "rtsp://10.0.0.7:554/cam/realmonitor?channel=1&subtype=1"
    assert [asked.url for asked in camera.asked[2:]] == [base, f"{base}/trackID=0", f"{base}/"]
    assert all(digest_is_right(asked, "admin", "p@ss:word") for asked in camera.asked[2:])
    assert "qop" not in camera.asked[2].headers["authorization"]
    sets = b"".join(b"\0\0\0\1" + b64decode(text) for text in (typical.VPS5, typical.SPS5, typical.PPS5))
    assert (event.media.codec, event.media.payload_type, event.media.extradata) == ("hevc", 98, sets)
    assert frames_of(one).channels == (4, 5)


def test_a_dahua_whose_public_knows_no_get_parameter_is_kept_alive_by_options() -> None:
    camera, one = typical.dahua(), client(URL)
    talk(one, camera)
    one.tick(30.0)
    talk(one, camera, 30.0)
    assert camera.asked[-1].method == "OPTIONS"
    assert camera.asked[-1].headers["session"] == "2251938203"


def test_an_axis_without_options_is_set_up_at_its_absolute_control_url_with_the_query() -> None:
    camera, one = (
        typical.axis(),
        client("rtsp://root:pass@10.0.0.7/axis-media/media.amp?videocodec=h264&resolution=640x360"),
    )
    [event] = talk(one, camera)
    assert isinstance(event, Playing)
    query = "?videocodec=h264&resolution=640x360"
    assert [asked.url for asked in camera.asked[3:]] == [
        f"rtsp://10.0.0.7/axis-media/media.amp/stream=0{query}",
        f"rtsp://10.0.0.7/axis-media/media.amp{query}",
    ]
    assert all(digest_is_right(asked, "root", "pass") for asked in camera.asked[2:])
    assert camera.asked[-1].headers["session"] == "t4Zk-2.fYx$"


def test_a_gstreamer_server_is_asked_for_its_content_base_and_no_login_is_sent_that_it_did_not_ask_for() -> None:
    camera, one = typical.gstreamer(), client("rtsp://admin:hush@127.0.0.1:8554/car?x=1")
    [event] = talk(one, camera)
    assert isinstance(event, Playing)
    assert [asked.url for asked in camera.asked] == [
        "rtsp://127.0.0.1:8554/car?x=1",
        "rtsp://127.0.0.1:8554/car?x=1",
        "rtsp://127.0.0.1:8554/car/stream=0",
        "rtsp://127.0.0.1:8554/car/",
    ]
    assert not any("authorization" in asked.headers for asked in camera.asked)


def test_the_receiver_gets_all_frames_also_those_before_plays_answer() -> None:
    camera, one = typical.gstreamer(), client(URL)
    while one.receiver is None:
        one.receive(camera.hear(one.data_to_send()), 0.0)
    assert not one.playing
    answer = camera.hear(one.data_to_send())
    one.receive(frame(0, b"early") + answer[:20], 0.0)
    [event] = one.receive(answer[20:] + frame(1, b"report") + frame(0, b"later")[:6], 0.0)
    assert isinstance(event, Playing)
    one.receive(frame(0, b"later")[6:], 0.0)
    assert frames_of(one).frames == [(0, b"early"), (1, b"report"), (0, b"later")]


def test_closing_tears_down_the_session_with_its_login_and_only_once() -> None:
    camera, one = typical.hikvision(), client(URL)
    talk(one, camera)
    camera.hear(one.close())
    assert (camera.asked[-1].method, camera.asked[-1].url) == ("TEARDOWN", "rtsp://10.0.0.7/Streaming/Channels/102/")
    assert camera.asked[-1].headers["session"] == "1804289383"
    assert digest_is_right(camera.asked[-1], "admin", "p@ss:word")
    assert one.close() == b""
    assert not one.playing


def test_closing_without_a_session_sends_nothing() -> None:
    one = client(URL)
    one.data_to_send()
    assert one.close() == b""

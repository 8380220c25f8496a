"""RTSP as it is spoken, byte by byte, with a fleet in a process of its own."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest

from fusion.fleet import FleetConfig, FleetProcess, StreamConfig
from fusion.fleet.clip import read_clip

from .client import Client, Packet, depacketised, wait_until

TCP = "RTP/AVP/TCP;unicast;interleaved=4-5"


@pytest.fixture
def client(fleet: FleetProcess) -> Client:
    return Client(fleet.port)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("OPTIONS", "*", {}, 200),
        ("OPTIONS", "/t/1/sub", {}, 200),
        ("GET_PARAMETER", "/t/1/sub", {}, 200),
        ("DESCRIBE", "/t/1/sub", {"Accept": "application/sdp"}, 200),
        ("DESCRIBE", "/t/1/sub/", {}, 200),
        ("DESCRIBE", "/t/9/sub", {}, 404),
        ("DESCRIBE", "/t/1/sub", {"Accept": "text/html"}, 406),
        ("DESCRIBE", "/t/1/sub", {"Require": "com.example.rewind"}, 551),
        ("DESCRIBE", "/t/3", {}, 401),
        ("DESCRIBE", "/t/3", {"Authorization": "Digest"}, 401),
        ("DESCRIBE", "/t/3", {"Authorization": "Basic " + b64encode(b"admin:p@ss:word").decode()}, 401),
        ("DESCRIBE", "/t/4", {"Authorization": "Basic !!!"}, 401),
        ("DESCRIBE", "/t/4", {"Authorization": "Basic " + b64encode(b"admin:wrong").decode()}, 401),
        ("DESCRIBE", "/t/4", {"Authorization": "Basic " + b64encode(b"admin:p@ss:word").decode()}, 200),
        ("SETUP", "/t/1/sub/trackID=0", {"Transport": "RTP/AVP;unicast;client_port=5000-5001"}, 461),
        ("SETUP", "/t/1/sub/trackID=0", {}, 461),
        ("SETUP", "/t/1/sub/trackID=0", {"Transport": "RTP/AVP/TCP;interleaved=0-256"}, 461),
        ("SETUP", "/t/1/sub/trackID=0", {"Transport": f"RTP/AVP;unicast;client_port=5000-5001,{TCP}"}, 200),
        ("SETUP", "/t/1/sub/trackID=0", {"Transport": TCP, "Session": "f00"}, 454),
        ("PLAY", "/t/1/sub", {}, 454),
        ("PLAY", "/t/1/sub", {"Session": "f00"}, 454),
        ("PAUSE", "/t/1/sub", {"Session": "f00"}, 454),
        ("TEARDOWN", "/t/1/sub", {"Session": "f00"}, 454),
        ("GET_PARAMETER", "/t/1/sub", {"Session": "f00"}, 454),
        ("RECORD", "/t/1/sub", {}, 405),
        ("FLY", "/t/1/sub", {}, 501),
        ("PLAY", "*", {}, 400),
    ],
)
def test_each_request_gets_the_status_that_the_standard_names(
    client: Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with client:
        assert client.ask(method, path, **headers).status == status


def test_a_digest_is_right_for_its_user_password_stream_and_method_only(client: Client) -> None:
    with client:
        right = client.digest("/t/3", "DESCRIBE", "admin", "p@ss:word")
        assert client.ask("DESCRIBE", "/t/3", Authorization=right).status == 200
        assert client.ask("SETUP", "/t/3/trackID=0", Authorization=right, Transport=TCP).status == 401
        for user, password, changes in [
            ("admin", "p@ss:wore", {}),
            ("guest", "p@ss:word", {}),
            ("admin", "p@ss:word", {"nonce": "0" * 32}),
            ("admin", "p@ss:word", {"uri": client.uri("/t/1/sub")}),
        ]:
            wrong = client.digest("/t/3", "DESCRIBE", user, password, **changes)
            assert client.ask("DESCRIBE", "/t/3", Authorization=wrong).status == 401


@pytest.mark.parametrize(("path", "codec"), [("/t/1/sub", "H264"), ("/t/2/sub", "H265")])
def test_the_description_names_the_codec_its_parameter_sets_and_the_track(
    client: Client, clips: dict[str, Path], path: str, codec: str
) -> None:
    with client:
        answer = client.ask("DESCRIBE", path)
    assert answer.headers["content-base"] == f"{client.uri(path)}/"
    assert f"a=rtpmap:96 {codec}/90000\r\n" in answer.body
    assert "a=control:trackID=0\r\n" in answer.body
    assert "a=framerate:16\r\n" in answer.body
    for parameter_set in read_clip(clips[codec]).parameter_sets:
        assert b64encode(parameter_set).decode() in answer.body


def test_a_login_in_the_uri_is_not_repeated(fleet: FleetProcess, client: Client) -> None:
    with client:
        client.send("DESCRIBE", f"rtsp://eve:hush@127.0.0.1:{fleet.port}/t/1/sub")
        answer = client.answer()
    assert "hush" not in str(answer)


@pytest.mark.parametrize(("path", "codec"), [("/t/1/sub", "H264"), ("/t/2/sub", "H265")])
def test_what_is_played_is_the_clip_over_and_over_without_a_break(
    client: Client, clips: dict[str, Path], path: str, codec: str
) -> None:
    clip = read_clip(clips[codec])
    with client:
        client.play(path)
        pictures = list(islice(client.pictures(), 2 * len(clip.units) + 5))
    sent = [tuple(depacketised(payloads, codec)) for _, payloads in pictures]
    first = [unit.nals for unit in clip.units].index(sent[0])
    assert clip.units[first].key
    assert sent[0][: len(clip.parameter_sets)] == clip.parameter_sets
    assert sent == [clip.units[(first + number) % len(clip.units)].nals for number in range(len(sent))]
    assert {(late - early) & 0xFFFFFFFF for (early, _), (late, _) in pairwise(pictures)} == {5625}


def test_packets_begin_as_play_has_said_and_are_numbered_without_a_gap(client: Client) -> None:
    with client:
        info = client.play("/t/1/sub").headers["rtp-info"]
        packets = list(islice(client.packets(), 60))
    assert f";seq={packets[0].sequence};rtptime={packets[0].timestamp}" in info
    assert {(late.sequence - early.sequence) & 0xFFFF for early, late in pairwise(packets)} == {1}
    assert len({packet.ssrc for packet in packets}) == 1
    assert max(len(packet.payload) for packet in packets) > 1300


@pytest.mark.parametrize(("path", "codec"), [("/t/1/sub", "H264"), ("/t/2/sub", "H265"), ("/t/5", "B")])
def test_a_sender_report_says_at_which_wall_time_a_second_of_the_clip_was_captured(
    fleet: FleetProcess, client: Client, clips: dict[str, Path], path: str, codec: str
) -> None:
    clip = read_clip(clips[codec])
    with client:
        client.play(path)
        pictures = list(islice(client.pictures(), 20))
        received = datetime.now(UTC)
    for timestamp, payloads in pictures:
        captured = client.captured(timestamp)
        nals = tuple(depacketised(payloads, "H265" if codec == "H265" else "H264"))
        shown = next(unit for unit in clip.units if unit.nals == nals)
        # A millisecond on, so that rounding cannot put it at the end of the loop before.
        position = fleet.position(path, captured + timedelta(milliseconds=1))
        assert position.offset.total_seconds() == pytest.approx(shown.capture_ticks / 90_000 + 0.001, abs=0.0005)
    assert timedelta(0) <= received - captured < timedelta(seconds=0.5)


@pytest.mark.parametrize("join", ["gop", "keyframe"])
def test_a_client_that_joins_gets_the_present_gop_at_once_or_waits_for_the_next_as_configured(
    clips: dict[str, Path], join: str
) -> None:
    stream = StreamConfig(path="/t", clip=clips["H264"])
    config = FleetConfig.model_validate({"streams": (stream,), "join": join})
    with FleetProcess(config) as fleet, Client(fleet.port) as client:

        def into_gop() -> float:
            return fleet.position("/t", datetime.now(UTC)).offset.total_seconds() % 0.5

        wait_until(lambda: 0.2 < into_gop() < 0.3, "some pictures into a group of pictures")
        asked = datetime.now(UTC)
        client.play("/t")
        pictures = client.pictures()
        captured = client.captured(next(pictures)[0])
        if join == "keyframe":
            assert captured > asked
        else:
            assert timedelta(seconds=0.19) < asked - captured < timedelta(seconds=0.31)
            while client.captured(next(pictures)[0]) < asked:
                assert datetime.now(UTC) - asked < timedelta(seconds=0.15), "the pictures up to now came slowly"


def test_after_a_pause_the_stream_goes_on_live_and_its_time_has_gone_on_too(client: Client) -> None:
    with client:
        client.play("/t/1/sub")
        early, _ = next(client.pictures())
        assert client.ask("PAUSE", "/t/1/sub").status == 200
        client.socket.settimeout(0.7)
        with pytest.raises(TimeoutError):
            list(client.packets())
        client.socket.settimeout(10)
        assert client.ask("PLAY", "/t/1/sub").status == 200
        late, _ = next(client.pictures())
        assert 0 < (late - early) & 0xFFFFFFFF < 3 * 90_000
        assert client.ask("TEARDOWN", "/t/1/sub").status == 200
        assert client.ask("PLAY", "/t/1/sub").status == 454


def test_pipelined_requests_are_answered_in_order_even_while_pictures_come(client: Client) -> None:
    with client:
        client.play("/t/1/sub")
        client.socket.sendall(b"$\5\0\10" + bytes(8))  # a receiver report's worth of nothing
        for _ in range(20):
            client.send("OPTIONS", "*")
        answers = [int(client.answer().headers["cseq"]) for _ in range(20)]
        assert answers == list(range(answers[0], answers[0] + 20))
        next(client.pictures())


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"DESCRIBE rtsp://h/t/1/sub RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n",
        b"DESCRIBE rtsp://h/t/1/sub RTSP/1.0\r\nCSeq: 1\r\nX-Long: " + b"a" * 200_000,
        b"DESCRIBE rtsp://h/t/1/sub RTSP/1.0\r\n" + b"X: y\r\n" * 10_000,
        b"DESCRIBE " + b"a" * 100_000,
        b"DESCRIBE rtsp://h/t/1/sub RTSP/1.0\r\nCSeq: one\r\n\r\n",
    ],
)
def test_a_malformed_request_gets_400_and_its_end_and_hurts_nobody_else(fleet: FleetProcess, data: bytes) -> None:
    with Client(fleet.port) as good, Client(fleet.port) as bad:
        good.play("/t/1/sub")
        bad.socket.sendall(data)
        assert bad.answer().status == 400
        assert bad.ended()
        packets = list(islice(good.packets(), 40))
        assert {(late.sequence - early.sequence) & 0xFFFF for early, late in pairwise(packets)} == {1}


def test_a_uri_that_cannot_be_parsed_is_not_found(fleet: FleetProcess, client: Client) -> None:
    with client:
        for uri in ("rtsp://[::1/t/1/sub", "http://h/t/1/sub", "/t/1/sub", f"rtsp://127.0.0.1:{fleet.port}/../t/1/sub"):
            client.send("DESCRIBE", uri)
            assert client.answer().status == 404


def test_who_falls_silent_is_cut_off_and_who_reports_or_asks_is_kept(clips: dict[str, Path]) -> None:
    stream = StreamConfig(path="/t", clip=clips["H264"])
    receiver_report = b"$\5\0\10" + bytes(8)

    def report(client: Client) -> None:
        client.socket.sendall(receiver_report)

    def keep_alive(client: Client) -> None:
        client.send("GET_PARAMETER", client.uri("/t"))

    with FleetProcess(FleetConfig(streams=(stream,), session_timeout=timedelta(seconds=0.6))) as fleet:
        for say in (report, keep_alive):
            with Client(fleet.port) as client:
                client.play("/t")
                for number, _ in enumerate(islice(client.pictures(), 32)):
                    if number % 4 == 0:
                        say(client)
        with Client(fleet.port) as silent:
            silent.play("/t")
            with pytest.raises(ConnectionError):
                list(silent.packets())


def test_a_slow_client_loses_whole_pictures_up_to_a_keyframe_and_the_loss_is_counted(clips: dict[str, Path]) -> None:
    streams = tuple(StreamConfig(path=f"/t/{number}", clip=clips["heavy"]) for number in range(2))
    with (
        FleetProcess(FleetConfig(streams=streams, client_buffer_bytes=16_384)) as fleet,
        Client(fleet.port) as quick,
        Client(fleet.port, receive_buffer=2048) as slow,
    ):
        quick.play("/t/1")
        slow.play("/t/0")
        while not fleet.stats()["/t/0"]["units_dropped"]:
            next(quick.pictures())
        before: Packet | None = None
        for packet in slow.packets():
            if before and packet.sequence != (before.sequence + 1) & 0xFFFF:
                break
            before = packet
        stats = fleet.stats()
    assert before
    assert before.marker, "a picture was torn"
    assert packet.payload[0] & 0x1F == 7, "it does not go on at a keyframe's SPS"
    assert stats["/t/0"]["units_dropped"] > 0
    assert stats["/t/1"]["units_dropped"] == 0


def test_a_client_that_never_reads_its_answers_is_not_heard_without_end(fleet: FleetProcess) -> None:
    requests = b"DESCRIBE rtsp://h/t/1/sub RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 400_000
    with Client(fleet.port, timeout_s=1.0, receive_buffer=2048) as flood:
        with pytest.raises(TimeoutError):
            flood.socket.sendall(requests)
        with Client(fleet.port) as other:
            other.play("/t/1/sub")
            next(other.pictures())

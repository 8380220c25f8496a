"""Descriptions as cameras give them, and as none should."""

from base64 import b64decode

import pytest

from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind
from fusion.ingest.rtsp.sdp import Media, choose, parse_sdp

from .typical import AXIS_SDP, DAHUA_SDP, HIK_SDP, PPS, PPS5, SPS, SPS5, VPS5

BASE = "rtsp://10.0.0.7/x/"
H264 = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
H265 = "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\n"


def annex_b(*sets: str) -> bytes:
    return b"".join(b"\0\0\0\1" + b64decode(text) for text in sets)


def only(text: str, base: str = BASE) -> Media:
    [media] = parse_sdp(text.encode(), base)
    return media


def test_audio_and_metadata_are_passed_over() -> None:
    media = only(HIK_SDP)
    assert (media.codec, media.payload_type, media.clock_rate_hz) == ("h264", 96, 90_000)
    assert media.extradata == annex_b(SPS, PPS)
    assert media.control == "rtsp://10.0.0.7/Streaming/Channels/102/trackID=1"
    assert media.session_url == "rtsp://10.0.0.7/Streaming/Channels/102/"
    assert not media.unsupported


def test_parameter_sets_of_h265_come_in_the_order_vps_sps_pps() -> None:
    media = only(DAHUA_SDP)
    assert media.codec == "hevc"
    assert media.extradata == annex_b(VPS5, SPS5, PPS5)


def test_a_sessions_absolute_control_url_is_the_one_to_play_and_the_base_of_relative_ones() -> None:
    assert only(AXIS_SDP).session_url == "rtsp://10.0.0.7/axis-media/media.amp?videocodec=h264&resolution=640x360"
    media = only(f"a=control:rtsp://10.0.0.7/other/\n{H264}a=control:track1\n")
    assert (media.session_url, media.control) == ("rtsp://10.0.0.7/other/", "rtsp://10.0.0.7/other/track1")


@pytest.mark.parametrize(
    ("session", "control", "session_url", "wanted"),
    [
        ("", "", BASE, BASE),
        ("a=control:*\n", "a=control:*\n", BASE, BASE),
        ("a=control:*\n", "a=control:trackID=0\n", BASE, f"{BASE}trackID=0"),
        ("", "a=control:rtsp://h/t?a=b\n", BASE, "rtsp://h/t?a=b"),
        ("", "a=control:video?profile=2\n", BASE, f"{BASE}video?profile=2"),
        ("a=control:all\n", "a=control:video\n", f"{BASE}all", f"{BASE}video"),
    ],
)
def test_control_urls_are_made_absolute(session: str, control: str, session_url: str, wanted: str) -> None:
    media = only(session + H264 + control)
    assert (media.session_url, media.control) == (session_url, wanted)


@pytest.mark.parametrize(
    ("fmtp", "wanted"),
    [
        (f"a=fmtp:96 sprop-parameter-sets={SPS},{PPS};packetization-mode=1\n", (SPS, PPS)),
        (f"a=fmtp:96 packetization-mode=1 ; Sprop-Parameter-Sets = {SPS} , {PPS.rstrip('=')} ;;\n", (SPS, PPS)),
        (f"a=fmtp:96 sprop-parameter-sets=!!!,{PPS},,\n", (PPS,)),
        (f"a=fmtp:97 sprop-parameter-sets={SPS}\n", ()),
        ("a=fmtp:96\n", ()),
        ("", ()),
    ],
)
def test_what_can_be_read_of_the_parameter_sets_is_taken(fmtp: str, wanted: tuple[str, ...]) -> None:
    media = only(H264 + fmtp)
    assert media.extradata == annex_b(*wanted)
    assert not media.unsupported


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{H264}a=fmtp:96 packetization-mode=2\n", "packetization-mode 2"),
        (f"{H265}a=fmtp:96 sprop-max-don-diff=2\n", "sprop-max-don-diff above 0"),
        ("m=video 0 RTP/AVP 26\n", "its video codec jpeg is not read here; wanted: H.264 or H.265"),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 MP4V-ES/90000\n", "its video codec mp4v-es is not read here"),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 \x1b[31m'<b>/90000\n", "its video codec 31mb is not read here"),
        ("m=video 0 RTP/AVP 96\n", "does not say what its video is"),
        ("m=video\n", "does not say what its video is"),
        ("m=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000\n", "SRTP"),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 H264/0\n", "video clock of 0 Hz"),
        ("m=audio 0 RTP/AVP 8\n", "the stream holds no video"),
        ("", "the stream holds no video"),
    ],
)
def test_a_stream_that_cannot_be_read_here_says_why(text: str, why: str) -> None:
    with pytest.raises(RtspFault, match=why) as raised:
        choose(parse_sdp(text.encode(), BASE))
    assert raised.value.kind is RtspFaultKind.UNSUPPORTED


def test_the_first_video_that_can_be_read_is_chosen() -> None:
    text = f"m=video 0 RTP/AVP 26\na=control:jpeg\n{H265}a=control:second\n{H264}a=control:third\n"
    medias = parse_sdp(text.encode(), BASE)
    assert [media.codec for media in medias] == ["jpeg", "hevc", "h264"]
    assert choose(medias).control == f"{BASE}second"


def test_of_several_payload_types_the_first_that_can_be_read_is_taken() -> None:
    media = only(
        "m=video 0 RTP/AVP 26 97 98\na=rtpmap:97 H264/90000\na=fmtp:97 packetization-mode=2\na=rtpmap:98 h265/90000"
    )
    assert (media.codec, media.payload_type) == ("hevc", 98)


def test_no_don_diff_is_no_reordering_and_line_ends_may_be_any() -> None:
    text = f"{H265}a=fmtp:96 sprop-max-don-diff=0;sprop-vps={VPS5}\n"
    for end in ("\n", "\r\n", "\r"):
        assert only(text.replace("\n", end)).extradata == annex_b(VPS5)


def test_a_description_of_a_hundred_thousand_lines_is_cut_short() -> None:
    assert len(parse_sdp(H264.encode() * 100_000, BASE)) <= 32
    assert parse_sdp(b"a=x\n" * 3_000 + H264.encode(), BASE) == ()


def test_parameter_sets_beyond_all_measure_are_left_to_the_stream() -> None:
    media = only(f"{H264}a=fmtp:96 sprop-parameter-sets={'A' * 200_000}\n")
    assert media.extradata == b""
    assert not media.unsupported


def test_no_repr_shows_a_token_of_a_control_url() -> None:
    assert "hush" not in repr(only(f"{H264}a=control:rtsp://h/x?token=hush\n"))

"""What typical cameras say, written after their manner: what each does its own way is what matters here."""

from .camera import Camera

SPS, PPS = "Z0IAHpWoKA9k", "aM48gA=="
VPS5, SPS5, PPS5 = (
    "QAEMAf//AWAAAAMAsAAAAwAAAwBdrAk=",
    "QgEBAWAAAAMAsAAAAwAAAwBdoAKAgC0WNrkky/AIAAADAAgAAAMBlQg=",
    "RAHA8vA8kA==",
)

HIK_SDP = f"""v=0
o=- 1700000000000000 1700000000000000 IN IP4 10.0.0.7
s=Media Presentation
e=NONE
b=AS:5050
t=0 0
a=control:rtsp://10.0.0.7/Streaming/Channels/102/
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:5000
a=recvonly
a=x-dimensions:640,360
a=control:rtsp://10.0.0.7/Streaming/Channels/102/trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets={SPS},{PPS}
m=audio 0 RTP/AVP 8
a=control:rtsp://10.0.0.7/Streaming/Channels/102/trackID=2
a=rtpmap:8 PCMA/8000
m=application 0 RTP/AVP 107
a=control:rtsp://10.0.0.7/Streaming/Channels/102/trackID=3
a=rtpmap:107 vnd.onvif.metadata/90000
a=Media_header:MEDIAINFO=494D4B48010200000400000100000000;
"""

DAHUA_SDP = f"""v=0
o=- 2251938202 2251938202 IN IP4 0.0.0.0
s=Media Server
c=IN IP4 0.0.0.0
t=0 0
a=control:*
a=packetization-supported:DH
m=video 0 RTP/AVP 98
a=control:trackID=0
a=framerate:15.000000
a=rtpmap:98 H265/90000
a=fmtp:98 profile-id=1;sprop-sps={SPS5};sprop-pps={PPS5};sprop-vps={VPS5}
a=recvonly
m=audio 0 RTP/AVP 97
a=control:trackID=1
a=rtpmap:97 MPEG4-GENERIC/16000
"""

AXIS_SDP = f"""v=0
o=- 7381672639087310 1 IN IP4 10.0.0.7
s=Session streamed with GStreamer
i=rtsp-server
t=0 0
a=tool:GStreamer
a=type:broadcast
a=range:npt=now-
a=control:rtsp://10.0.0.7/axis-media/media.amp?videocodec=h264&resolution=640x360
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=4d0029;sprop-parameter-sets={SPS},{PPS}
a=control:rtsp://10.0.0.7/axis-media/media.amp/stream=0?videocodec=h264&resolution=640x360
a=framerate:15.000000
"""

GSTREAMER_SDP = f"""v=0
o=- 5201387015872800113 1 IN IP4 127.0.0.1
s=Session streamed with GStreamer
t=0 0
a=control:*
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;sprop-parameter-sets={SPS},{PPS};profile-level-id=428016
a=control:stream=0
"""


def hikvision() -> Camera:
    """Digest with qop, asked for already at OPTIONS; absolute control URLs; audio and metadata beside the video."""
    refused = (
        "RTSP/1.0 401 Unauthorized\nCSeq: {cseq}\n"
        'WWW-Authenticate: Digest realm="IP Camera(C6496)", nonce="6b9a455aec675b8db81a9ceb802e4eb8", '
        'qop="auth", algorithm=MD5, stale="FALSE"\n'
        'WWW-Authenticate: Basic realm="IP Camera(C6496)"\n\n'
    )
    described = (
        "RTSP/1.0 200 OK\nCSeq: {cseq}\nContent-Type: application/sdp\n"
        f"Content-Base: rtsp://10.0.0.7/Streaming/Channels/102/\n\n{HIK_SDP}"
    )
    set_up = (
        "RTSP/1.0 200 OK\nCSeq: {cseq}\nSession:        1804289383;timeout=60\n"
        'Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=4f5d0a1c;mode="play"\n\n'
    )
    playing = "RTSP/1.0 200 OK\nCSeq: {cseq}\nSession:       1804289383\nRTP-Info: url=trackID=1;seq=1;rtptime=1\n\n"
    return Camera(
        {
            "OPTIONS": [refused],
            "DESCRIBE": [described],
            "SETUP": [set_up],
            "PLAY": [playing],
            "GET_PARAMETER": ["RTSP/1.0 200 OK\nCSeq: {cseq}\n\n"],
        }
    )


def dahua() -> Camera:
    """Digest without qop; H.265 with its sets in odd order; relative control behind a query; other channels."""
    public = (
        "RTSP/1.0 200 OK\nCSeq: {cseq}\nPublic: OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, TEARDOWN, SET_PARAMETER\n\n"
    )
    refused = (
        "RTSP/1.0 401 Unauthorized\nCSeq: {cseq}\n"
        'WWW-Authenticate: Digest realm="Login to 2M03E1EPAA00092", nonce="79efac5e5e0ee12aa5dd7ef32ea2b4c3"\n\n'
    )
    described = (
        "RTSP/1.0 200 OK\nCSeq: {cseq}\nx-Accept-Dynamic-Rate: 1\n"
        "Content-Base: rtsp://10.0.0.7:554/cam/realmonitor?channel=1&subtype=1/\n"
        f"Cache-Control: must-revalidate\nContent-Type: application/sdp\n\n{DAHUA_SDP}"
    )
    set_up = (
        "RTSP/1.0 200 OK\nCSeq: {cseq}\nSession: 2251938203;timeout=90\n"
        "Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=0A1B2C3D\nx-Dynamic-Rate: 1\n\n"
    )
    playing = "RTSP/1.0 200 OK\nCSeq: {cseq}\nSession: 2251938203\nRange: npt=0.000000-\n\n"
    return Camera({"OPTIONS": [public], "DESCRIBE": [refused, described], "SETUP": [set_up], "PLAY": [playing]})


def axis() -> Camera:
    """No OPTIONS; Digest stale now and then; absolute control URLs with a query; folded and odd headers."""
    refused = (
        "RTSP/1.0 401 Unauthorized\nCSeq: {cseq}\n"
        'WWW-Authenticate: Digest realm="AXIS_ACCC8E000000", nonce="0000a1b2Y1234567",\n stale=FALSE\n'
        'WWW-Authenticate: Basic realm="AXIS_ACCC8E000000"\n\n'
    )
    described = (
        "RTSP/1.0 200 OK\nCSeq: {cseq}\nContent-Type: application/sdp\n"
        f"Content-Base: rtsp://10.0.0.7/axis-media/media.amp/\nServer: GStreamer RTSP server\n\n{AXIS_SDP}"
    )
    set_up = (
        'RTSP/1.0 200 OK\nCSeq: {cseq}\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=B3C1;mode="PLAY"\n'
        "Session: t4Zk-2.fYx$;timeout=60\n\n"
    )
    return Camera(
        {
            "OPTIONS": ["RTSP/1.0 501 Not Implemented\nCSeq: {cseq}\n\n"],
            "DESCRIBE": [refused, described],
            "SETUP": [set_up],
            "PLAY": ["RTSP/1.0 200 OK\nCSeq: {cseq}\nSession: t4Zk-2.fYx$\n\n"],
        }
    )


def gstreamer() -> Camera:
    """No login; a Content-Base without the query; no timeout named."""
    public = "RTSP/1.0 200 OK\nCSeq: {cseq}\nPublic: OPTIONS, DESCRIBE, GET_PARAMETER, PAUSE, PLAY, SETUP, TEARDOWN\n\n"
    described = (
        "RTSP/1.0 200 OK\nCSeq: {cseq}\nContent-Type: application/sdp\n"
        f"Content-Base: rtsp://127.0.0.1:8554/car/\n\n{GSTREAMER_SDP}"
    )
    set_up = (
        'RTSP/1.0 200 OK\nCSeq: {cseq}\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1E4A05A9;mode="PLAY"\n'
        "Session: yoaQJYmUj7YwWYuh\n\n"
    )
    return Camera({"OPTIONS": [public], "DESCRIBE": [described], "SETUP": [set_up]})

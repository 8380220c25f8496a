"""Fuzz the RTSP client and the RTP receiver with libFuzzer: `python -m bench.fuzz_rtsp [-runs=N] [corpus folder]`.

Needs `atheris`, which is not among the development dependencies. A million inputs by default. It ends with status 0
where every input led to an answer or to an RtspFault, within bounded memory and time, and else tells the input.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# No stubs, and not installed where the rest of this is checked.
import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["fusion.ingest.rtsp"]):
    from fusion.ingest.rtsp.client import RtspClient
    from fusion.ingest.rtsp.faults import RtspFault
    from fusion.ingest.rtsp.messages import MAX_MESSAGE_BYTES
    from fusion.ingest.rtsp.nal import FORMATS
    from fusion.ingest.rtsp.receiver import RtpReceiver
    from fusion.ingest.rtsp.sdp import Media

_URL = "rtsp://user:secret@10.0.0.7/stream?channel=1"
_DEFAULTS = {
    "-runs": "1000000",
    "-max_len": "4096",
    "-timeout": "5",
    "-rss_limit_mb": "1024",
    "-print_final_stats": "1",
}
_OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
_REFUSED = (
    b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth", '
    b'algorithm=SHA-256, opaque="o"\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n'
)
_PUBLIC = _OK + b"Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER\r\n\r\n"
_SET_UP = _OK + b"Session: 5;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
_SDP = {
    0: b"v=0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;"
    b"sprop-parameter-sets=Z0IAHpWoKA9k,aM48gA==\r\na=control:trackID=0\r\n",
    1: b"v=0\r\nm=audio 0 RTP/AVP 8\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"
    b"a=fmtp:96 sprop-vps=QAEMAQ==;sprop-max-don-diff=0\r\na=control:rtsp://10.0.0.7/stream/track1\r\n",
}


def opening(codec: int) -> bytes:
    """A server's side of a dialogue up to PLAY; `codec`: 0 H.264, 1 H.265."""
    sdp = _SDP[codec]
    head = b"Content-Base: rtsp://10.0.0.7/stream/\r\nContent-Length: %d\r\n\r\n" % len(sdp)
    return b"".join((_PUBLIC, _REFUSED, _OK, head, sdp, _SET_UP, _OK, b"\r\n"))


def one_input(data: bytes) -> None:
    """The first byte says after how much of a good dialogue the rest comes, the second in which pieces."""
    if len(data) < 2:
        return
    way, size, rest = data[0], 1 + 7 * data[1], data[2:]
    good = opening(way >> 1 & 1)
    # Half of the inputs are a dialogue of their own, half come amid frames.
    stream = rest if way & 1 else good + rest
    client = RtspClient(_URL, now_s=0.0, cnonce=lambda: "c0ffee", make_receiver=_receiver)
    try:
        for number, at in enumerate(range(0, len(stream), size)):
            client.receive(stream[at : at + size], number / 10)
            client.tick(number / 10)
            _look_at(client)
    except RtspFault as fault:
        if "secret" in str(fault):
            raise AssertionError("a fault tells the password") from fault
    client.close()


def _receiver(media: Media, rtp_channel: int, rtcp_channel: int) -> RtpReceiver:
    return RtpReceiver(FORMATS[media.codec], media.payload_type, rtp_channel, rtcp_channel)


def _look_at(client: RtspClient) -> None:
    """What waits in it is bounded, and its pictures can be put together."""
    if len(client._rest) > MAX_MESSAGE_BYTES or len(client._queued) > 1 << 18:  # noqa: SLF001 - its memory is the point
        raise AssertionError("more waits than may")
    receiver = client.receiver
    if isinstance(receiver, RtpReceiver):
        for picture in receiver.take():
            for codec in FORMATS.values():
                codec.byte_stream(picture.raw, 0, 96)


def seeds() -> Iterator[bytes]:
    """Inputs to begin with."""
    packet = b"\x80\xe0\x00\x01" + bytes(8)
    frames = [
        b"\x67\x42\x00\x1e",
        b"\x65\x88\x84",
        b"\x78\x00\x02\x67\x42\x00\x02\x68\xce",
        b"\x7c\x85\x88",
        b"\x7c\x45\x01",
    ]
    frames += [b"\x40\x01\x0c\x01", b"\x26\x01\xaf", b"\x62\x01\x93\xaf", b"\x60\x01\x00\x03\x40\x01\x0c"]
    media = b"".join(b"$\0" + (12 + len(one)).to_bytes(2, "big") + packet + one for one in frames)
    for codec in _SDP:
        yield bytes((codec << 1, 30)) + media + _OK + b"\r\n" + media
        yield bytes((codec << 1 | 1, 60)) + opening(codec) + media
    yield b"\0\x05REDIRECT * RTSP/1.0\r\nCSeq: 1\r\nLocation: rtsp://10.0.0.8/b\r\n\r\n"
    yield b"\1\x05RTSP/1.0 302 Found\r\nLocation: rtsp://10.0.0.8:8554/b\r\n\r\n"


def main() -> None:
    """Run libFuzzer over the seeds; its own options go on to it."""
    given = {argument.partition("=")[0] for argument in sys.argv[1:]}
    options = [f"{name}={value}" for name, value in _DEFAULTS.items() if name not in given]
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            Path(folder, f"seed{number}").write_bytes(seed)
        corpus = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
        options += [argument for argument in sys.argv[1:] if argument.startswith("-")]
        atheris.Setup([sys.argv[0], *options, *corpus, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Whatever comes, in whatever pieces: an answer or a fault, never more memory and never anything else."""

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.ingest.rtsp.address import Login, parse_url, resolve
from fusion.ingest.rtsp.auth import Authenticator
from fusion.ingest.rtsp.client import Event, Playing, RtspClient
from fusion.ingest.rtsp.faults import RtspFault
from fusion.ingest.rtsp.messages import MAX_MESSAGE_BYTES, MessageParser
from fusion.ingest.rtsp.nal import FORMATS
from fusion.ingest.rtsp.receiver import RtpReceiver
from fusion.ingest.rtsp.sdp import Media, choose, parse_sdp
from fusion.types.errors import SiteError

from . import typical
from .camera import CNONCE, URL, client, frame, frames_of, talk

MAKES = {make.__name__: make for make in (typical.hikvision, typical.dahua, typical.axis, typical.gstreamer)}

# Pieces of the language, so that what is put together at random gets past the first line.
WORDS = (
    b"RTSP/1.0 200 OK\r\n",
    b"RTSP/1.0 401 Unauthorized\r\n",
    b"RTSP/1.0 302 Found\r\n",
    b"RTSP/1.0 454 x\n",
    b"CSeq: 1\r\n",
    b"Session: 1;timeout=",
    b"Content-Length: ",
    b"Content-Base: ",
    b"Location: rtsp://",
    b"Transport: RTP/AVP/TCP;interleaved=",
    b'WWW-Authenticate: Digest nonce="',
    b"\r\n",
    b"\r\n\r\n",
    b"\n ",
    b"0",
    b"4",
    b"-",
    b"m=video 0 RTP/AVP 96\r\n",
    b"a=rtpmap:96 H264/90000\r\n",
    b"a=control:",
    b"a=fmtp:96 sprop-parameter-sets=",
    b"OPTIONS * RTSP/1.0\r\n",
    b"REDIRECT * RTSP/1.0\r\n",
    b"$\x00\x00\x04",
    b"$\x01\x00\x00",
    b"$\x00\xff\xff",
)
LANGUAGE = st.lists(st.sampled_from(WORDS) | st.binary(max_size=8), max_size=60).map(b"".join)
BYTES = st.binary(max_size=2000) | LANGUAGE


def packet(sequence: int, data: bytes = b"\x65\x88") -> bytes:
    """A frame with an RTP packet."""
    return frame(0, b"\x80\xe0" + sequence.to_bytes(2, "big") + bytes(8) + data)


def recorded(make: str) -> bytes:
    """All that a camera sends up to PLAY, then frames with an answer and a request among them."""
    camera = MAKES[make]()
    talk(client(), camera)
    more = b"".join(packet(number) for number in range(20))
    return (
        camera.sent
        + more
        + b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n"
        + packet(20)
        + b"OPTIONS * RTSP/1.0\r\nCSeq: 4\r\n\r\n"
        + packet(21)
    )


RECORDED = {make: recorded(make) for make in MAKES}


def with_receiver() -> RtspClient:
    """A client with the real receiver."""

    def receiver(media: Media, rtp_channel: int, rtcp_channel: int) -> RtpReceiver:
        return RtpReceiver(FORMATS[media.codec], media.payload_type, rtp_channel, rtcp_channel)

    return RtspClient(URL, now_s=0.0, cnonce=lambda: CNONCE, make_receiver=receiver)


def look_at(fault: RtspFault) -> None:
    """It can be shown to people."""
    assert str(fault).isprintable()
    assert "p@ss" not in str(fault)


def fed(one: RtspClient, pieces: Iterable[bytes]) -> list[Event]:
    """The events of all pieces up to a fault; memory is looked at after each."""
    events: list[Event] = []
    try:
        for number, piece in enumerate(pieces):
            events += one.receive(piece, float(number))
            one.tick(float(number))
            limit = 65_539 if one._rest[:1] == b"$" else MAX_MESSAGE_BYTES
            assert len(one._rest) < limit
            assert len(one._queued) < 200_000
    except RtspFault as fault:
        look_at(fault)
    return events


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(MAKES)), st.lists(st.integers(0, 10_000), max_size=40))
def test_a_dialogue_means_the_same_in_whatever_pieces_it_comes(make: str, places: list[int]) -> None:
    data = RECORDED[make]
    whole, pieces = client(), client()
    wanted = whole.receive(data, 0.0)
    assert [type(event) for event in wanted] == [Playing]
    events = [event for piece in cut(data, places) for event in pieces.receive(piece, 0.0)]
    assert events == wanted
    assert pieces.data_to_send() == whole.data_to_send()
    assert frames_of(pieces).frames == frames_of(whole).frames
    assert len(frames_of(pieces).frames) == 22
    assert pieces._rest == b""


@pytest.mark.parametrize("make", sorted(MAKES))
def test_a_dialogue_means_the_same_byte_by_byte(make: str) -> None:
    one = client()
    events = [event for byte in RECORDED[make] for event in one.receive(bytes([byte]), 0.0)]
    assert [type(event) for event in events] == [Playing]
    assert len(frames_of(one).frames) == 22


@settings(max_examples=300, deadline=None)
@given(BYTES, st.lists(st.integers(0, 2000), max_size=10))
def test_any_bytes_are_an_answer_or_a_fault(data: bytes, places: list[int]) -> None:
    fed(with_receiver(), cut(data, places))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(MAKES)), st.integers(0, 10_000), BYTES, st.lists(st.integers(0, 10_000), max_size=10))
def test_any_bytes_amid_a_dialogue_are_an_answer_or_a_fault(make: str, at: int, data: bytes, places: list[int]) -> None:
    good = RECORDED[make]
    at %= len(good) + 1
    fed(with_receiver(), cut(good[:at] + data + good[at:], places))


@settings(max_examples=300, deadline=None)
@given(LANGUAGE, st.integers(1, 7))
def test_a_fault_comes_whatever_the_pieces_or_not_at_all(data: bytes, size: int) -> None:
    def outcome(pieces: list[bytes]) -> tuple[str, bytes]:
        one, said = client(), b""
        try:
            for piece in pieces:
                one.receive(piece, 0.0)
        except RtspFault as fault:
            said = str(fault).encode()
        return type(one.receiver).__name__, said

    assert outcome([data]) == outcome([data[at : at + size] for at in range(0, len(data), size)])


def mutated(data: bytes, dice: random.Random) -> bytes:
    """A dialogue with some bytes changed, cut out, doubled or put in."""
    out = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(out) + 1)
        length = min(dice.choice((1, 2, 4, 40, 400)), len(out) - at)
        kind = dice.randrange(4)
        if kind == 0:
            out[at : at + length] = dice.randbytes(length)
        elif kind == 1:
            del out[at : at + length]
        elif kind == 2:
            out[at:at] = out[at : at + length]
        else:
            out[at:at] = dice.choice(WORDS)
    return bytes(out)


@pytest.mark.parametrize("make", sorted(MAKES))
def test_a_thousand_damaged_dialogues_of_each_make_do_no_harm(make: str) -> None:
    dice = random.Random(make)  # noqa: S311 - the same dice each time
    ended = 0
    for _ in range(1000):
        data = mutated(RECORDED[make], dice)
        one = with_receiver()
        fed(one, cut(data, [dice.randrange(10_000) for _ in range(dice.randrange(6))]))
        ended += one._over
    assert 0 < ended < 1000  # both ways were gone


@settings(max_examples=300, deadline=None)
@given(BYTES)
def test_any_bytes_are_a_message_or_none_or_a_fault(data: bytes) -> None:
    at, parser = 0, MessageParser()
    try:
        while at < len(data):
            message, following = parser.parse(data, at)
            if message is None:
                break
            assert at < following <= len(data)
            at = following
    except RtspFault:
        pass


@settings(max_examples=300, deadline=None)
@given(st.binary() | LANGUAGE, st.text() | st.just("rtsp://h/"))
def test_any_text_is_a_description_without_or_with_videos(text: bytes, base: str) -> None:
    medias = parse_sdp(text, base)
    try:
        assert not choose(medias).unsupported
    except RtspFault as fault:
        look_at(fault)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")), st.text())
def test_any_text_is_an_address_or_refused(url: str, reference: str) -> None:
    for text in (url, f"rtsp://{url}", f"rtsp://h/{url}"):
        try:
            request_url = parse_url(text).request_url
        except SiteError:
            continue
        assert all("!" <= sign <= "~" for sign in request_url)
        assert all("!" <= sign <= "~" for sign in resolve(request_url, reference))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text() | st.text('Digest Basic nonce=",\\qop=auth', max_size=80), max_size=4), st.text(), st.text())
def test_any_challenge_is_answered_or_a_fault(headers: list[str], user: str, password: str) -> None:
    one = Authenticator(Login(user, password), lambda: CNONCE)
    try:
        one.challenged(headers, answered=False)
        assert one.header("PLAY", "rtsp://h/x")
        one.challenged(headers, answered=True)
    except RtspFault as fault:
        look_at(fault)

"""Cameras made of canned answers, a receiver that only counts, and the talk between them and a client."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5

from fusion.ingest.rtsp.client import Event, RtspClient
from fusion.ingest.rtsp.sdp import Media

URL = "rtsp://admin:p%40ss%3Aword@10.0.0.7/Streaming/Channels/102"
PLAIN_URL = "rtsp://10.0.0.7/Streaming/Channels/102"
CNONCE = "c0ffee00"


class Frames:
    """Counts the interleaved frames of one session."""

    def __init__(self, media: Media, rtp_channel: int, rtcp_channel: int) -> None:
        self.media, self.channels = media, (rtp_channel, rtcp_channel)
        self.frames: list[tuple[int, bytes]] = []
        self.calls, self.fed_s = 0, 0.0

    def feed(self, buffer: bytes, start: int, now_s: float) -> int:
        self.calls += 1
        self.fed_s = now_s
        while len(buffer) - start >= 4 and buffer[start] == 0x24:
            end = start + 4 + int.from_bytes(buffer[start + 2 : start + 4], "big")
            if end > len(buffer):
                break
            self.frames.append((buffer[start + 1], buffer[start + 4 : end]))
            start = end
        return start


@dataclass
class Asked:
    """A request as it came over the connection."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass
class Camera:
    """Answers each method with its texts in turn; the last of them again and again. `{cseq}` is filled in."""

    answers: dict[str, list[str]]
    asked: list[Asked] = field(default_factory=list)
    sent: bytes = b""

    def hear(self, data: bytes) -> bytes:
        reply = b"".join(self._answer(asked) for asked in requests(data))
        self.sent += reply
        return reply

    def _answer(self, asked: Asked) -> bytes:
        self.asked.append(asked)
        texts = self.answers.get(asked.method, ["RTSP/1.0 200 OK\nCSeq: {cseq}\n\n"])
        text = texts.pop(0) if len(texts) > 1 else texts[0]
        head, _, body = text.replace("{cseq}", asked.headers["cseq"]).partition("\n\n")
        encoded = body.replace("\n", "\r\n").encode()
        length = f"\nContent-Length: {len(encoded)}" if body else ""
        return f"{head}{length}\n\n".replace("\n", "\r\n").encode() + encoded


def requests(data: bytes) -> Iterator[Asked]:
    """Requests without bodies, as a server would read them."""
    for text in data.decode().split("\r\n\r\n")[:-1]:
        first, *lines = text.split("\r\n")
        found = re.fullmatch(r"([A-Z_]+) ([!-~]+) RTSP/1\.0", first)
        assert found, first
        yield Asked(
            found[1], found[2], {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        )


def client(url: str = URL, *, now_s: float = 0.0, **given: float) -> RtspClient:
    """A client whose cnonce is always the same."""
    return RtspClient(
        url,
        now_s=now_s,
        cnonce=lambda: CNONCE,
        make_receiver=Frames,
        answer_timeout_s=given.get("answer_timeout_s", 10.0),
        redirects=int(given.get("redirects", 0)),
    )


def frames_of(client: RtspClient) -> Frames:
    """The receiver, which is one of ours."""
    assert isinstance(client.receiver, Frames)
    return client.receiver


def talk(client: RtspClient, camera: Camera, now_s: float = 0.0) -> list[Event]:
    """Carry bytes to and fro until both are silent."""
    events: list[Event] = []
    while data := client.data_to_send():
        events += client.receive(camera.hear(data), now_s)
    return events


def frame(channel: int, data: bytes) -> bytes:
    """An interleaved frame."""
    return bytes([0x24, channel]) + len(data).to_bytes(2, "big") + data


def parameters(authorization: str) -> dict[str, str]:
    """Of a Digest header, without quotes."""
    return {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', authorization)}


def digest_is_right(asked: Asked, user: str, password: str) -> bool:
    """RFC 2617 3.2.2 worked out apart from the client's code, for MD5."""

    def hashed(text: str) -> str:
        return md5(text.encode(), usedforsecurity=False).hexdigest()

    given = parameters(asked.headers["authorization"])
    secret, deed = hashed(f"{user}:{given['realm']}:{password}"), hashed(f"{asked.method}:{asked.url}")
    counted = f"{given['nc']}:{given['cnonce']}:{given['qop']}:" if "qop" in given else ""
    right = given["response"] == hashed(f"{secret}:{given['nonce']}:{counted}{deed}")
    return right and given["uri"] == asked.url and given["username"] == user

"""A plain RTSP client for tests, which shows every byte that the fleet sends."""

import contextlib
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from types import TracebackType
from typing import Self

DEADLINE_S = 10.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Packet:
    """An RTP packet."""

    ssrc: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes


def wait_until(holds: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


class Client:
    def __init__(self, port: int, timeout_s: float = DEADLINE_S, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout_s)
        self.socket.connect(("127.0.0.1", port))
        self.port = port
        self.session = ""
        self.reports: list[bytes] = []
        self._cseq = 0
        self._buffer = b""
        self._early: list[tuple[int, bytes]] = []

    def uri(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}{path}"

    def send(self, method: str, uri: str, **headers: str) -> None:
        self._cseq += 1
        given = {"CSeq": str(self._cseq), **({"Session": self.session} if self.session else {}), **headers}
        lines = [f"{method} {uri} RTSP/1.0", *(f"{name.replace('_', '-')}: {text}" for name, text in given.items())]
        self.socket.sendall("\r\n".join((*lines, "", "")).encode())

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        self.send(method, path if path == "*" else self.uri(path), **headers)
        answer = self.answer()
        assert answer.headers["cseq"] == str(self._cseq)
        return answer

    def answer(self) -> Answer:
        """The next response; packets before it are kept."""
        while self._peek() == b"$":
            self._early.append(self._frame())
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
        body = self._take(int(headers.get("content-length", "0"))).decode()
        return Answer(int(first.split()[1]), headers, body)

    def play(self, path: str) -> Answer:
        """DESCRIBE, SETUP and PLAY; the last answer."""
        assert self.ask("DESCRIBE", path).status == 200
        setup = self.ask("SETUP", f"{path}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=4-5")
        assert setup.status == 200
        self.session = setup.headers["session"].partition(";")[0]
        answer = self.ask("PLAY", path)
        assert answer.status == 200
        return answer

    def packets(self) -> Iterator[Packet]:
        """RTP packets on channel 4; reports on channel 5 are collected, responses passed over."""
        while True:
            if not self._early and self._peek() != b"$":
                self.answer()
                continue
            channel, data = self._early.pop(0) if self._early else self._frame()
            if channel == 5:
                self.reports.append(data)
                continue
            assert channel == 4
            first, second, sequence, timestamp, ssrc = struct.unpack(">BBHII", data[:12])
            assert first == 0x80
            assert second & 0x7F == 96
            yield Packet(ssrc, sequence, timestamp, bool(second & 0x80), data[12:])

    def pictures(self) -> Iterator[tuple[int, list[bytes]]]:
        """(RTP timestamp, payloads) of whole access units."""
        payloads: list[bytes] = []
        for packet in self.packets():
            payloads.append(packet.payload)
            if packet.marker:
                yield packet.timestamp, payloads
                payloads = []

    def captured(self, timestamp: int) -> datetime:
        """The wall time of an RTP timestamp, by the first sender report."""
        ntp_s, fraction, reported = struct.unpack(">III", self.reports[0][8:20])
        ticks = (timestamp - reported + 2**31) % 2**32 - 2**31
        return datetime.fromtimestamp(ntp_s - 2_208_988_800 + fraction / 2**32 + ticks / 90_000, UTC)

    def ended(self) -> bool:
        """Read to the end of the connection; whether it came before the deadline."""
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def digest(self, path: str, method: str, user: str, password: str, **changes: str) -> str:
        """The Authorization header for the challenge that a first request gets."""
        challenge = self.ask(method, path).headers["www-authenticate"]
        given = dict(re.findall(r'(\w+)="([^"]*)"', challenge)) | {"uri": self.uri(path)} | changes

        def hashed(text: str) -> str:
            return md5(text.encode(), usedforsecurity=False).hexdigest()

        secret = hashed(f"{user}:{given['realm']}:{password}")
        response = hashed(f"{secret}:{given['nonce']}:{hashed(method + ':' + given['uri'])}")
        fields = {"username": user, "realm": given["realm"], "nonce": given["nonce"], "uri": given["uri"]}
        return "Digest " + ", ".join(f'{k}="{v}"' for k, v in {**fields, "response": response}.items())

    def _frame(self) -> tuple[int, bytes]:
        head = self._take(4)
        assert head[:1] == b"$"
        return head[1], self._take(int.from_bytes(head[2:], "big"))

    def _peek(self) -> bytes:
        while not self._buffer:
            self._more()
        return self._buffer[:1]

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError
        self._buffer += data

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def depacketised(payloads: list[bytes], codec: str) -> list[bytes]:
    """NAL units out of single NAL units and fragments (RFC 6184, RFC 7798), apart from the fleet's code."""
    header = 1 if codec == "H264" else 2
    nals: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F if codec == "H264" else (payload[0] >> 1) & 0x3F
        if kind != (28 if codec == "H264" else 49):
            nals.append(payload)
            continue
        flags, body = payload[header], payload[header + 1 :]
        if flags & 0x80:
            first = payload[0] & 0xE0 | flags & 0x1F if codec == "H264" else payload[0] & 0x81 | (flags & 0x3F) << 1
            nals.append(bytes([first]) + payload[1:header])
        nals[-1] += body
    return nals

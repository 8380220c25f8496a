"""RTSP 1.0 requests out of bytes, responses into bytes (RFC 2326 4, 6, 7, 10.12). Sans-I/O."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

_MAX_HEAD_BYTES = 16_384
_MAX_BODY_BYTES = 65_536
_MAX_LINE_BYTES = 4_096
_REQUEST_LINE = re.compile(r"([A-Z_]{1,32}) ([!-~]+) (RTSP|HTTP)/(\d{1,3}\.\d{1,3})")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_RTSP_REASONS = {
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}


class RequestError(Exception):
    """Bytes that are no acceptable request; nothing behind them can be trusted, so the connection ends."""

    def __init__(self, status: int, why: str, cseq: str | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.cseq = cseq


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case, its body is read and dropped."""

    method: str
    uri: str
    cseq: str
    headers: Mapping[str, str] = field(repr=False)  # they hold logins


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; CSeq and Content-Length are added when it is encoded."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def encode(self, cseq: str | None) -> bytes:
        """The bytes that go over the connection."""
        reason = _RTSP_REASONS.get(self.status) or HTTPStatus(self.status).phrase
        body = self.body.encode()
        lines = [f"RTSP/1.0 {self.status} {reason}", *([f"CSeq: {cseq}"] if cseq else [])]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join((*lines, "", "")).encode() + body


class RequestParser:
    """Requests out of a connection's bytes; interleaved packets of the client are dropped. Memory is bounded."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request]:
        """Every request that is whole by now; RequestError ends the connection."""
        self._buffer += data
        while self._skip_interleaved():
            request = self._next()
            if request is None:
                return
            yield request

    def _skip_interleaved(self) -> bool:
        """Drop whole interleaved packets and empty lines; whether bytes of a request follow."""
        buffer = self._buffer
        while buffer:
            if buffer[:1] == b"$":
                size = 4 + int.from_bytes(buffer[2:4], "big")
                if len(buffer) < max(4, size):
                    return False
                del buffer[:size]
            elif buffer[0] in b"\r\n":
                del buffer[0]
            else:
                return True
        return False

    def _next(self) -> Request | None:
        if not 0x41 <= self._buffer[0] <= 0x5A:
            raise RequestError(400, "it does not begin with a method")
        end = self._buffer.find(b"\r\n\r\n", 0, _MAX_HEAD_BYTES)
        if end < 0:
            line_end = self._buffer.find(b"\r\n", 0, _MAX_LINE_BYTES)
            if len(self._buffer) >= (_MAX_LINE_BYTES if line_end < 0 else _MAX_HEAD_BYTES):
                raise RequestError(400, "its head does not end")
            return None
        request = _parse(bytes(self._buffer[:end]))
        whole = end + 4 + _body_bytes(request)
        if len(self._buffer) < whole:
            return None
        del self._buffer[:whole]
        return request


def _parse(head: bytes) -> Request:
    try:
        first, *lines = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        raise RequestError(400, "its head is no UTF-8") from None
    line = _REQUEST_LINE.fullmatch(first)
    if line is None or len(first) > _MAX_LINE_BYTES:
        raise RequestError(400, "its first line is no request")
    headers = _headers(lines)
    cseq = headers.get("cseq", "")
    if line[3] != "RTSP" or line[4] != "1.0":
        raise RequestError(505, "wanted RTSP/1.0", cseq if cseq.isdecimal() else None)
    if not re.fullmatch("[0-9]{1,10}", cseq):
        raise RequestError(400, "no CSeq, or one that is no number")
    return Request(line[1], line[2], cseq, headers)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise RequestError(400, "a line that is no header")
        name, value = found[1].lower(), found[2].strip()
        if headers.setdefault(name, value) != value:
            headers[name] += f", {value}"  # which no number survives
    return headers


def _body_bytes(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,10}", text):
        raise RequestError(400, "Content-Length is no number", request.cseq)
    if int(text) > _MAX_BODY_BYTES:
        raise RequestError(413, "its body is too large", request.cseq)
    return int(text)

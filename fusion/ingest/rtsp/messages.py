"""RTSP 1.0 requests into bytes, responses and a server's requests out of bytes (RFC 2326 4 to 7). Sans-I/O."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 256 * 1024
_MAX_HEADERS = 100
#: No incomplete message is longer.
MAX_MESSAGE_BYTES = MAX_HEAD_BYTES + MAX_BODY_BYTES

_DOLLAR = 0x24  #: begins an interleaved frame (RFC 2326 10.12)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_START = re.compile(rb"RTSP/|[A-Z_]{1,32}(?: |\Z)")
_STATUS_LINE = re.compile(r"RTSP/1\.[0-9]{1,3} +([0-9]{3})(?: +(.*))?")
_REQUEST_LINE = re.compile(r"([A-Z_]{1,32}) +([!-~]{1,4096}) +RTSP/1\.[0-9]{1,3} *")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Headers:
    """Headers in their order; names in any case, each any number of times. They hold logins: no repr shows them."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = tuple((name.lower(), value) for name, value in items)

    def get(self, name: str) -> str | None:
        """The first value of that name; None: there is none."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of that name."""
        return tuple(value for known, value in self._items if known == name.lower())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(lower-case name, value) in their order."""
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"<{len(self._items)} headers>"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of ours, without a body."""

    method: str
    url: str = field(repr=False)  #: may hold a token in its query
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def encode(self, cseq: int) -> bytes:
        """The bytes that go over the connection."""
        lines = [f"{self.method} {self.url} RTSP/1.0", f"CSeq: {cseq}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return _bytes("\r\n".join((*lines, "", "")))


@dataclass(frozen=True, slots=True)
class Response:
    """The server's answer."""

    status: int  #: 100 to 599
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """A request that the server makes of us."""

    method: str
    url: str = field(repr=False)
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)

    def answer(self, status: int, reason: str, *headers: tuple[str, str]) -> bytes:
        """The bytes of our answer; its CSeq is repeated where it is a number."""
        cseq = self.headers.get("cseq") or ""
        lines = [f"RTSP/1.0 {status} {reason}"]
        lines += [f"CSeq: {cseq}"] if re.fullmatch("[0-9]{1,10}", cseq) else []
        lines += [f"{name}: {value}" for name, value in headers]
        return _bytes("\r\n".join((*lines, "", "")))


class MessageParser:
    """Messages out of a connection's bytes, one after the other. It keeps no bytes itself."""

    def __init__(self) -> None:
        self._wanted = 0  #: how many bytes from the message's beginning are needed before looking again

    def parse(self, buffer: bytes, start: int) -> tuple[Response | ServerRequest | None, int]:
        """The message at `start`, past empty lines, and where the next begins.

        It is None where it is not whole yet, and where a frame begins. Call it again with more bytes behind the
        returned offset; of an unfinished message less than MAX_MESSAGE_BYTES need to be kept.

        Raises:
            RtspFault: PROTOCOL: these bytes are no message, or one beyond all measure.
        """
        while start < len(buffer) and buffer[start] in b"\r\n":
            start += 1
        if len(buffer) - start < max(1, self._wanted) or buffer[start] == _DOLLAR:
            return None, start
        self._check_start(buffer, start)
        end = _HEAD_END.search(buffer, start, start + MAX_HEAD_BYTES)
        if end is None:
            if len(buffer) - start >= MAX_HEAD_BYTES:
                raise _fault(f"its headers are longer than {MAX_HEAD_BYTES} bytes")
            return None, start
        message, length = _parse_head(buffer[start : end.start()])
        whole = end.end() + length
        if len(buffer) < whole:
            self._wanted = whole - start
            return None, start
        self._wanted = 0
        if not length:
            return message, whole
        body = buffer[end.end() : whole]
        if isinstance(message, Response):
            return Response(message.status, message.reason, message.headers, body), whole
        return ServerRequest(message.method, message.url, message.headers, body), whole

    def _check_start(self, buffer: bytes, start: int) -> None:
        """Tell what is no message by its first bytes, so that garbage is not gathered."""
        first = buffer[start : start + 33]
        if not (_START.match(first) or b"RTSP/".startswith(first)):
            raise _fault("neither a message nor a picture begins where one must")


def _parse_head(head: bytes) -> tuple[Response | ServerRequest, int]:
    """The message without its body, and the body's length in bytes."""
    # Any bytes come back the same when a nonce or a session goes back to the server.
    text = head.decode("utf-8", "surrogateescape")
    first, *lines = text.replace("\r\n", "\n").split("\n")
    headers = Headers(_headers(lines))
    length = _body_bytes(headers)
    if first.startswith("RTSP/"):
        status = _STATUS_LINE.fullmatch(first)
        if status is None or not 100 <= int(status[1]) < 600:
            raise _fault("its status line is none of RTSP 1.0")
        return Response(int(status[1]), status[2] or "", headers), length
    request = _REQUEST_LINE.fullmatch(first)
    if request is None:
        raise _fault("its first line is neither an answer nor a request of RTSP 1.0")
    return ServerRequest(request[1], request[2], headers), length


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    if len(lines) > _MAX_HEADERS:
        raise _fault(f"it has more than {_MAX_HEADERS} header lines")
    unfolded: list[str] = []
    for line in lines:
        if _CONTROL.search(line):
            raise _fault("its headers hold control characters")
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1] = f"{unfolded[-1]} {line.strip()}"
        else:
            unfolded.append(line)
    for line in unfolded:
        found = _HEADER.fullmatch(line)
        if found:  # cameras do put lines there that are none
            yield found[1], found[2].strip()


def _body_bytes(headers: Headers) -> int:
    given = set(headers.all("content-length"))
    if len(given) > 1:
        raise _fault("it gives two different lengths")
    text = given.pop() if given else "0"
    if not re.fullmatch("[0-9]{1,9}", text):
        raise _fault("its Content-Length is no number of bytes")
    if int(text) > MAX_BODY_BYTES:
        raise _fault(f"its Content-Length is more than {MAX_BODY_BYTES} bytes")
    return int(text)


def _fault(why: str) -> RtspFault:
    return RtspFault(RtspFaultKind.PROTOCOL, f"what the camera sends is no proper RTSP: {why}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")

"""One client's connection: RTSP requests answered (RFC 2326 10), pictures interleaved into it (10.12)."""

import asyncio
import re
import secrets
import socket
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

import structlog

from fusion.fleet.auth import admits, challenge
from fusion.fleet.config import FleetConfig
from fusion.fleet.faults import State
from fusion.fleet.message import Request, RequestError, RequestParser, Response
from fusion.fleet.player import Player
from fusion.fleet.sdp import TRACK, description
from fusion.fleet.stream import Stream

_LOG = structlog.get_logger()
_METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER")
_NOT_HERE = ("ANNOUNCE", "RECORD", "REDIRECT", "SET_PARAMETER")
_KERNEL_BUFFER_BYTES = 1 << 18  # else the kernel hides up to 4 MiB of a slow client's delay
_CHANNELS = re.compile(r"interleaved=(\d{1,3})-(\d{1,3})")


class Connection(asyncio.Protocol):
    """At most one session. A request that cannot be parsed gets its 4xx or 5xx and ends this connection alone."""

    def __init__(self, config: FleetConfig, streams: Mapping[str, Stream], everyone: "set[Connection]") -> None:
        self._config = config
        self._streams = streams
        self._everyone = everyone
        self._parser = RequestParser()
        self._nonce = secrets.token_hex(16)
        self._asked: set[Stream] = set()
        self._session: str | None = None
        self._stream: Stream | None = None
        self._player: Player | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what may wait in it, and begin to count its silence."""
        transport = cast(asyncio.Transport, transport)  # asyncio's own signature is wider than what TCP gives
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._everyone.add(self)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER_BYTES)
        transport.set_write_buffer_limits(high=2 * self._config.client_buffer_bytes)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget everything of it."""
        self._timer.cancel()
        self._end_session()
        self._everyone.discard(self)
        for stream in self._asked:
            stream.visitors.discard(self)

    def pause_writing(self) -> None:
        """Who does not read its answers is not heard either."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It has read them."""
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Answer every whole request, in order."""
        self._heard_s = self._loop.time()
        try:
            for request in self._parser.feed(data):
                response = self._answer(request)
                if response is not None:
                    self._transport.write(response.encode(request.cseq))
                if self._transport.is_closing():
                    return
        except RequestError as error:
            _LOG.info("fleet_request_refused", status=error.status, why=str(error))
            self._transport.write(Response(error.status, {"Connection": "close"}).encode(error.cseq))
            self._transport.close()

    def obey(self, state: State) -> None:
        """A stream that it asked for has changed its state."""
        if state is State.OFFLINE:
            self.cut()
        elif self._player and self._player.playing and self._stream:
            if self._stream.state is State.ONLINE:
                self._player.play()
            else:
                self._player.hold()

    def cut(self) -> None:
        """Close the connection at once; what waits in it is lost."""
        if self._player:
            self._player.hold()
        self._transport.abort()

    def _watch(self) -> None:
        timeout_s = self._config.session_timeout.total_seconds()
        left_s = self._heard_s + timeout_s - self._loop.time()
        if left_s > 0:
            self._timer = self._loop.call_later(left_s, self._watch)
        else:
            self.cut()

    def _answer(self, request: Request) -> Response | None:
        """The response, or None where the stream hangs."""
        if request.method not in _METHODS:
            return Response(405, {"Allow": ", ".join(_METHODS)}) if request.method in _NOT_HERE else Response(501)
        if request.uri == "*":
            return self._options() if request.method in ("OPTIONS", "GET_PARAMETER") else Response(400)
        stream = self._locate(request.uri)
        if stream is None:
            return Response(404)
        if stream.state is State.OFFLINE:
            self._loop.call_soon(self._transport.close)
            return Response(503, {"Connection": "close"})
        self._asked.add(stream)
        stream.visitors.add(self)
        if stream.state is State.HANG:
            return None
        return self._turned_away(request, stream) or self._HANDLERS[request.method](self, request, stream)

    def _turned_away(self, request: Request, stream: Stream) -> Response | None:
        if "require" in request.headers:
            return Response(551, {"Unsupported": request.headers["require"]})
        if request.method == "OPTIONS" or stream.login is None:
            return None
        given = request.headers.get("authorization", "")
        if admits(stream.login, given, request.method, self._nonce, lambda uri: self._locate(uri) is stream):
            return None
        stream.counters.logins_refused += bool(given)
        return Response(401, {"WWW-Authenticate": challenge(stream.login, self._nonce)})

    def _locate(self, uri: str) -> Stream | None:
        try:
            parts = urlsplit(uri)
        except ValueError:
            return None
        if parts.scheme.lower() != "rtsp":
            return None
        return self._streams.get(parts.path.removesuffix(TRACK).rstrip("/"))

    def _options(self, *_: object) -> Response:
        return Response(headers={"Public": ", ".join(_METHODS)})

    def _describe(self, request: Request, stream: Stream) -> Response:
        accept = request.headers.get("accept", "*/*")
        if not any(kind in accept for kind in ("application/sdp", "*/*", "application/*")):
            return Response(406)
        headers = {"Content-Base": f"{self._base(request.uri)}/", "Content-Type": "application/sdp"}
        return Response(headers=headers, body=description(stream.reel.media, self._config.host))

    def _setup(self, request: Request, stream: Stream) -> Response:
        if self._session is None and "session" in request.headers:
            return Response(454)
        if self._session is not None and not self._is_session(request, stream):
            return Response(454 if "session" in request.headers else 455)
        if self._player and self._player.playing:
            return Response(455)
        channels = _interleaved_channels(request.headers.get("transport", ""))
        if channels is None:
            return Response(461)
        if self._session is None:
            stream.counters.sessions += 1
        self._session, self._stream = self._session or secrets.token_hex(8), stream
        self._player = Player(
            stream,
            self._transport,
            channels,
            whole_gop=self._config.join == "gop",
            buffer_bytes=self._config.client_buffer_bytes,
        )
        transport = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]};ssrc={self._player.ssrc:08X}"
        timeout_s = int(self._config.session_timeout.total_seconds())
        return Response(headers={"Transport": transport, "Session": f"{self._session};timeout={timeout_s}"})

    def _play(self, request: Request, stream: Stream) -> Response:
        if not self._is_session(request, stream) or self._player is None:
            return Response(454)
        headers = {"Session": f"{self._session}", "Range": "npt=now-"}
        if not self._player.playing:
            sequence, timestamp = self._player.play()
            headers["RTP-Info"] = f"url={self._base(request.uri)}/{TRACK};seq={sequence};rtptime={timestamp}"
        return Response(headers=headers)

    def _pause(self, request: Request, stream: Stream) -> Response:
        if not self._is_session(request, stream) or self._player is None:
            return Response(454)
        self._player.pause()
        return Response(headers={"Session": f"{self._session}"})

    def _teardown(self, request: Request, stream: Stream) -> Response:
        if not self._is_session(request, stream):
            return Response(454)
        self._end_session()
        return Response()

    def _get_parameter(self, request: Request, stream: Stream) -> Response:
        if "session" in request.headers and not self._is_session(request, stream):
            return Response(454)
        return Response(headers={"Session": self._session} if self._session else {})

    _HANDLERS: Mapping[str, Callable[["Connection", Request, Stream], Response]] = {
        "OPTIONS": _options,
        "DESCRIBE": _describe,
        "SETUP": _setup,
        "PLAY": _play,
        "PAUSE": _pause,
        "TEARDOWN": _teardown,
        "GET_PARAMETER": _get_parameter,
    }

    def _is_session(self, request: Request, stream: Stream) -> bool:
        named = request.headers.get("session", "").partition(";")[0].strip()
        return self._session is not None and named == self._session and stream is self._stream

    def _end_session(self) -> None:
        if self._player:
            self._player.pause()
        self._session = self._stream = self._player = None

    def _base(self, uri: str) -> str:
        """The stream's URI as the client calls it, without a login that it may have left in."""
        parts = urlsplit(uri)
        path = parts.path.removesuffix(TRACK).rstrip("/")
        return f"rtsp://{parts.netloc.rpartition('@')[2]}{path}"


def _interleaved_channels(transport: str) -> tuple[int, int] | None:
    """The RTP and RTCP channels of the first offer that we can take; None where there is none."""
    for offer in transport.split(","):
        parts = [part.strip() for part in offer.split(";")]
        if parts[0].upper() != "RTP/AVP/TCP" or "multicast" in parts:
            continue
        wanted = next((part for part in parts if part.startswith("interleaved=")), "interleaved=0-1")
        found = _CHANNELS.fullmatch(wanted)
        if found and int(found[1]) != int(found[2]) and max(int(found[1]), int(found[2])) <= 255:
            return int(found[1]), int(found[2])
    return None

"""One connection's conversation: what each request is answered (RFC 2326 10). At most one session."""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from fusion.fleet.auth import Gate, Login
from fusion.fleet.config import FleetConfig
from fusion.fleet.message import Request, Response
from fusion.fleet.mischief import Refuse
from fusion.fleet.pacer import Pacer
from fusion.fleet.player import Player
from fusion.fleet.sdp import TRACK, description
from fusion.fleet.stream import Stream

_METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER")
_NOT_HERE = ("ANNOUNCE", "RECORD", "REDIRECT", "SET_PARAMETER")
_CHANNELS = re.compile(r"interleaved=(\d{1,3})-(\d{1,3})")


class Dialogue:
    """The state of the conversation: its session, the stream and the player of that."""

    def __init__(
        self, config: FleetConfig, streams: Mapping[str, Stream], pacer: Pacer, transport: asyncio.Transport
    ) -> None:
        #: What is played or was set up, and by whom; both or neither.
        self.stream: Stream | None = None
        self.player: Player | None = None
        self._config = config
        self._streams = streams
        self._pacer = pacer
        self._transport = transport
        self._session: str | None = None
        self._now_s = asyncio.get_running_loop().time
        lifetime = config.nonce_lifetime
        self._gate = Gate(lifetime.total_seconds() if lifetime is not None else None, self._now_s())

    def stream_of(self, request: Request) -> Stream | Response:
        """The stream that is asked for, or the answer where none is."""
        if request.method not in _METHODS:
            return Response(405, {"Allow": ", ".join(_METHODS)}) if request.method in _NOT_HERE else Response(501)
        if request.uri == "*":
            return self._options() if request.method in ("OPTIONS", "GET_PARAMETER") else Response(400)
        return self._locate(request.uri) or Response(404)

    def answer(self, request: Request, stream: Stream) -> Response:
        """The response to a request for a stream."""
        return self._turned_away(request, stream) or self._HANDLERS[request.method](self, request, stream)

    def end(self) -> None:
        """End the session."""
        if self.player:
            self.player.pause()
        self._session = self.stream = self.player = None

    def _turned_away(self, request: Request, stream: Stream) -> Response | None:
        if "require" in request.headers:
            return Response(551, {"Unsupported": request.headers["require"]})
        refuse = next(iter(stream.up_to(Refuse)), None)
        if refuse and not self._is_session(request, stream):
            return self._refused(refuse.status, stream)
        if request.method == "OPTIONS" or stream.login is None:
            return None
        given, now_s = request.headers.get("authorization", ""), self._now_s()
        if self._gate.admits(stream.login, given, request.method, lambda uri: self._locate(uri) is stream, now_s):
            return None
        stream.counters.logins_refused += bool(given) and not self._gate.stale
        return self._refused(401, stream)

    def _refused(self, status: int, stream: Stream) -> Response:
        if status != 401:
            return Response(status)
        login = stream.login or Login("digest", "", "")
        return Response(401, {"WWW-Authenticate": self._gate.challenge(login, self._now_s())})

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
        if self.player and self.player.playing:
            return Response(455)
        channels = _interleaved_channels(request.headers.get("transport", ""))
        if channels is None:
            return Response(461)
        if self._session is None:
            stream.counters.sessions += 1
        self._session, self.stream = self._session or secrets.token_hex(8), stream
        self.player = Player(
            stream,
            self._transport,
            self._pacer,
            channels,
            whole_gop=self._config.join == "gop",
            buffer_bytes=self._config.client_buffer_bytes,
        )
        transport = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]};ssrc={self.player.ssrc:08X}"
        timeout_s = int(self._config.session_timeout.total_seconds())
        return Response(headers={"Transport": transport, "Session": f"{self._session};timeout={timeout_s}"})

    def _play(self, request: Request, stream: Stream) -> Response:
        if not self._is_session(request, stream) or self.player is None:
            return Response(454)
        headers = {"Session": f"{self._session}", "Range": "npt=now-"}
        if not self.player.playing:
            sequence, timestamp = self.player.play()
            headers["RTP-Info"] = f"url={self._base(request.uri)}/{TRACK};seq={sequence};rtptime={timestamp}"
        return Response(headers=headers)

    def _pause(self, request: Request, stream: Stream) -> Response:
        if not self._is_session(request, stream) or self.player is None:
            return Response(454)
        self.player.pause()
        return Response(headers={"Session": f"{self._session}"})

    def _teardown(self, request: Request, stream: Stream) -> Response:
        if not self._is_session(request, stream):
            return Response(454)
        self.end()
        return Response()

    def _get_parameter(self, request: Request, stream: Stream) -> Response:
        if "session" in request.headers and not self._is_session(request, stream):
            return Response(454)
        return Response(headers={"Session": self._session} if self._session else {})

    _HANDLERS: Mapping[str, Callable[["Dialogue", Request, Stream], Response]] = {
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
        return self._session is not None and named == self._session and stream is self.stream

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

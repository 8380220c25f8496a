"""One client's connection: RTSP requests answered, pictures interleaved into it (RFC 2326 10.12)."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import cast

import structlog

from fusion.fleet.config import FleetConfig
from fusion.fleet.dialogue import Dialogue
from fusion.fleet.message import Request, RequestError, RequestParser, Response
from fusion.fleet.mischief import Answer, EndlessHeader, Refuse
from fusion.fleet.pacer import Pacer
from fusion.fleet.player import Player
from fusion.fleet.stream import Stream

_LOG = structlog.get_logger()
_KERNEL_BUFFER_BYTES = 1 << 18  # else the kernel hides up to 4 MiB of a slow client's delay
_BABBLE_S = 0.1
_LOOK_S = 2.0
_TCP_ESTABLISHED = 1  # the first byte of TCP_INFO (include/net/tcp_states.h)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """At most one session. A request that cannot be parsed gets its 4xx or 5xx and ends this connection alone."""

    def __init__(
        self, config: FleetConfig, streams: Mapping[str, Stream], pacer: Pacer, everyone: "set[Connection]"
    ) -> None:
        self._config = config
        self._streams = streams
        self._pacer = pacer
        self._everyone = everyone
        self._parser = RequestParser()
        self._choked = self._deaf = False
        self._asked: set[Stream] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what may wait in it, and begin to count its silence."""
        transport = cast(asyncio.Transport, transport)  # asyncio's own signature is wider than what TCP gives
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._dialogue = Dialogue(self._config, self._streams, self._pacer, transport)
        self._everyone.add(self)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER_BYTES)
        transport.set_write_buffer_limits(high=2 * self._config.client_buffer_bytes)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget everything of it."""
        self._timer.cancel()
        self._dialogue.end()
        self._everyone.discard(self)
        for stream in self._asked:
            stream.visitors.discard(self)

    def pause_writing(self) -> None:
        """Who does not read its answers is not heard either."""
        self._choked = True
        self._listen()

    def resume_writing(self) -> None:
        """It has read them."""
        self._choked = False
        self._listen()

    def data_received(self, data: bytes) -> None:
        """Answer every whole request, in order."""
        self._heard_s = self._loop.time()
        try:
            for request in self._parser.feed(data):
                self._answer(request)
                if self._transport.is_closing():
                    return
        except RequestError as error:
            _LOG.info("fleet_request_refused", status=error.status, why=str(error))
            self._transport.write(Response(error.status, {"Connection": "close"}).encode(error.cseq))
            self._transport.close()

    def obey(self, stream: Stream) -> None:
        """A stream that it asked for has begun or ended a mischief."""
        line = stream.line
        if line and line.ends:
            self.cut(reset=line.ends == "reset")
        elif any(refuse.cut for refuse in stream.up_to(Refuse)):
            self.cut()
        elif self._dialogue.stream in (stream, None):
            self._be_deaf(bool(line and line.deaf))
            if self._dialogue.player:
                _go_on(self._dialogue.player, mute=bool(line and line.mute))

    def cut(self, *, reset: bool = False) -> None:
        """Close or reset the connection at once; what waits in it is lost."""
        if self._dialogue.player:
            self._dialogue.player.hold()
        if reset and not self._transport.is_closing():
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def _answer(self, request: Request) -> None:
        stream = self._dialogue.stream_of(request)
        if isinstance(stream, Response):
            self._transport.write(stream.encode(request.cseq))
            return
        line = stream.line
        if line and line.ends:
            if line.ends == "closed":
                self._transport.write(Response(503, {"Connection": "close"}).encode(request.cseq))
                self._transport.close()
            else:
                self.cut(reset=True)
            return
        self._asked.add(stream)
        stream.visitors.add(self)
        self._be_deaf(bool(line and line.deaf))
        if not (line and line.mute):
            self._say(request, stream, self._dialogue.answer(request, stream))

    def _say(self, request: Request, stream: Stream, response: Response) -> None:
        data = response.encode(request.cseq)
        spoils = [answer for answer in stream.up_to(Answer) if answer.method == request.method]
        for spoil in spoils:
            data = spoil.spoiled(data)
        self._transport.write(data)
        for spoil in spoils:
            if isinstance(spoil, EndlessHeader):
                self._babble(stream, spoil)

    def _babble(self, stream: Stream, header: EndlessHeader) -> None:
        if self._transport.is_closing():
            return
        if header not in stream.up_to(EndlessHeader):
            self.cut()
            return
        if self._transport.get_write_buffer_size() < self._config.client_buffer_bytes:
            self._transport.write(header.more(_BABBLE_S))
        self._loop.call_later(_BABBLE_S, self._babble, stream, header)

    def _be_deaf(self, deaf: bool) -> None:
        if deaf is not self._deaf:
            self._deaf, self._heard_s = deaf, self._loop.time()
            self._listen()
            self._timer.cancel()
            self._watch()

    def _listen(self) -> None:
        if self._choked or self._deaf:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _watch(self) -> None:
        timeout_s = self._config.session_timeout.total_seconds()
        if self._deaf:  # its silence cannot be heard, and who does not read is not told of an end
            left_s = 0.0 if self._left_alone() else _LOOK_S
        else:
            left_s = self._heard_s + timeout_s - self._loop.time()
        if left_s > 0:
            self._timer = self._loop.call_later(left_s, self._watch)
        else:
            self.cut()

    def _left_alone(self) -> bool:
        sock = self._transport.get_extra_info("socket")
        return bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _TCP_ESTABLISHED)


def _go_on(player: Player, *, mute: bool) -> None:
    player.refresh()
    if player.playing and mute:
        player.mute()
    elif player.playing and player.muted:
        player.play()

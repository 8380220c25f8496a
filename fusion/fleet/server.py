"""A running fleet in an asyncio loop: one port, one clock, many terminals."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from fusion.fleet.clip import read_clip
from fusion.fleet.clock import FleetClock
from fusion.fleet.config import FleetConfig, StreamConfig
from fusion.fleet.connection import Connection
from fusion.fleet.faults import State
from fusion.fleet.reel import Reel, reel
from fusion.fleet.stream import Stream
from fusion.fleet.timeline import Moment, Timeline
from fusion.types.errors import PeerFault, SiteError

_LOG = structlog.get_logger()
_BACKLOG = 4096  # a whole zone may reconnect at once


class Fleet:
    """Use it as `async with Fleet(config) as fleet`, in one loop only; clips are read once and shared."""

    def __init__(self, config: FleetConfig, *, allow_remote: bool = False) -> None:
        if not (allow_remote or config.loopback):
            raise SiteError(f"fleet host {config.host}: not loopback; wanted: 127.0.0.1, or --allow-remote")
        self._config = config
        self._configs = {stream.path: stream for stream in config.streams}
        self._streams: dict[str, Stream] = {}
        self._connections: set[Connection] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._server: asyncio.Server | None = None
        self._clock = FleetClock()
        self.port = 0

    async def start(self) -> None:
        """Read the clips, start the clock, listen. SiteError for a clip, PeerFault where the port is taken."""
        reels = await asyncio.to_thread(_reels, self._config.streams)
        self._clock = FleetClock()
        self._streams.update(
            (stream.path, Stream(stream, reels[stream.clip], self._clock)) for stream in self._config.streams
        )
        host = "127.0.0.1" if self._config.host == "localhost" else self._config.host
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connection, host, self._config.port, backlog=_BACKLOG)
        except OSError as error:
            raise PeerFault(f"fleet: cannot listen on {host} port {self._config.port}: {error.strerror}") from error
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._schedule(loop)
        _LOG.info("fleet_ready", port=self.port, streams=len(self._streams), clips=len(reels))

    async def stop(self) -> None:
        """Close the port and all connections."""
        for timer in self._timers:
            timer.cancel()
        if self._server:
            self._server.close()
            for connection in tuple(self._connections):
                connection.cut()
            await self._server.wait_closed()

    @property
    def epoch(self) -> datetime:
        """When every stream was at its phase, aware UTC."""
        return self._clock.epoch

    def url(self, path: str) -> str:
        """The stream's RTSP URL with its login, for clients; never for a log."""
        return self._configs[path].url(self._config.host, self.port)

    def timeline(self, path: str) -> Timeline:
        """How that stream's clip lies on wall time."""
        return self._streams[path].timeline

    def position(self, path: str, now: datetime) -> Moment:
        """The loop and clip time of that stream at `now` (aware)."""
        return self.timeline(path).position(now)

    def set_state(self, pattern: str, state: State) -> int:
        """Switch the streams whose path matches (`*` and `?` as in file names); how many. SiteError for none."""
        found = [stream for path, stream in self._streams.items() if fnmatchcase(path, pattern)]
        if not found:
            raise SiteError(f"fleet stream {pattern}: there is none; wanted: a path or a pattern of paths")
        for stream in found:
            stream.switch(state)
        _LOG.info("fleet_state", streams=pattern, state=state.value, count=len(found))
        return len(found)

    def stats(self) -> Mapping[str, Mapping[str, Any]]:
        """By path: `state`, `connections`, and the fields of `Counters`."""
        return {
            path: {"state": stream.state.value, "connections": len(stream.visitors), **asdict(stream.counters)}
            for path, stream in self._streams.items()
        }

    def _connection(self) -> Connection:
        return Connection(self._config, self._streams, self._connections)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        for fault in self._config.faults:
            after_s = fault.after.total_seconds()
            self._timers.append(loop.call_later(after_s, self.set_state, fault.path, fault.state))
            if fault.lasts is not None:
                end_s = after_s + fault.lasts.total_seconds()
                self._timers.append(loop.call_later(end_s, self.set_state, fault.path, State.ONLINE))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _reels(streams: tuple[StreamConfig, ...]) -> dict[Path, Reel]:
    return {path: reel(read_clip(path)) for path in dict.fromkeys(stream.clip for stream in streams)}

"""A running fleet in an asyncio loop: one port, one clock, many terminals."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from random import Random
from types import TracebackType
from typing import Any, Self

import structlog

from fusion.fleet.clock import FleetClock
from fusion.fleet.config import FleetConfig
from fusion.fleet.connection import Connection
from fusion.fleet.faults import OF_STATE, Fault, State
from fusion.fleet.mischief import Mischief, Pictures
from fusion.fleet.pacer import Pacer
from fusion.fleet.reels import Reels
from fusion.fleet.stream import Stream
from fusion.fleet.timeline import TICKS_PER_S, Moment, Timeline
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
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._reels = Reels()
        self._clock = FleetClock()
        self._pacer = Pacer(self._clock, config.tick)
        self.port = 0

    async def start(self) -> None:
        """Read the clips, start the clock, listen. SiteError for a clip, PeerFault where the port is taken."""
        reels = await self._reels.read(stream.clip for stream in self._config.streams)
        self._clock = FleetClock()
        self._pacer = Pacer(self._clock, self._config.tick)
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
        self._pacer.start()
        self._tasks = {loop.create_task(self._scheduled(fault)) for fault in self._config.faults}
        _LOG.info("fleet_ready", port=self.port, streams=len(self._streams), clips=len(reels))

    async def stop(self) -> None:
        """Close the port and all connections."""
        for task in self._tasks:
            task.cancel()
        self._pacer.stop()
        self._reels.stop()
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
        """Switch the streams whose path matches (`*` and `?` as in file names); how many. SiteError for none.

        Mischief that is no state stays.
        """
        found = self._matching(pattern)
        for stream in found:
            if stream.state is state:
                continue
            stream.end(*(kind for kind in OF_STATE if kind is not state))
            if state in OF_STATE:
                stream.begin(OF_STATE[state])
        _LOG.info("fleet_state", streams=pattern, state=state.value, count=len(found))
        return len(found)

    async def begin(self, pattern: str, mischief: Mischief, *, of: float = 1.0) -> int:
        """Let the streams whose path matches, or a share `of` them, be up to a mischief; how many.

        When it returns, it has begun; pictures turn to it at the next keyframe. SiteError for no such stream.
        """
        return len(await self._begin(pattern, mischief, of))

    def end(self, pattern: str, *kinds: str) -> int:
        """Stop the mischief of those kinds, or all, of the streams whose path matches; how many were up to it."""
        count = sum(stream.end(*kinds) for stream in self._matching(pattern))
        _LOG.info("fleet_mischief_ended", streams=pattern, kinds=kinds, count=count)
        return count

    def stats(self) -> Mapping[str, Mapping[str, Any]]:
        """By path: `state`, `mischief` (kinds), `connections`, and the fields of `Counters`."""
        return {
            path: {
                "state": stream.state.value,
                "mischief": stream.kinds,
                "connections": len(stream.visitors),
                **asdict(stream.counters),
            }
            for path, stream in self._streams.items()
        }

    @property
    def latest_s(self) -> float:
        """The longest that a tick came late so far: more than some ticks mean that the CPU does not suffice."""
        return self._pacer.latest_ticks / TICKS_PER_S

    def _connection(self) -> Connection:
        return Connection(self._config, self._streams, self._pacer, self._connections)

    def _matching(self, pattern: str) -> list[Stream]:
        found = [stream for path, stream in self._streams.items() if fnmatchcase(path, pattern)]
        if not found:
            raise SiteError(f"fleet stream {pattern}: there is none; wanted: a path or a pattern of paths")
        return found

    async def _begin(self, pattern: str, mischief: Mischief, of: float) -> list[Stream]:
        found = self._matching(pattern)
        count = max(1, round(of * len(found)))
        found = Random(f"{self._config.seed} {pattern}").sample(found, count)  # noqa: S311 - drawn again the same
        reels = {}
        if isinstance(mischief, Pictures):
            reels = {clip: await self._reels.altered(clip, mischief) for clip in {stream.clip for stream in found}}
        for stream in found:
            stream.begin(mischief, reels.get(stream.clip))
        _LOG.info("fleet_mischief_began", streams=pattern, kind=mischief.kind, count=len(found))
        return found

    async def _scheduled(self, fault: Fault) -> None:
        try:
            await self._carry_out(fault)
        except SiteError as error:
            _LOG.error("fleet_fault_failed", streams=fault.path, why=str(error))

    async def _carry_out(self, fault: Fault) -> None:
        mischief = fault.begins
        if isinstance(mischief, Pictures):  # ahead of time
            for clip in {stream.clip for stream in self._matching(fault.path)}:
                await self._reels.altered(clip, mischief)
        await self._until(fault.after)
        if mischief is None:
            self.set_state(fault.path, State.ONLINE)
            return
        hit = await self._begin(fault.path, mischief, fault.of)
        if fault.lasts is not None:
            await self._until(fault.after + fault.lasts)
            for stream in hit:
                stream.end(mischief.kind)

    async def _until(self, after: timedelta) -> None:
        await asyncio.sleep(after.total_seconds() - self._clock.elapsed_s())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

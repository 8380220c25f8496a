"""Publishing and consuming, at least once: what a consumer did not acknowledge comes again.

Whoever handles a message makes it count once by the id that it carries.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from fusion.bus.config import EMBEDDED, WANTED, shown
from fusion.bus.embedded import EmbeddedValkey
from fusion.bus.outgoing import Message, Outgoing
from fusion.types.errors import PeerFault, SiteError

_LOG = structlog.get_logger()
_T = TypeVar("_T")
_MOST_BACKLOG = 20_000
_MOST_SET_ASIDE = 1000
_STOP_WITHIN_S = 2.0
_CLAIM_EACH_S = 10.0
_BODY = b"m"
REFUSED = "fusion:refused"  #: messages that nobody could handle, for those who want to know why


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as it lies in a stream."""

    stream: str
    entry_id: str  #: the stream's own id, for `ack`
    payload: bytes


class Bus:
    """One connection pool; `publish` and `put` from any thread, `read`, `ack` and `set_aside` from the one consumer.

    A stream belongs to one group: what that group handled is deleted, so that a stream holds what still waits.
    Nothing that waits is ever trimmed: a stream with `most_waiting` entries takes no more, and messages stay
    in the backlog of whoever publishes.
    """

    def __init__(self, url: str, folder: Path, *, most_waiting: int = 100_000) -> None:
        self._most_waiting = most_waiting
        self.embedded = EmbeddedValkey(folder) if url == EMBEDDED else None
        address = self.embedded.url if self.embedded else url
        try:
            self._redis = redis.Redis.from_url(
                address,
                protocol=2,
                socket_timeout=5,
                socket_connect_timeout=2,
                retry=Retry(NoBackoff(), 0),
                health_check_interval=0,
            )
        except (ValueError, TypeError) as error:
            raise SiteError(f"bus.url: not a Redis URL; {WANTED}") from error
        self.where = shown(address)
        self.well, self.since, self.detail = True, datetime.now(UTC), ""
        self._stating = threading.Lock()
        self._groups: set[tuple[str, str]] = set()
        self._again: set[str] = set()  #: streams whose unacknowledged entries are to be read first
        self._claim_at_s = 0.0
        try:
            self._try(self._redis.ping)
        except BaseException:
            self.close_server()
            raise
        self._outgoing = Outgoing(self._send, _MOST_BACKLOG)

    @property
    def backlog(self) -> int:
        """Messages that wait for the bus to come back."""
        return len(self._outgoing)

    def publish(self, stream: str, payload: bytes) -> None:
        """Append a message, in the order of the calls; returns at once.

        It is safe as soon as the bus has it. Until then it waits here, and is lost if this process is killed
        or if the bus stays away until 20,000 newer ones wait (the loss is counted).
        """
        self._outgoing.add(Message(stream, payload))

    def put(self, stream: str, payload: bytes, timeout_s: float = 5.0) -> None:
        """Append a message and return when the bus has it.

        Raises:
            PeerFault: it has not within `timeout_s`; give it again later (it may then come twice).
        """
        if not self._outgoing.put(Message(stream, payload), timeout_s):
            raise PeerFault(f"bus {self.where}: has not taken a message within {timeout_s:g} s: {self.detail}")

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything published is on the bus."""
        return self._outgoing.settle(timeout_s)

    def read(
        self,
        streams: Sequence[str],
        group: str,
        consumer: str,
        *,
        most: int = 100,
        block_ms: int = 200,
        claim_after: timedelta = timedelta(seconds=30),
    ) -> list[Entry]:
        """The next entries, oldest first in each stream.

        First come those that this consumer was given before and did not acknowledge (after a start and after
        `again`), then those that another consumer of the group was given and left for `claim_after`, then new ones.
        """
        for stream in streams:
            self._join(stream, group)
        while held := [stream for stream in streams if stream in self._again]:
            found, seen = self._read(dict.fromkeys(held, "0"), group, consumer, most, None)
            self._again -= set(held) - seen
            if found:
                return found
        if claimed := self._claim(streams, group, consumer, claim_after, most):
            return claimed
        return self._read(dict.fromkeys(streams, ">"), group, consumer, most, block_ms)[0]

    def ack(self, group: str, entries: Sequence[Entry]) -> None:
        """These were handled: they do not come again."""
        if not entries:
            return
        pipe = self._redis.pipeline(transaction=True)
        for entry in entries:
            pipe.xack(entry.stream, group, entry.entry_id)
            pipe.xdel(entry.stream, entry.entry_id)
        self._try(pipe.execute)

    def set_aside(self, group: str, entry: Entry, why: str) -> None:
        """Nobody can handle this one: it is kept beside the way (the newest 1000), with the reason."""
        pipe = self._redis.pipeline(transaction=True)
        fields: dict[Any, Any] = {_BODY: entry.payload, b"why": why, b"stream": entry.stream}
        pipe.xadd(REFUSED, fields, maxlen=_MOST_SET_ASIDE, approximate=True)
        pipe.xack(entry.stream, group, entry.entry_id)
        pipe.xdel(entry.stream, entry.entry_id)
        self._try(pipe.execute)

    def again(self, streams: Sequence[str]) -> None:
        """What was read and not acknowledged is to be read again, before anything new."""
        self._again.update(streams)

    def close(self) -> None:
        """Publish what waits as far as the bus takes it within 2 s, then stop."""
        self._outgoing.close(_STOP_WITHIN_S)
        self._redis.close()
        self.close_server()

    def close_server(self) -> None:
        """Stop the embedded server, if it is ours."""
        if self.embedded:
            self.embedded.stop()

    def _send(self, batch: Sequence[Message]) -> None:
        for stream in {message.stream for message in batch}:
            if self._try(partial(self._redis.xlen, stream)) >= self._most_waiting:
                detail = f"{stream} holds {self._most_waiting} messages that nobody takes"
                self._state(well=False, detail=detail)
                raise PeerFault(f"bus {self.where}: {detail}")
        pipe = self._redis.pipeline(transaction=False)
        for message in batch:
            pipe.xadd(message.stream, {_BODY: message.payload})
        self._try(pipe.execute)

    def _join(self, stream: str, group: str) -> None:
        if (stream, group) in self._groups:
            return

        def create() -> None:
            try:
                self._redis.xgroup_create(stream, group, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

        self._try(create)
        self._groups.add((stream, group))
        self._again.add(stream)

    def _claim(self, streams: Sequence[str], group: str, consumer: str, after: timedelta, most: int) -> list[Entry]:
        now_s = time.monotonic()
        if now_s < self._claim_at_s:
            return []
        found: list[Entry] = []
        idle_ms = int(after.total_seconds() * 1000)
        for stream in streams:
            answer = self._try(partial(self._redis.xautoclaim, stream, group, consumer, idle_ms, "0-0", most))
            found += self._entries(stream, group, answer[1])
        if not found:
            self._claim_at_s = now_s + min(_CLAIM_EACH_S, after.total_seconds())
        return found

    def _read(
        self, streams: Mapping[str, str], group: str, consumer: str, most: int, block_ms: int | None
    ) -> tuple[list[Entry], set[str]]:
        """(entries, the streams that gave anything)."""
        asked: dict[Any, Any] = dict(streams)
        rows = self._try(lambda: self._redis.xreadgroup(group, consumer, asked, count=most, block=block_ms)) or []
        named = [(stream.decode(), entries) for stream, entries in rows if entries]
        return [e for s, entries in named for e in self._entries(s, group, entries)], {s for s, _ in named}

    def _entries(
        self, stream: str, group: str, rows: Sequence[tuple[bytes, Mapping[bytes, bytes] | None]]
    ) -> list[Entry]:
        found = [Entry(stream, entry_id.decode(), (fields or {}).get(_BODY, b"")) for entry_id, fields in rows]
        # Given out before, and deleted since by somebody else: there is nothing left to handle.
        empty = [entry for entry, (_, fields) in zip(found, rows, strict=True) if not fields]
        self.ack(group, empty)
        return [entry for entry in found if entry not in empty]

    def _try(self, call: Callable[[], _T]) -> Any:
        try:
            answer = call()
        except redis.RedisError as error:
            if "NOGROUP" in str(error):
                self._groups.clear()  # the bus lost its data: join again
            self._state(well=False, detail=_plain(error))
            raise PeerFault(f"bus {self.where}: {_plain(error)}") from error
        self._state(well=True)
        return answer

    def _state(self, *, well: bool, detail: str = "") -> None:
        with self._stating:
            if well != self.well:
                self.well, self.since, self.detail = well, datetime.now(UTC), detail
                (_LOG.info if well else _LOG.warning)(
                    "bus is back" if well else "bus is away", where=self.where, detail=detail
                )


def _plain(error: Exception) -> str:
    return str(error).rpartition("@")[2][:200] or type(error).__name__

"""Publishing and consuming, at least once: what a consumer did not acknowledge comes again.

Whoever handles a message makes it count once by the id that it carries.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from fusion import metrics
from fusion.bus.embedded import EmbeddedValkey
from fusion.plugins import Config
from fusion.types.errors import PeerFault, SiteError

_LOG = structlog.get_logger()
_MOST_KEPT = 100_000  # entries a stream; approximate
_MOST_BACKLOG = 20_000
_RETRY_S = 0.5
EMBEDDED = "embedded"


class BusConfig(Config):
    """Which bus."""

    url: str = EMBEDDED  #: "embedded", redis://host:port/0 or rediss://…
    password_file: str | None = None  #: relative to the site's folder

    def resolved(self, folder: Path) -> str:
        """The URL with the password of the file, if one is named."""
        if self.password_file is None:
            return self.url
        try:
            password = (folder / self.password_file).read_text().strip()
        except OSError as error:
            raise SiteError(f"bus.password_file: {self.password_file}: {error.strerror}; wanted: a file") from error
        parts = urlsplit(self.url)
        user = parts.username or ""
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as it lies in a stream."""

    stream: str
    entry_id: str  #: the stream's own id, for `ack`
    payload: bytes


class Bus:
    """One connection pool; `publish` from any thread, `read` and `ack` from the one consumer.

    `publish` never loses what it took while the process lives: when the bus is away, messages wait in
    order in a bounded backlog (the oldest are given up last-resort and counted).
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.embedded = EmbeddedValkey(folder) if url == EMBEDDED else None
        address = self.embedded.url if self.embedded else url
        try:
            self._redis = redis.Redis.from_url(
                address,
                socket_timeout=5,
                socket_connect_timeout=2,
                retry=Retry(NoBackoff(), 0),
                health_check_interval=0,
            )
        except ValueError as error:
            raise SiteError("bus.url: not a Redis URL; wanted: embedded, redis://host:port/0 or rediss://…") from error
        self.where = address.rpartition("@")[2]
        self.well, self.since, self.detail = True, datetime.now(UTC), ""
        self._backlog: deque[tuple[str, bytes]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._groups: set[tuple[str, str]] = set()
        self._again: set[str] = set()  #: streams whose unacknowledged entries are to be read first
        try:
            self._redis.ping()
        except redis.RedisError as error:
            self.close_server()
            raise PeerFault(f"bus {self.where}: not reachable: {_plain(error)}") from error
        self._flusher = threading.Thread(target=self._flush, name="bus-publish", daemon=True)
        self._flusher.start()

    @property
    def backlog(self) -> int:
        """Messages that wait for the bus to come back."""
        return len(self._backlog)

    def publish(self, stream: str, payload: bytes) -> None:
        """Append a message; returns at once, in the order of the calls."""
        with self._changed:
            if len(self._backlog) >= _MOST_BACKLOG:
                self._backlog.popleft()
                metrics.DROPS.labels("bus backlog full").inc()
            self._backlog.append((stream, payload))
            self._changed.notify_all()

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything published is on the bus."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._backlog, timeout_s)

    def read(
        self, streams: Sequence[str], group: str, consumer: str, *, most: int = 100, block_ms: int = 200
    ) -> list[Entry]:
        """The next entries; those that this consumer was given before and did not acknowledge come first."""
        for stream in streams:
            self._join(stream, group)
        held = {stream: "0" for stream in streams if stream in self._again}
        if held:
            found = self._read(held, group, consumer, most, None)
            self._again = {entry.stream for entry in found}
            if found:
                return found
        return self._read(dict.fromkeys(streams, ">"), group, consumer, most, block_ms)

    def ack(self, group: str, entries: Sequence[Entry]) -> None:
        """These were handled."""
        for entry in entries:
            self._try(lambda entry=entry: self._redis.xack(entry.stream, group, entry.entry_id))

    def again(self, streams: Sequence[str]) -> None:
        """What was read and not acknowledged is to be read again, before anything new."""
        self._again.update(streams)

    def close(self) -> None:
        """Publish what waits as far as the bus takes it within 2 s, then stop."""
        self.settle(2.0)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._flusher.join(timeout=6)
        self._redis.close()
        self.close_server()

    def close_server(self) -> None:
        """Stop the embedded server, if it is ours."""
        if self.embedded:
            self.embedded.stop()

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

    def _read(self, streams: dict[str, str], group: str, consumer: str, most: int, block_ms: int | None) -> list[Entry]:
        answer: Any = self._try(
            lambda: self._redis.xreadgroup(group, consumer, streams, count=most, block=block_ms)  # type: ignore[arg-type]
        )
        rows = answer.items() if isinstance(answer, dict) else answer or []
        return [
            Entry(_text(stream), _text(entry_id), fields[b"m"])
            for stream, entries in rows
            for entry_id, fields in _flat(entries)
            if fields
        ]

    def _try(self, call: Any) -> Any:
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
        if well != self.well:
            self.well, self.since, self.detail = well, datetime.now(UTC), detail
            (_LOG.info if well else _LOG.warning)(
                "bus is back" if well else "bus is away", where=self.where, detail=detail
            )

    def _flush(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._backlog or self._closed)
                if self._closed:
                    return
                stream, payload = self._backlog[0]
            try:
                self._try(
                    lambda s=stream, p=payload: self._redis.xadd(s, {"m": p}, maxlen=_MOST_KEPT, approximate=True)
                )
            except PeerFault:
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, _RETRY_S)
                continue
            with self._changed:
                if self._backlog and self._backlog[0] == (stream, payload):
                    self._backlog.popleft()
                self._changed.notify_all()


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _flat(entries: Any) -> list[tuple[Any, Any]]:
    # RESP3 nests one list more than RESP2.
    if entries and isinstance(entries[0], list) and entries[0] and isinstance(entries[0][0], list | tuple):
        return [pair for group in entries for pair in group]
    return list(entries)


def _plain(error: Exception) -> str:
    return str(error).rpartition("@")[2][:200] or type(error).__name__

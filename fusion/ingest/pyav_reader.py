"""The reader for odd cameras: a thread for each, in libavformat most of the time and without Python's lock."""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog

from fusion.ingest.backoff import Backoff
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.pyav_connection import RtspConnection
from fusion.ingest.reader import Encoded, PacketReader, PacketSink, ReadFacts, StreamFault, StreamSpec
from fusion.types.terminal import Health

_log = structlog.get_logger()


class PyAvReader(PacketReader):
    """`PacketReader` over PyAV.

    libavformat cannot be interrupted from outside: a thread whose camera hangs at `stop` is left to its timeout, as a
    daemon that says nothing more.
    """

    def __init__(self, policy: ReadPolicy) -> None:
        self._policy = policy
        self._doors = threading.Semaphore(policy.connecting_at_once)
        self._threads: dict[str, _StreamThread] = {}
        self._sink: PacketSink

    def start(self, streams: Sequence[StreamSpec], sink: PacketSink) -> None:
        """Begin to read; returns at once. Called once."""
        self._sink = sink
        for spec in streams:
            self.add(spec)

    def add(self, spec: StreamSpec) -> None:
        """Read one more stream, or an old one at another address."""
        self.remove(spec.terminal_id)
        thread = self._threads[spec.terminal_id] = _StreamThread(spec, self._policy, self._doors, self._sink)
        thread.start()

    def remove(self, terminal_id: str) -> None:
        """Read it no more."""
        thread = self._threads.pop(terminal_id, None)
        if thread is not None:
            thread.stopping.set()

    def facts(self, terminal_id: str) -> ReadFacts:
        """What a stream has brought: libavformat hides the packets, so pictures stand for them."""
        thread = self._threads.get(terminal_id)
        if thread is None:
            return ReadFacts(reader="pyav")
        return ReadFacts(packets=thread.pictures, pictures=thread.pictures, octets=thread.octets, reader="pyav")

    def stop(self, timeout_s: float = 2.0) -> None:
        """End all reading within the time. Twice is harmless."""
        threads, self._threads = list(self._threads.values()), {}
        for thread in threads:
            thread.stopping.set()
        deadline_s = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        left = sum(thread.is_alive() for thread in threads)
        if left:
            _log.info("reader_threads_left", count=left, until="their cameras answer or time out")


class _StreamThread(threading.Thread):
    """Reads one stream until told to stop."""

    def __init__(self, spec: StreamSpec, policy: ReadPolicy, doors: threading.Semaphore, sink: PacketSink) -> None:
        super().__init__(name=f"read {spec.terminal_id}", daemon=True)
        self._spec, self._policy, self._doors, self._sink = spec, policy, doors, sink
        self.stopping = threading.Event()
        self.pictures = self.octets = 0

    def run(self) -> None:
        """Connect, read, wait, and over again."""
        policy, spec = self._policy, self._spec
        backoff = Backoff(policy.backoff_first, policy.backoff_cap, policy.stable_after)
        while not self.stopping.is_set():
            started_s = time.monotonic()
            fault = self._read_once()
            if fault is None or self.stopping.is_set():
                return
            held = timedelta(seconds=time.monotonic() - started_s)
            wait = backoff.failed(held, refused=fault.health is Health.REFUSED)
            self._sink.lost(spec.terminal_id, fault)
            log_lost(spec.terminal_id, fault, wait)
            self.stopping.wait(wait.total_seconds())

    def _read_once(self) -> StreamFault | None:
        """Read until something goes wrong; None when told to stop."""
        try:
            self._read()
        except StreamFault as fault:
            return fault
        except Exception as error:  # noqa: BLE001 - one camera's oddity must not end the thread that reads it
            # Its text may repeat the address with its password: only its kind is told.
            kind = type(error).__name__
            _log.error("reading_failed", terminal=self._spec.terminal_id, error=kind)
            return StreamFault(Health.OFFLINE, f"reading failed: {kind}")
        return None

    def _read(self) -> None:
        connection = self._connected()
        if connection is None:
            return
        try:
            if self.stopping.is_set():
                return
            self._sink.opened(self._spec.terminal_id, connection.head)
            for packet in connection.packets():
                if self.stopping.is_set():
                    return
                self._take(packet)
        finally:
            connection.close()

    def _take(self, packet: Encoded) -> None:
        self.pictures += 1
        self.octets += len(packet.raw)
        self._sink.packets(self._spec.terminal_id, (packet,))

    def _connected(self) -> RtspConnection | None:
        while not self._doors.acquire(timeout=0.5):
            if self.stopping.is_set():
                return None
        try:
            if self.stopping.is_set():
                return None
            self._sink.connecting(self._spec.terminal_id)
            return RtspConnection(self._spec, self._policy.open_timeout, self._policy.read_timeout)
        finally:
            self._doors.release()


def log_lost(terminal_id: str, fault: StreamFault, wait: timedelta) -> None:
    """One line for each attempt or connection that failed."""
    _log.info(
        "terminal_lost",
        terminal=terminal_id,
        health=fault.health.value,
        detail=str(fault),
        again_in_s=round(wait.total_seconds(), 1),
    )

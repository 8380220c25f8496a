"""The reader for tens of streams: a thread for each, in libavformat most of the time and without Python's lock."""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog

from fusion.ingest.backoff import Backoff
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.reader import PacketReader, PacketSink, StreamFault, StreamSpec
from fusion.ingest.rtsp import RtspConnection
from fusion.types.terminal import Health

_log = structlog.get_logger()


class PyAvReader(PacketReader):
    """`PacketReader` over PyAV.

    libavformat cannot be interrupted from outside: a thread whose camera hangs at `stop` is left to its timeout, as a
    daemon that says nothing more.
    """

    def __init__(self, policy: ReadPolicy) -> None:
        self._policy = policy
        self._stopping = threading.Event()
        self._doors = threading.Semaphore(policy.connecting_at_once)
        self._threads: list[threading.Thread] = []
        self._sink: PacketSink

    def start(self, streams: Sequence[StreamSpec], sink: PacketSink) -> None:
        """Begin to read; returns at once. Called once."""
        self._sink = sink
        for spec in streams:
            name = f"read {spec.terminal_id}"
            thread = threading.Thread(target=self._read_on, args=(spec,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End all reading within the time. Twice is harmless."""
        self._stopping.set()
        deadline_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        left = sum(thread.is_alive() for thread in self._threads)
        if left:
            _log.info("reader_threads_left", count=left, until="their cameras answer or time out")

    def _read_on(self, spec: StreamSpec) -> None:
        policy = self._policy
        backoff = Backoff(policy.backoff_first, policy.backoff_cap, policy.stable_after)
        while not self._stopping.is_set():
            started_s = time.monotonic()
            fault = self._read_once(spec)
            if fault is None or self._stopping.is_set():
                return
            held = timedelta(seconds=time.monotonic() - started_s)
            wait = backoff.failed(held, refused=fault.health is Health.REFUSED)
            self._sink.lost(spec.terminal_id, fault)
            _log.info(
                "terminal_lost",
                terminal=spec.terminal_id,
                health=fault.health.value,
                detail=str(fault),
                again_in_s=round(wait.total_seconds(), 1),
            )
            self._stopping.wait(wait.total_seconds())

    def _read_once(self, spec: StreamSpec) -> StreamFault | None:
        """Read until something goes wrong; None when told to stop."""
        try:
            self._read(spec)
        except StreamFault as fault:
            return fault
        except Exception as error:  # noqa: BLE001 - one camera's oddity must not end the thread that reads it
            # Its text may repeat the address with its password: only its kind is told.
            kind = type(error).__name__
            _log.error("reading_failed", terminal=spec.terminal_id, error=kind)
            return StreamFault(Health.OFFLINE, f"reading failed: {kind}")
        return None

    def _read(self, spec: StreamSpec) -> None:
        connection = self._connected(spec)
        if connection is None:
            return
        try:
            if self._stopping.is_set():
                return
            self._sink.opened(spec.terminal_id, connection.head)
            for packet in connection.packets():
                if self._stopping.is_set():
                    return
                self._sink.packet(spec.terminal_id, packet)
        finally:
            connection.close()

    def _connected(self, spec: StreamSpec) -> RtspConnection | None:
        while not self._doors.acquire(timeout=0.5):
            if self._stopping.is_set():
                return None
        try:
            if self._stopping.is_set():
                return None
            self._sink.connecting(spec.terminal_id)
            return RtspConnection(spec, self._policy.open_timeout, self._policy.read_timeout)
        finally:
            self._doors.release()

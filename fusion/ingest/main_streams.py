"""Main streams, opened while something needs the finer picture, and closed again."""

import threading
import time
from collections.abc import Sequence

import structlog

from fusion import metrics
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.reader import Encoded, PacketReader, StreamFault, StreamHead, StreamSpec
from fusion.ingest.ring import Ring

_SUFFIX = "#main"

_log = structlog.get_logger()


class MainStream:
    """One main stream while it is open."""

    def __init__(self, policy: ReadPolicy) -> None:
        self.ring = Ring(policy.ring, policy.ring_bytes)
        self.ready = False  #: its first keyframe has come, and it has not been lost since
        self.failed = False
        self._asked_s = time.monotonic()

    def packets(self, batch: Sequence[Encoded]) -> None:
        """Keep packets; the wait for the first keyframe is measured."""
        self.ring.push(batch)
        if not (self.ready or self.failed) and any(packet.keyframe for packet in batch):
            self.ready = True
            metrics.MAIN_WAIT_SECONDS.observe(time.monotonic() - self._asked_s)


class MainStreams:
    """Those that are open now, so many at most. Safe for many threads."""

    def __init__(self, reader: PacketReader, policy: ReadPolicy, at_once: int) -> None:
        self._reader, self._policy, self._at_once = reader, policy, at_once
        self._lock = threading.Lock()
        self._open: dict[str, MainStream] = {}

    @staticmethod
    def is_main(stream_id: str) -> bool:
        """Whether the reader speaks of a main stream."""
        return stream_id.endswith(_SUFFIX)

    def open(self, terminal_id: str, url: str) -> MainStream | None:
        """Begin to read a terminal's main stream; None where too many are open already."""
        with self._lock:
            if terminal_id in self._open:
                return self._open[terminal_id]
            if len(self._open) >= self._at_once:
                return None
            stream = self._open[terminal_id] = MainStream(self._policy)
        self._reader.add(StreamSpec(terminal_id + _SUFFIX, url))
        return stream

    def close(self, terminal_id: str) -> None:
        """Read it no more. Twice is harmless."""
        with self._lock:
            if self._open.pop(terminal_id, None) is None:
                return
        self._reader.remove(terminal_id + _SUFFIX)

    def opened(self, stream_id: str, head: StreamHead) -> None:
        """The reader is connected to a main stream."""
        _log.info("main_stream_connected", terminal=stream_id.removesuffix(_SUFFIX), codec=head.codec)

    def packets(self, stream_id: str, batch: Sequence[Encoded]) -> None:
        """Packets of a main stream."""
        stream = self._open.get(stream_id.removesuffix(_SUFFIX))
        if stream is not None:
            stream.packets(batch)

    def lost(self, stream_id: str, fault: StreamFault) -> None:
        """A main stream cannot be read: whoever waits for it goes on with the sub-stream."""
        stream = self._open.get(stream_id.removesuffix(_SUFFIX))
        if stream is not None:
            stream.failed, stream.ready = True, False
            _log.info("main_stream_lost", terminal=stream_id.removesuffix(_SUFFIX), detail=str(fault))

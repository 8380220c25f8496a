"""The sink of the reader: to the terminal's desk, then on to whoever decodes."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from fusion.ingest.counters import Counting
from fusion.ingest.desk import Desk
from fusion.ingest.main_streams import MainStreams
from fusion.ingest.reader import Encoded, StreamFault, StreamHead

_log = structlog.get_logger()


class Intake:
    """A `PacketSink`; what it is told of terminals that are gone is passed over."""

    def __init__(
        self,
        desks: Mapping[str, Desk],
        mains: MainStreams,
        counting: Counting,
        arrived: Callable[[Desk, Encoded | None], None],
    ) -> None:
        """`arrived` is called after each batch, with the newest keyframe in it."""
        self._desks, self._mains, self._counting, self._arrived = desks, mains, counting, arrived

    def connecting(self, terminal_id: str) -> None:
        """Nothing to show: what it was before says more."""

    def opened(self, terminal_id: str, head: StreamHead) -> None:
        """Connected."""
        if MainStreams.is_main(terminal_id):
            self._mains.opened(terminal_id, head)
            return
        desk = self._desks.get(terminal_id)
        if desk is None:
            return
        if desk.connections:
            self._counting.reconnected(terminal_id)
        desk.opened(head)
        _log.info("terminal_connected", terminal=terminal_id, codec=head.codec, again=desk.connections > 1)

    def packets(self, terminal_id: str, batch: Sequence[Encoded]) -> None:
        """The next packets."""
        desk = self._desks.get(terminal_id)
        if desk is not None:
            self._counting.keyframes(terminal_id, sum(packet.keyframe for packet in batch))
            self._arrived(desk, desk.packets(batch))
        elif MainStreams.is_main(terminal_id):
            self._mains.packets(terminal_id, batch)

    def lost(self, terminal_id: str, fault: StreamFault) -> None:
        """The attempt or the connection failed."""
        desk = self._desks.get(terminal_id)
        if desk is not None:
            desk.health.lost(fault)
        elif MainStreams.is_main(terminal_id):
            self._mains.lost(terminal_id, fault)

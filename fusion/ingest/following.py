"""Decodes one terminal whole: from the keyframe before its last look, and on with what comes. Has no thread."""

from collections.abc import Callable, Iterator

from fusion.ingest.counters import Counting, Drop
from fusion.ingest.decoding import WholeDecoder
from fusion.ingest.desk import Desk
from fusion.ingest.reader import Encoded
from fusion.ingest.ring import Ring
from fusion.types.picture import Picture


class Following:
    """Stepped by a thread where a stream is followed, and by the file's packets where a file is."""

    def __init__(self, desk: Desk, counting: Counting, wanted: Callable[[Desk], bool]) -> None:
        """`wanted` is asked before each packet; after False the step ends."""
        self._desk, self._counting, self._wanted = desk, counting, wanted
        self._decoder = WholeDecoder(desk.terminal_id)
        self._ring, self._number = desk.ring, desk.ring.start_at(desk.last_judged_at)

    def step(self, wait_s: float) -> Iterator[Picture]:
        """The pictures that are due among the packets that came since the last step; waits so long for the first.

        Raises:
            StreamFault: UNDECODABLE: its codec is unknown here, or its pictures cannot be converted.
        """
        desk, best = self._desk, self._best_ring()
        if best is not self._ring:
            self._ring = best
            self._number = best.start_at(desk.last_judged_at if best is desk.ring else None)
            desk.on_main = best is not desk.ring
            self._decoder.restart()
        packets, self._number, missed = self._ring.after(self._number, wait_s)
        if missed:
            self._decoder.restart()
            self._counting.dropped(Drop.BEHIND)
        for packet in packets:
            if not self._wanted(desk) or self._ring is not self._best_ring():
                break
            yield from self._due(packet)

    def _best_ring(self) -> Ring:
        """The main stream's while it is open and well, else the terminal's own."""
        main = self._desk.main
        return main.ring if main is not None and main.ready else self._desk.ring

    def _due(self, packet: Encoded) -> Iterator[Picture]:
        broken = self._decoder.broken_packets
        for at, frame in self._decoder.frames(packet):
            if at - self._desk.last_judged_at >= self._desk.followed_every:
                picture = self._decoder.picture(at, frame)
                if self._desk.on_main and not self._desk.shows_the_same(picture):
                    return
                yield picture
        self._counting.dropped(Drop.BROKEN, self._decoder.broken_packets - broken)

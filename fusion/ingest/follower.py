"""Decodes one terminal whole for a while: for a burst, or because its keyframes come too seldom."""

import threading
from collections.abc import Callable

import structlog

from fusion.ingest.counters import Counting, Drop
from fusion.ingest.decoding import WholeDecoder
from fusion.ingest.desk import Desk
from fusion.ingest.reader import Encoded, StreamFault
from fusion.ingest.ring import Ring
from fusion.types.picture import Picture

_WAIT_S = 0.25

_log = structlog.get_logger()


class Follower(threading.Thread):
    """Reads the terminal's ring from the keyframe before its last look, and goes on with what comes.

    Pictures not later than the last look are not given out again, so that looks never go back in time.
    """

    def __init__(
        self,
        desk: Desk,
        counting: Counting,
        give: Callable[[Desk, Picture, bool], None],
        wanted: Callable[[Desk], bool],
        failed: Callable[[Desk], None],
    ) -> None:
        """What it calls.

        Args:
            desk: the terminal's.
            counting: for broken packets and missed ones.
            give: with each picture that is due, and whether a burst is on.
            wanted: before each step; after False it ends.
            failed: it ends by itself: the stream cannot be decoded.
        """
        super().__init__(name=f"follow {desk.terminal_id}", daemon=True)
        self._desk, self._counting, self._give, self._wanted, self._failed = desk, counting, give, wanted, failed
        self._decoder = WholeDecoder(desk.terminal_id)

    def run(self) -> None:
        """Until nobody wants it any more, or its stream cannot be decoded."""
        try:
            self._follow()
        except StreamFault as fault:
            self._desk.health.undecodable(fault)
            self._counting.dropped(Drop.UNDECODABLE)
            self._failed(self._desk)
        except Exception:  # noqa: BLE001 - a follower that fails must give the terminal back to the keyframe decoders
            _log.exception("following_failed", terminal=self._desk.terminal_id)
            self._failed(self._desk)
        finally:
            self._desk.on_main = False

    def _follow(self) -> None:
        desk = self._desk
        ring, number = desk.ring, desk.ring.start_at(desk.last_judged_at)
        while self._wanted(desk):
            wanted = self._best_ring()
            if wanted is not ring:
                ring, number = wanted, wanted.start_at(desk.last_judged_at if wanted is desk.ring else None)
                desk.on_main = wanted is not desk.ring
                self._decoder.restart()
            packets, number, missed = ring.after(number, _WAIT_S)
            if missed:
                self._decoder.restart()
                self._counting.dropped(Drop.BEHIND)
            for packet in packets:
                if not self._wanted(desk) or ring is not self._best_ring():
                    break
                self._feed(packet)

    def _best_ring(self) -> Ring:
        """The main stream's while it is open and well, else the terminal's own."""
        main = self._desk.main
        return main.ring if main is not None and main.ready else self._desk.ring

    def _feed(self, packet: Encoded) -> None:
        broken = self._decoder.broken_packets
        for at, frame in self._decoder.frames(packet):
            if at - self._desk.last_judged_at >= self._desk.followed_every:
                picture = self._decoder.picture(at, frame)
                if self._desk.on_main and not self._desk.shows_the_same(picture):
                    return
                self._give(self._desk, picture, self._desk.bursting)
        self._counting.dropped(Drop.BROKEN, self._decoder.broken_packets - broken)

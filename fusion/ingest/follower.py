"""Decodes one terminal whole for a while: for a burst, or because its keyframes come too seldom."""

import threading
from collections.abc import Callable

import structlog

from fusion.ingest.counters import Counting, Drop
from fusion.ingest.desk import Desk
from fusion.ingest.following import Following
from fusion.ingest.reader import StreamFault
from fusion.types.picture import Picture

_WAIT_S = 0.25

_log = structlog.get_logger()


class Follower(threading.Thread):
    """The thread of a `Following`.

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
        self._following = Following(desk, counting, wanted)

    def run(self) -> None:
        """Until nobody wants it any more, or its stream cannot be decoded."""
        try:
            while self._wanted(self._desk):
                for picture in self._following.step(_WAIT_S):
                    self._give(self._desk, picture, self._desk.bursting)
        except StreamFault as fault:
            self._desk.health.undecodable(fault)
            self._counting.dropped(Drop.UNDECODABLE)
            self._failed(self._desk)
        except Exception:  # noqa: BLE001 - a follower that fails must give the terminal back to the keyframe decoders
            _log.exception("following_failed", terminal=self._desk.terminal_id)
            self._failed(self._desk)
        finally:
            self._desk.on_main = False

"""Looks at one file as the looker looks at a stream on an idle machine, on the file's own time and without threads."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from enum import StrEnum

from fusion.ingest.counters import Counting
from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.desk import Desk
from fusion.ingest.following import Following
from fusion.ingest.look import Look
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.main_streams import MainStream
from fusion.ingest.reader import Encoded, StreamFault
from fusion.types.picture import Picture


class Step(StrEnum):
    """What a looker's time goes into, besides its owner's `on_look`."""

    DECODE = "decode"
    GATE = "gate"  #: the change gate and the checks of the picture


Timed = Callable[[Step], AbstractContextManager[None]]


class MediaLooker:
    """One terminal, read from a file. What is looked at, and when, is decided by the same `Desk` as live.

    There is nobody beside it, so no budget, cap or queue stands in its way: each call of the desk is answered at once.
    """

    effort = 1.0  #: as `Looker.effort`

    def __init__(
        self,
        terminal_id: str,
        policy: LookingPolicy,
        on_look: Callable[[Look], None],
        *,
        main: Iterable[Encoded] = (),
        timed: Timed = lambda _: nullcontext(),
    ) -> None:
        """What it looks at, and whom it tells.

        Args:
            terminal_id: whose pictures they are.
            policy: when to look; `spare` looks at each keyframe, as an idle machine has time to.
            on_look: given each look; may call `attend` and `burst`.
            main: packets of the finer stream, in order, on the same clock: bursts look at it, as live.
            timed: entered around each step, for whoever measures.
        """
        self._policy, self._on_look, self._timed = policy, on_look, timed
        self._now_s = 0.0
        self._desk = Desk(terminal_id, policy, clock_s=lambda: self._now_s)
        self._counting = Counting()
        self._decoder = KeyframeDecoder()
        self._following: Following | None = None
        self._main: Iterator[Encoded] = iter(main)
        self._main_next = next(self._main, None)
        self.undecodable: list[str] = []  #: why keyframes could not be looked at, in words

    def take(self, packets: Iterable[Encoded]) -> None:
        """Look at what the packets, in decoding order, call for."""
        for packet in packets:
            self._take(packet)

    def attend(self, terminal_id: str, until: datetime) -> None:
        """As `Looker.attend`."""
        del terminal_id
        self._desk.attend(until)

    def burst(self, terminal_id: str, for_: timedelta | None = None) -> bool:
        """As `Looker.burst`; always granted."""
        del terminal_id
        desk = self._desk
        desk.burst(for_ or self._policy.burst_for)
        if self._policy.burst_on_main and desk.main is None and self._main_next is not None:
            desk.main = MainStream(self._policy.reading)
        self._follow()
        return True

    def _take(self, packet: Encoded) -> None:
        desk = self._desk
        self._now_s = max(self._now_s, packet.at_s)
        self._feed_main()
        if not desk.connections:
            desk.opened(packet.head)
        keyframe = desk.packets([packet])
        if desk.sparse and not desk.unfollowable:
            self._follow()
        if self._following is not None:
            self._step(self._following)
        elif keyframe is not None and desk.call(keyframe.at) is not None:
            self._look(keyframe)

    def _feed_main(self) -> None:
        """Bring the main stream up to now; what came while it was not open is gone."""
        while self._main_next is not None and self._main_next.at_s <= self._now_s:
            if self._desk.main is not None:
                self._desk.main.packets([self._main_next])
            self._main_next = next(self._main, None)

    def _follow(self) -> None:
        desk = self._desk
        if self._following is None and not desk.unfollowable:
            desk.followed = True
            self._following = Following(desk, self._counting, lambda desk: desk.bursting or desk.sparse)

    def _step(self, following: Following) -> None:
        desk = self._desk
        if desk.main is not None and not desk.bursting:
            desk.main = None
        if not (desk.bursting or desk.sparse):
            self._let_go()
            return
        pictures = following.step(0.0)
        while True:
            try:
                with self._timed(Step.DECODE):
                    picture = next(pictures, None)
            except StreamFault as fault:
                self.undecodable.append(str(fault))
                desk.unfollowable = True
                self._let_go()
                return
            if picture is None:
                return
            self._give(picture, burst=desk.bursting)

    def _let_go(self) -> None:
        self._following, self._desk.followed, self._desk.on_main = None, False, False

    def _look(self, keyframe: Encoded) -> None:
        try:
            with self._timed(Step.DECODE):
                picture = self._decoder.decode(self._desk.terminal_id, keyframe)
        except StreamFault as fault:
            self.undecodable.append(str(fault))
            return
        self._give(picture, burst=False)

    def _give(self, picture: Picture, *, burst: bool) -> None:
        with self._timed(Step.GATE):
            look = self._desk.look(picture, burst=burst)
        if isinstance(look, Look):
            self._on_look(look)

"""Looks at all terminals: newest keyframe first, luma first, whole streams only where something calls for it."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from fusion.ingest.counters import Counters, Counting, Drop
from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.desk import Desk
from fusion.ingest.follower import Follower
from fusion.ingest.look import Look
from fusion.ingest.policy import LookingPolicy
from fusion.ingest.pyav_reader import PyAvReader
from fusion.ingest.reader import Encoded, PacketReader, StreamFault, StreamHead, StreamSpec
from fusion.ingest.slots import NewestSlots
from fusion.types.errors import SiteError
from fusion.types.picture import Picture
from fusion.types.terminal import TerminalStatus

_ADVICE = "set a shorter keyframe interval in the camera"

_log = structlog.get_logger()


class Looker:
    """Reads the streams and calls `on_look` with what is worth judging.

    `on_look` runs on the looker's threads. For one terminal it is never called twice at once, and each look is later
    than the one before; for two terminals it may be called at the same time. While it works, newer keyframes of the
    same terminal take the place of older ones. What it raises is logged.
    """

    def __init__(
        self,
        streams: Sequence[StreamSpec],
        policy: LookingPolicy,
        on_look: Callable[[Look], None],
        reader: PacketReader | None = None,
    ) -> None:
        """Nothing runs before `start`.

        Raises:
            SiteError: two streams have the same terminal.
        """
        self._streams = tuple(streams)
        self._desks = {spec.terminal_id: Desk(spec.terminal_id, policy) for spec in streams}
        if len(self._desks) < len(self._streams):
            ids = [spec.terminal_id for spec in streams]
            twice = min(terminal_id for terminal_id in ids if ids.count(terminal_id) > 1)
            raise SiteError(f"terminal {twice}: given twice; wanted: one stream each")
        self._policy, self._on_look = policy, on_look
        self._reader = reader or PyAvReader(policy.reading)
        self._counting = Counting()
        self._slots = NewestSlots()
        self._stopping = threading.Event()
        self._decoders: list[threading.Thread] = []
        self._followers: dict[str, Follower] = {}
        self._following = threading.Lock()  #: guards `_followers`; never held while a look is given

    def start(self) -> None:
        """Begin to read and look; returns at once. Called once."""
        for number in range(self._policy.decoder_threads):
            thread = threading.Thread(target=self._decode_on, name=f"look {number}", daemon=True)
            self._decoders.append(thread)
            thread.start()
        self._reader.start(self._streams, _Intake(self._desks, self._counting, self._arrived))

    def stop(self, timeout_s: float = 2.5) -> None:
        """End everything within the time, also when cameras hang; `on_look` is not called again. Twice is harmless."""
        deadline_s = time.monotonic() + timeout_s
        self._stopping.set()
        self._slots.close()
        self._reader.stop(timeout_s / 2)
        with self._following:
            threads = [*self._decoders, *self._followers.values()]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline_s - time.monotonic()))

    def burst(self, terminal_id: str, for_: timedelta | None = None) -> bool:
        """Look at a terminal several times a second for a while, from the last look on (the ring has what was between).

        Asked again while one is on, it lasts longer. Returns False where it cannot be: the terminal has no stream, or
        too many bursts are on already. May be called from `on_look`.
        """
        desk = self._desks.get(terminal_id)
        if desk is None:
            return False
        with self._following:
            others = sum(other.bursting for other in self._desks.values() if other is not desk)
            if not desk.bursting and others >= self._policy.bursts_at_once:
                self._counting.dropped(Drop.NO_BURST)
                return False
            desk.burst(for_ or self._policy.burst_for)
            self._follow(desk)
        return True

    def attend(self, terminal_id: str, until: datetime) -> None:
        """Look at every keyframe of a terminal until then (aware): a candidate is there."""
        desk = self._desks.get(terminal_id)
        if desk is not None:
            desk.attend(until)

    def newest(self, terminal_id: str) -> Picture | None:
        """The last picture of a terminal that was looked at; it stays valid for as long as it is held."""
        desk = self._desks.get(terminal_id)
        return desk.newest if desk else None

    def packets(self, terminal_id: str) -> list[Encoded]:
        """The last seconds of a terminal as original packets, beginning at a keyframe; empty where there are none."""
        desk = self._desks.get(terminal_id)
        return desk.ring.snapshot() if desk else []

    def statuses(self) -> list[TerminalStatus]:
        """How each stream is doing now, in the order in which they were given."""
        now = datetime.now(UTC)
        return [desk.health.status(now) for desk in self._desks.values()]

    @property
    def counters(self) -> Counters:
        """Totals since the start."""
        return self._counting.now()

    def _arrived(self, desk: Desk, packet: Encoded) -> None:
        """On the reader's thread: choose whether and by whom a packet is decoded."""
        if desk.followed:
            return
        if desk.sparse and not desk.unfollowable:
            with self._following:
                self._follow_sparse(desk)
        if packet.keyframe and not desk.followed:
            if desk.due(packet.at):
                self._counting.dropped(Drop.NEWER, self._slots.offer(desk.terminal_id, packet))
            else:
                self._counting.dropped(Drop.NOT_DUE)

    def _follow_sparse(self, desk: Desk) -> None:
        longest_s = self._policy.longest_gap.total_seconds()
        text = f"its keyframes come further apart than the {longest_s:g} s between looks: "
        if sum(other.followed and other.sparse for other in self._desks.values()) < self._policy.whole_at_once:
            desk.health.note(f"{text}it is decoded whole, which costs more; {_ADVICE}")
            self._follow(desk)
        else:
            desk.health.note(f"{text}it is seen less often than that; {_ADVICE}")

    def _follow(self, desk: Desk) -> None:
        """Start its follower if it has none. `_following` is held."""
        if not (desk.followed or desk.unfollowable or self._stopping.is_set()):
            desk.followed = True
            follower = Follower(desk, self._counting, self._give, self._still_wanted, self._give_up)
            self._followers[desk.terminal_id] = follower
            follower.start()

    def _still_wanted(self, desk: Desk) -> bool:
        """Asked by the follower; after False it ends."""
        if not self._stopping.is_set() and (desk.bursting or desk.sparse):
            return True
        with self._following:
            desk.followed = desk.bursting and not self._stopping.is_set()
            if not desk.followed:
                desk.health.note("")
            return desk.followed

    def _give_up(self, desk: Desk) -> None:
        with self._following:
            desk.unfollowable, desk.followed = True, False

    def _decode_on(self) -> None:
        decoder = KeyframeDecoder()
        while (taken := self._slots.take()) is not None:
            terminal_id, packet = taken
            try:
                self._look(self._desks[terminal_id], packet, decoder)
            except Exception:  # noqa: BLE001 - one terminal's oddity must not end the thread that serves all
                _log.exception("look_failed", terminal=terminal_id)
            finally:
                self._slots.done(terminal_id)

    def _look(self, desk: Desk, packet: Encoded, decoder: KeyframeDecoder) -> None:
        try:
            picture = decoder.decode(desk.terminal_id, packet)
        except StreamFault as fault:
            desk.health.undecodable(fault)
            self._counting.dropped(Drop.UNDECODABLE)
            return
        self._give(desk, picture, burst=False)

    def _give(self, desk: Desk, picture: Picture, burst: bool) -> None:
        with desk.judging:
            if picture.at <= desk.last_judged_at:
                self._counting.dropped(Drop.OVERTAKEN)
                return
            change = desk.judge(picture)
            if change is None:
                self._counting.dropped(Drop.QUIET)
                return
            if self._stopping.is_set():
                return
            self._counting.looked(desk.terminal_id)
            look = Look(picture, change.boxes, change.share, burst=burst, sudden=change.sudden)
            try:
                self._on_look(look)
            except Exception:  # noqa: BLE001 - what the pipeline does wrong must not stop the looking
                _log.exception("on_look_failed", terminal=desk.terminal_id)


class _Intake:
    """The sink of the reader: to the terminal's desk, then on to whoever decodes."""

    def __init__(self, desks: dict[str, Desk], counting: Counting, arrived: Callable[[Desk, Encoded], None]) -> None:
        self._desks, self._counting, self._arrived = desks, counting, arrived

    def connecting(self, terminal_id: str) -> None:
        """Nothing to show: what it was before says more."""

    def opened(self, terminal_id: str, head: StreamHead) -> None:
        desk = self._desks[terminal_id]
        if desk.connections:
            self._counting.reconnected(terminal_id)
        desk.opened(head)
        _log.info("terminal_connected", terminal=terminal_id, codec=head.codec, again=desk.connections > 1)

    def packet(self, terminal_id: str, packet: Encoded) -> None:
        desk = self._desks[terminal_id]
        self._counting.packet(terminal_id, keyframe=packet.keyframe)
        desk.packet(packet)
        self._arrived(desk, packet)

    def lost(self, terminal_id: str, fault: StreamFault) -> None:
        self._desks[terminal_id].health.lost(fault)

"""Looks at all terminals: newest keyframe first, luma first, whole streams only where something calls for it."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from fusion.ingest.counters import Counters, Counting, Drop
from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.desk import Desk
from fusion.ingest.follower import Follower
from fusion.ingest.intake import Intake
from fusion.ingest.look import Look
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.main_streams import MainStreams
from fusion.ingest.minding import Minder
from fusion.ingest.reader import Encoded, PacketReader, StreamFault, StreamSpec
from fusion.ingest.socket_reader import SocketReader
from fusion.ingest.waiting_room import WaitingRoom
from fusion.types.errors import SiteError
from fusion.types.picture import Picture
from fusion.types.terminal import TerminalStatus

_BURST_LEVEL = 0.25  #: of the budget; a burst costs as much as some fifty quiet terminals
_ADVICE = "set a shorter keyframe interval in the camera"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Load:
    """How the looking keeps up."""

    budget_cores: float
    use_cores: float  #: of this process, smoothed over some seconds
    longest_gap_s: float  #: the longest between two looks at a terminal that streams, of late


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
        self._desks = {spec.terminal_id: Desk(spec.terminal_id, policy, spec.masks) for spec in streams}
        if len(self._desks) < len(self._streams):
            ids = [spec.terminal_id for spec in streams]
            twice = min(terminal_id for terminal_id in ids if ids.count(terminal_id) > 1)
            raise SiteError(f"terminal {twice}: given twice; wanted: one stream each")
        self._policy, self._on_look = policy, on_look
        self._reader = reader or SocketReader(policy.reading)
        self._mains = MainStreams(self._reader, policy.reading, policy.mains_at_once)
        self._main_urls = {spec.terminal_id: spec.main_url for spec in streams if spec.main_url}
        self._counting = Counting()
        self._waiting = WaitingRoom(policy.budget_cores)
        self._minder = Minder(self._desks, self._reader, self._counting)
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
        self._minder.start()
        self._reader.start(self._streams, Intake(self._desks, self._mains, self._counting, self._arrived))

    def stop(self, timeout_s: float = 2.5) -> None:
        """End everything within the time, also when cameras hang; `on_look` is not called again. Twice is harmless."""
        deadline_s = time.monotonic() + timeout_s
        self._stopping.set()
        self._waiting.close()
        self._minder.stop()
        self._reader.stop(timeout_s / 2)
        with self._following:
            threads = [*self._decoders, *self._followers.values()]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline_s - time.monotonic()))

    def add(self, spec: StreamSpec) -> None:
        """Look at one more terminal, or at an old one by another address; the others notice nothing."""
        self.remove(spec.terminal_id)
        if spec.main_url:
            self._main_urls[spec.terminal_id] = spec.main_url
        self._desks[spec.terminal_id] = Desk(spec.terminal_id, self._policy, spec.masks)
        self._reader.add(spec)

    def remove(self, terminal_id: str) -> None:
        """Look at it no more. Unknown ones are passed over."""
        self._main_urls.pop(terminal_id, None)
        desk = self._desks.pop(terminal_id, None)
        if desk is not None:
            self._reader.remove(terminal_id)
            self._waiting.forget(terminal_id)
            desk.retired = True

    def burst(self, terminal_id: str, for_: timedelta | None = None) -> bool:
        """Look at a terminal several times a second for a while, from the last look on (the ring has what was between).

        Where it has a main stream, that is opened and looked at as soon as its first keyframe is there. Asked again
        while one is on, it lasts longer. Returns False where it cannot be: the terminal has no stream, too many bursts
        are on already, or the budget is spent. May be called from `on_look`.
        """
        desk = self._desks.get(terminal_id)
        if desk is None:
            return False
        with self._following:
            others = sum(other.bursting for other in self._followed() if other is not desk)
            level = self._waiting.level
            if level <= 0.0 or (not desk.bursting and (others >= self._policy.bursts_at_once or level <= _BURST_LEVEL)):
                self._counting.dropped(Drop.NO_BURST)
                return False
            desk.burst(for_ or self._policy.burst_for)
            main_url = self._main_urls.get(terminal_id)
            if main_url and self._policy.burst_on_main and desk.main is None:
                desk.main = self._mains.open(terminal_id, main_url)
            self._follow(desk)
        return True

    def attend(self, terminal_id: str, until: datetime) -> None:
        """Look at every keyframe of a terminal until then (aware): a candidate is there."""
        desk = self._desks.get(terminal_id)
        if desk is not None:
            desk.attend(until)

    def prefer(self, terminal_id: str, every: timedelta | None) -> None:
        """Look at a terminal at least so often where the budget allows: its zones, hours or history deserve it."""
        desk = self._desks.get(terminal_id)
        if desk is not None:
            desk.prefer = every

    def newest(self, terminal_id: str) -> Picture | None:
        """The newest keyframe of a terminal as it may be seen; None: there is none, or it is broken."""
        desk = self._desks.get(terminal_id)
        packet = desk.ring.newest_keyframe if desk is not None else None
        if desk is None or packet is None:
            return None
        try:
            return desk.masks.shown(KeyframeDecoder().decode(terminal_id, packet))
        except StreamFault:
            return None

    def packets(self, terminal_id: str) -> list[Encoded]:
        """The last seconds of a terminal as original packets, beginning at a keyframe; empty where there are none."""
        desk = self._desks.get(terminal_id)
        return desk.ring.snapshot() if desk else []

    def statuses(self) -> list[TerminalStatus]:
        """How each stream is doing now, in the order in which they were given."""
        now = datetime.now(UTC)
        return [desk.status(now) for desk in list(self._desks.values())]

    @property
    def counters(self) -> Counters:
        """Totals since the start, of this moment; asks every terminal."""
        self._minder.count()
        return self._counting.now()

    @property
    def counters_lately(self) -> Counters:
        """The same, of the last seconds; asks nobody."""
        return self._counting.now()

    @property
    def effort(self) -> float:
        """What the budget allows now: 1, all that is wanted; 0, what is used as it comes; -1, hardly what must be."""
        return self._waiting.level

    @property
    def load(self) -> Load:
        """How it keeps up now."""
        budget_cores = self._waiting.budget_cores
        return Load(
            budget_cores=float(os.cpu_count() or 1) if budget_cores is None else budget_cores,
            use_cores=self._waiting.use_cores,
            longest_gap_s=self._minder.longest_gap_s,
        )

    def _arrived(self, desk: Desk, keyframe: Encoded | None) -> None:
        """On the reader's thread: choose whether and by whom a terminal's news is decoded."""
        if desk.followed:
            return
        if desk.sparse and not desk.unfollowable:
            with self._following:
                self._follow_sparse(desk)
        if keyframe is not None and not desk.followed:
            at = keyframe.at
            call = desk.call(at)
            if call is None:
                self._counting.dropped(Drop.NOT_DUE)
            else:
                due_s = desk.last_judged_at.timestamp() if desk.connections and desk.judged else 0.0
                self._counting.dropped(Drop.NEWER, self._waiting.offer(desk.terminal_id, keyframe, call, due_s))

    def _follow_sparse(self, desk: Desk) -> None:
        longest_s = self._policy.longest_gap.total_seconds()
        text = f"its keyframes come further apart than the {longest_s:g} s between looks: "
        if sum(other.followed and other.sparse for other in self._followed()) < self._policy.whole_at_once:
            desk.health.note(f"{text}it is decoded whole, which costs more; {_ADVICE}")
            self._follow(desk)
        else:
            desk.health.note(f"{text}it is seen less often than that; {_ADVICE}")

    def _followed(self) -> list[Desk]:
        """The few desks that have a follower; asked for each batch of a sparse stream. `_following` is held."""
        return [desk for terminal_id in self._followers if (desk := self._desks.get(terminal_id)) is not None]

    def _follow(self, desk: Desk) -> None:
        """Start its follower if it has none. `_following` is held."""
        if not (desk.followed or desk.unfollowable or self._stopping.is_set()):
            desk.followed = True
            follower = Follower(desk, self._counting, self._give, self._still_wanted, self._give_up)
            self._followers[desk.terminal_id] = follower
            follower.start()

    def _still_wanted(self, desk: Desk) -> bool:
        """Asked by the follower; after False it ends."""
        going_on = not (self._stopping.is_set() or desk.retired)
        if desk.main is not None and not desk.bursting:
            desk.main = None
            self._mains.close(desk.terminal_id)
        if going_on and (desk.bursting or desk.sparse):
            return True
        with self._following:
            desk.followed = desk.bursting and going_on
            if not desk.followed:
                desk.health.note("")
                self._followers.pop(desk.terminal_id, None)
            return desk.followed

    def _give_up(self, desk: Desk) -> None:
        with self._following:
            desk.unfollowable, desk.followed = True, False
            self._followers.pop(desk.terminal_id, None)
            if desk.main is not None:
                desk.main = None
                self._mains.close(desk.terminal_id)

    def _decode_on(self) -> None:
        decoder = KeyframeDecoder()
        while (taken := self._waiting.take()) is not None:
            terminal_id, packet = taken
            try:
                desk = self._desks.get(terminal_id)
                if desk is not None:
                    self._look(desk, packet, decoder)
            except Exception:  # noqa: BLE001 - one terminal's oddity must not end the thread that serves all
                _log.exception("look_failed", terminal=terminal_id)
            finally:
                self._waiting.done(terminal_id)

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
            look = desk.look(picture, burst=burst)
            if isinstance(look, Drop):
                self._counting.dropped(look)
                return
            if self._stopping.is_set() or desk.retired:
                return
            self._counting.looked(desk.terminal_id)
            try:
                self._on_look(look)
            except Exception:  # noqa: BLE001 - what the pipeline does wrong must not stop the looking
                _log.exception("on_look_failed", terminal=desk.terminal_id)

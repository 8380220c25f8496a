"""Inside a shard's process: its detector, its judges, its looker, and the answers to its parent."""

import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import structlog

from fusion.detectors.pool import DetectorPool
from fusion.geo.grids import GridIndex
from fusion.geo.place import ground_of
from fusion.handlers.wire import pack
from fusion.ingest.live import as_jpeg
from fusion.ingest.looking import Looker
from fusion.ingest.reader import Encoded
from fusion.ingest.reencode import reencode
from fusion.ingest.remux import joined, remux
from fusion.pipeline.eyes import Eyes
from fusion.pipeline.interest import Interest
from fusion.pipeline.judge import TerminalJudge
from fusion.pipeline.memories import Memories
from fusion.pipeline.second_stage import SecondStage
from fusion.shards.order import Order, Report, stream_of, streams_of
from fusion.teaching.shelf import Shelf
from fusion.types.masks import PrivacyClip
from fusion.types.sighting import unknown_width
from fusion.types.signal import Signal
from fusion.types.terminal import Terminal

_LOG = structlog.get_logger()
_INTEREST_S = 30.0
_SWITCH_S = 0.0005
_MOST_HELD = 64  #: clips that wait for their end; each is some seconds of packets


class ShardWork:
    """Started once; `stop` ends it."""

    def __init__(self, order: Order, tell: Callable[[str, Any], None]) -> None:
        """`tell(what, value)` sends something to the parent; it may block while the parent is busy."""
        cv2.setNumThreads(1)  # a shard is meant for one core
        # Judging is hundreds of short calls that let go of the interpreter; at the default of 5 ms each of them may
        # wait that long for the reader's thread.
        sys.setswitchinterval(_SWITCH_S)
        self._order, self._tell = order, tell
        self._clock = ZoneInfo(order.timezone)
        self._terminals = {terminal.id: terminal for terminal in order.terminals if terminal.connected}
        self._pool = DetectorPool(order.detectors.chosen(order.folder), order.detectors)
        self._memories = Memories(order.memories)
        judges = {terminal.id: self._judge(terminal) for terminal in self._terminals.values()}
        grids = GridIndex(order.grids)
        second_stage = (
            SecondStage(Shelf(order.teaching), order.second_stage, order.believed) if order.teaching else None
        )
        self._eyes = Eyes(
            self._terminals,
            judges,
            self._pool,
            grids,
            order.evidence,
            self._clock,
            self._publish,
            self._memories,
            reserve_bytes=order.reserve_bytes,
            second_stage=second_stage,
        )
        self._held: dict[str, list[Encoded]] = {}  #: packets for the clips of cases that go on yet, by case
        self._looker = Looker(streams_of(order.terminals), order.looking, self._eyes.on_look)
        self._eyes.use(self._looker)
        self._interest = Interest(order.looking.zone_gap, order.looking.history_gap)
        for terminal_id, times in order.history.items():
            self._interest.learn(terminal_id, times)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        self._looker.start()
        threading.Thread(target=self._prefer_on, name="interest", daemon=True).start()

    def stop(self) -> None:
        """End everything."""
        self._stopping.set()
        self._looker.stop()
        self._pool.close()
        self._memories.keep_all(self._eyes.judges)

    def report(self) -> Report:
        """How it is doing now."""
        return Report(
            statuses=tuple(self._looker.statuses()),
            counters=self._looker.counters_lately,
            load=self._looker.load,
            looked=self._eyes.looked,
            signals=self._eyes.signals,
            detector_fallback=self._pool.fallback,
        )

    def still(self, terminal_id: str) -> bytes | None:
        """The newest looked picture as JPEG."""
        picture = self._looker.newest(terminal_id)
        return None if picture is None else as_jpeg(picture)

    def hold(self, terminal_id: str, case_id: str) -> bytes | None:
        """Keep the terminal's last seconds for a clip that goes on; what there is of it, as `clip` gives it."""
        while len(self._held) >= _MOST_HELD:
            self._held.pop(next(iter(self._held)))
        packets = self._looker.packets(terminal_id)
        found = self._file(terminal_id, packets)
        if found is not None:
            self._held[case_id] = packets
        return found

    def clip(self, terminal_id: str, case_id: str = "") -> bytes | None:
        """The last seconds as an MP4 file, as they came or with what is private grey; None where there are none.

        With a case: what was held for it, and the seconds since; None where nothing was.
        """
        held = self._held.pop(case_id, None) if case_id else []
        return None if held is None else self._file(terminal_id, joined(held, self._looker.packets(terminal_id)))

    def _file(self, terminal_id: str, packets: Sequence[Encoded]) -> bytes | None:
        """A terminal that has just been taken off is not known any more, nor is what was private in it."""
        terminal = self._terminals.get(terminal_id)
        if terminal is None:
            return None
        if not terminal.masks.private:
            return remux(packets)
        return None if terminal.masks.clip is PrivacyClip.NONE else reencode(packets, terminal.masks, terminal_id)

    def add(self, terminal: Terminal) -> None:
        """Look at one more terminal, or at one that has changed."""
        self.remove(terminal.id)
        if terminal.connected:
            self._terminals[terminal.id] = terminal
            self._eyes.judges[terminal.id] = self._judge(terminal)
            self._looker.add(stream_of(terminal))

    def remove(self, terminal_id: str) -> None:
        """Look at it no more."""
        if self._terminals.pop(terminal_id, None) is not None:
            self._looker.remove(terminal_id)
            judge = self._eyes.judges.pop(terminal_id, None)
            if judge is not None:
                self._memories.keep(terminal_id, judge)

    def _judge(self, terminal: Terminal) -> TerminalJudge:
        ground = ground_of(terminal)
        judge = TerminalJudge(
            terminal.id,
            zones=terminal.zones,
            rules=[rule.start() for rule in self._order.rules],
            detect=lambda images: self._pool.detect(images, of=terminal.id),
            site_tz=self._clock,
            follow=self._order.follow,
            width_m=ground.width_m if ground else unknown_width,
            crop_px=max(self._pool.size_px),
            masks=terminal.masks,
        )
        self._memories.restore(terminal.id, judge)
        return judge

    def _publish(self, signal: Signal) -> None:
        self._interest.learn(signal.source_id, (signal.at,))
        self._tell("signal", pack(signal))

    def _prefer_on(self) -> None:
        """Bring up to date how often each terminal deserves to be looked at."""
        while True:
            now = datetime.now(UTC).astimezone(self._clock)
            for terminal in list(self._terminals.values()):
                every: timedelta | None = self._interest.of(terminal, now)
                self._looker.prefer(terminal.id, every)
            if self._stopping.wait(_INTEREST_S):
                return

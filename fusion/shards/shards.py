"""All shards of a machine: who has which terminal, and one door for whoever asks."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from fusion.ingest.counters import Counters
from fusion.shards.order import Order
from fusion.shards.shard import Shard, cores
from fusion.types.errors import PeerFault
from fusion.types.terminal import Health, Terminal, TerminalStatus

_BUDGET_SHARE = 0.8
_OVERLOAD = 1.15


@dataclass(frozen=True, slots=True)
class Looking:
    """How the looking of all shards keeps up."""

    budget_cores: float
    use_cores: float
    longest_gap_s: float  #: between two looks at one terminal, of late
    wanted_gap_s: float  #: what the site allows

    @property
    def stretch(self) -> float:
        """By how much gaps are longer than the site allows; 1: they are not."""
        return max(1.0, self.longest_gap_s / self.wanted_gap_s)

    @property
    def overloaded(self) -> bool:
        """Whether there is more to look at than the budget allows."""
        return self.stretch > _OVERLOAD


class Shards:
    """Started once. Terminals keep their shard; a new one goes to the shard that has fewest."""

    def __init__(self, order: Order, hear: Callable[[bytes], None], logs: Path) -> None:
        """`order` is the work of all, as if one shard did it; `hear` gets each packed signal, on many threads."""
        self._order = order
        self._terminals = {terminal.id: terminal for terminal in order.terminals if terminal.connected}
        policy = order.looking
        few = max(1, math.ceil(len(self._terminals) / policy.terminals_a_shard))
        count = policy.shards or min(cores(), few)
        # Neighbours in the register stand in one street and are busy at the same hours: deal them out by their names.
        dealt = sorted(self._terminals, key=lambda terminal_id: crc32(terminal_id.encode()))
        self._owner = {terminal_id: number % count for number, terminal_id in enumerate(dealt)}
        self._looking = policy.model_copy(update={"budget_cores": policy.budget_cores or _BUDGET_SHARE * cores()})
        self._shards = [
            Shard(number, self._order_maker(number, count), hear, logs / f"shard-{number}.log")
            for number in range(count)
        ]

    def start(self) -> None:
        """Start all, and return when all are ready; SiteError or PeerFault where one is not."""
        for shard in self._shards:
            shard.start()
        for shard in self._shards:
            shard.wait()

    def stop(self) -> None:
        """End all; what they said last stays. Twice is harmless."""
        for shard in self._shards:
            shard.tell("stop")
        for shard in self._shards:
            shard.stop()

    def update(self, terminals: Sequence[Terminal]) -> tuple[int, int, int]:
        """Change what is looked at to these; how many were added, changed and removed. No other one notices."""
        wanted = {terminal.id: terminal for terminal in terminals if terminal.connected}
        gone = self._terminals.keys() - wanted.keys()
        new = wanted.keys() - self._terminals.keys()
        changed = {tid for tid in wanted.keys() & self._terminals.keys() if _differ(wanted[tid], self._terminals[tid])}
        for terminal_id in gone:
            del self._terminals[terminal_id]
            self._shards[self._owner.pop(terminal_id)].tell("remove", terminal_id)
        for terminal_id in sorted(new | changed):
            self._terminals[terminal_id] = wanted[terminal_id]
            if terminal_id in new:
                self._owner[terminal_id] = self._least_loaded()
            self._shards[self._owner[terminal_id]].tell("add", wanted[terminal_id])
        return len(new), len(changed), len(gone)

    def statuses(self) -> list[TerminalStatus]:
        """How each connected terminal is doing, by the newest reports."""
        known = {status.terminal_id: status for shard in self._shards for status in _reported(shard)}
        return [status for terminal_id in list(self._terminals) if (status := known.get(terminal_id)) is not None]

    def still(self, terminal_id: str) -> bytes | None:
        """The newest looked picture of a terminal as JPEG; None where there is none now."""
        still: bytes | None = self._ask_owner(terminal_id, "still")
        return still

    def hold(self, terminal_id: str, case_id: str) -> bytes | None:
        """Keep the last seconds of a terminal for the clip of a case; what there is of it, as `clip` gives it."""
        clip: bytes | None = self._ask_owner(terminal_id, "hold", case_id)
        return clip

    def clip(self, terminal_id: str, case_id: str = "") -> bytes | None:
        """The last seconds of a terminal as an MP4 file, or what was held for a case with the seconds since.

        None where there are none now, or nothing was held.
        """
        clip: bytes | None = self._ask_owner(terminal_id, "clip", case_id)
        return clip

    def metrics(self) -> list[Any]:
        """The Prometheus families of all shards that answer."""
        families: list[Any] = []
        for shard in self._shards:
            try:
                families += shard.ask("metrics", timeout_s=2.0)
            except PeerFault:
                continue
        return families

    @property
    def looking(self) -> Looking:
        """How they keep up."""
        loads = [shard.report.load for shard in self._shards if shard.report is not None]
        return Looking(
            budget_cores=self._looking.budget_cores or 0.0,
            use_cores=sum(load.use_cores for load in loads),
            longest_gap_s=max((load.longest_gap_s for load in loads), default=0.0),
            wanted_gap_s=self._looking.longest_gap.total_seconds(),
        )

    @property
    def counters(self) -> Counters:
        """Totals of the processes that live now."""
        return sum_of([shard.report.counters for shard in self._shards if shard.report is not None])

    @property
    def looked(self) -> int:
        """Looks judged by the processes that live now."""
        return sum(shard.report.looked for shard in self._shards if shard.report is not None)

    @property
    def signals(self) -> int:
        """Signals told by the processes that live now."""
        return sum(shard.report.signals for shard in self._shards if shard.report is not None)

    @property
    def detector_fallback(self) -> str | None:
        """Why a detector does not run on what the site wants first; None: all do."""
        told = [shard.report.detector_fallback for shard in self._shards if shard.report is not None]
        return next((reason for reason in told if reason is not None), None)

    @property
    def pids(self) -> list[int | None]:
        """The process of each shard."""
        return [shard.pid for shard in self._shards]

    def terminals_of(self, number: int) -> list[str]:
        """Whom a shard has."""
        return [terminal_id for terminal_id, owner in list(self._owner.items()) if owner == number]

    def _order_maker(self, number: int, count: int) -> Callable[[], Order]:
        policy = self._looking
        share = policy.model_copy(
            update={
                "budget_cores": (policy.budget_cores or 1.0) / count,
                "bursts_at_once": math.ceil(policy.bursts_at_once / count),
                "whole_at_once": math.ceil(policy.whole_at_once / count),
                "mains_at_once": math.ceil(policy.mains_at_once / count),
            }
        )

        def order() -> Order:
            terminals = tuple(self._terminals[terminal_id] for terminal_id in self.terminals_of(number))
            return replace(self._order, number=number, looking=share, terminals=terminals)

        return order

    def _least_loaded(self) -> int:
        held: dict[int, int] = dict.fromkeys(range(len(self._shards)), 0)
        for owner in self._owner.values():
            held[owner] += 1
        return min(held, key=lambda number: held[number])

    def _ask_owner(self, terminal_id: str, what: str, *args: str) -> Any:
        owner = self._owner.get(terminal_id)
        if owner is None:
            return None
        try:
            return self._shards[owner].ask(what, terminal_id, *args)
        except PeerFault:
            return None


def sum_of(counters: Sequence[Counters]) -> Counters:
    """Totals of several."""
    dropped: dict[str, int] = {}
    for one in counters:
        for reason, count in one.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    return Counters(
        packets=sum(one.packets for one in counters),
        lost=sum(one.lost for one in counters),
        octets=sum(one.octets for one in counters),
        keyframes=sum(one.keyframes for one in counters),
        looked=sum(one.looked for one in counters),
        reconnects=sum(one.reconnects for one in counters),
        dropped=dropped,
    )


def _differ(one: Terminal, other: Terminal) -> bool:
    """Whether what is read or judged differs; a new name alone disturbs nothing."""
    return replace(one, name="") != replace(other, name="")


def _reported(shard: Shard) -> Sequence[TerminalStatus]:
    if shard.report is None:
        return ()
    if shard.fresh and shard.pid is not None:
        return shard.report.statuses
    return [replace(status, health=Health.CONNECTING) for status in shard.report.statuses]

"""Waste dumping 垃圾倾倒: a thing was left by somebody who went away, or came while nobody looked, and it stays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from fusion.plugins import Duration, Registries
from fusion.rules.base import Rule, RuleConfig
from fusion.rules.lasting import STALE, Lasting, seconds, spoken_en, spoken_zh, told
from fusion.rules.saying import width, width_data
from fusion.rules.windows import is_open
from fusion.rules.zones import around, grown, meet, stands_in
from fusion.types.sighting import Box, Residue, Sighting
from fusion.types.signal import EventKind, Finding, Phase, Reason
from fusion.types.zone import Zone

_GREW = timedelta(minutes=1)  #: between when it came and when it was last added to
_VEHICLES = frozenset({"bicycle", "car", "motorcycle", "bus", "truck", "train"})


@Registries.rules.register
class DumpingConfig(RuleConfig):
    """Something new lies there, its bringer left, and it stays for `residue` after."""

    kind: Literal["dumping"] = "dumping"
    event: str = EventKind.WASTE_DUMPING
    zone_kinds: tuple[str, ...] = ("no_dumping",)
    residue: Duration = timedelta(seconds=20)  #: how long it must lie there after its bringer left
    #: How long a thing that nobody was seen to bring must lie there, by itself; its belief alone files no case.
    unattended: Duration = timedelta(minutes=10)
    linger: Duration = timedelta(minutes=3)  #: who stays with a thing for so long before leaving did not dump it
    #: What a detector calls a thing that is no rubbish: it came by itself, or somebody is it.
    no_rubbish: tuple[str, ...] = ("person", *sorted(_VEHICLES), "umbrella", "dog", "cat", "bird")
    repeat: Duration = timedelta(seconds=10)
    grace: Duration = timedelta(seconds=3)  #: gone for so long: it ended

    def start(self) -> "DumpingRule":
        """A rule that has seen nothing yet."""
        return DumpingRule(self)


class DumpingRule(Rule):
    """Things left, one finding for all that one bringer left at one place."""

    def __init__(self, config: DumpingConfig) -> None:
        self._config = config
        self._things: list[Lasting] = []
        self._pending_at: datetime | None = None
        self._bringers: dict[str, str] = {}  #: thing -> who left it

    def judge(self, sighting: Sighting, zones: Sequence[Zone], local_now: datetime) -> tuple[Finding, ...]:
        """See `Rule`."""
        residues = {residue.id: residue for residue in sighting.residues}
        self._things = [self._seen(thing, residues, sighting.at) for thing in self._things]
        started = []
        self._pending_at = None
        for zone in zones:
            if zone.kind in self._config.zone_kinds and is_open(zone.windows, local_now):
                started += self._zone(zone, sighting)
        config = self._config
        self._things, findings = told(self._things, config.event, sighting.at, repeat=config.repeat, grace=config.grace)
        lasting = {thing.thing_id for thing in self._things}
        self._bringers = {name: who for name, who in self._bringers.items() if name in lasting}
        return (*started, *findings)

    def building(self, now: datetime) -> bool:
        """A thing lies there whose bringer may leave, or has left."""
        return self._pending_at is not None and now - self._pending_at <= STALE

    def settled(self, now: datetime) -> bool:
        """Nothing lies there."""
        return not self._things and not self.building(now)

    def _seen(self, thing: Lasting, residues: dict[str, Residue], now: datetime) -> Lasting:
        there = [residues[member] for member in sorted(thing.members) if member in residues]
        if not there:
            return thing
        return replace(thing, seen_at=now, box=around(residue.box for residue in there))

    def _zone(self, zone: Zone, sighting: Sighting) -> list[Finding]:
        started = []
        for residue in sighting.residues:
            if not stands_in(residue.box, zone) or not self._rubbish(residue):
                continue
            if residue.bringer is None and not self._came_unseen(residue, sighting):
                continue
            known = next((t for t in self._things if t.zone_id == zone.id and residue.id in t.members), None)
            if known is not None:
                continue
            self._pending_at = sighting.at
            if residue.bringer is not None and not self._left(residue):
                continue
            joined = next((t for t in self._things if t.zone_id == zone.id and self._one_act(residue, t)), None)
            if joined is not None:
                self._things.remove(joined)
                box = around((joined.box, residue.box))
                self._things.append(replace(joined, members=joined.members | {residue.id}, box=box))
                continue
            thing = self._start(residue, zone, sighting)
            self._things.append(thing)
            self._bringers[thing.thing_id] = residue.bringer or ""
            started.append(thing.finding(self._config.event, Phase.STARTED, sighting.at))
        return started

    def _one_act(self, residue: Residue, thing: Lasting) -> bool:
        """Beside what was left there before, or left by the same person within a few steps of it."""
        own = residue.bringer is not None and self._bringers.get(thing.thing_id) == residue.bringer
        return _beside(residue.box, thing.box, 3.0 if own else 1.0)

    def _rubbish(self, residue: Residue) -> bool:
        return residue.explained_as not in self._config.no_rubbish

    def _came_unseen(self, residue: Residue, sighting: Sighting) -> bool:
        """It came between two looks, and has been plainly there since, for so long that it is no chance."""
        plain = residue.explained_as is None and residue.last_at == sighting.at
        return plain and sighting.at - residue.first_at >= self._config.unattended

    def _left(self, residue: Residue) -> bool:
        left_at = residue.bringer_left_at
        if left_at is None or left_at - residue.first_at >= self._config.linger:
            return False
        # Seen for so long after he left, not only taken to be there behind somebody.
        return residue.last_at - left_at >= self._config.residue

    def _start(self, residue: Residue, zone: Zone, sighting: Sighting) -> Lasting:
        if residue.bringer is None:
            return self._start_unseen(residue, zone, sighting)
        left_at = residue.bringer_left_at or sighting.at
        lies, alone = sighting.at - residue.first_at, sighting.at - left_at
        vehicle = residue.bringer_class in _VEHICLES
        # Plainly seen now, still for longer than asked, named by nobody as anything else.
        belief = 0.6 + 0.15 * min(lies / (3 * self._config.residue), 1.0)
        belief += 0.1 * (residue.last_at == sighting.at) + 0.1 * (residue.explained_as is None)
        wide_zh, wide_en = width(residue.box, sighting)
        who_zh, who_en = ("一辆车", "a vehicle") if vehicle else ("一人", "a person")
        reason = Reason(
            zh=f"{who_zh}在禁止倾倒区“{zone.name}”留下一处新增物品（{wide_zh}），"
            f"离开已 {spoken_zh(alone)}，物品静置 {spoken_zh(lies)}",
            en=f"{who_en} left a new object ({wide_en}) in no-dumping zone {zone.name!r} "
            f"and went away {spoken_en(alone)} ago; it has been lying there for {spoken_en(lies)}",
            data={
                "bringer": residue.bringer_class or "",
                "lies_s": seconds(lies),
                "alone_s": seconds(alone),
                "residue_s": seconds(self._config.residue),
                **width_data(residue.box, sighting),
                "explained_as": residue.explained_as or "",
            },
        )
        met_at = left_at + self._config.residue
        return _lasting(residue, zone, sighting, met_at=met_at, belief=min(belief, 0.98), reason=reason)

    def _start_unseen(self, residue: Residue, zone: Zone, sighting: Sighting) -> Lasting:
        lies = sighting.at - residue.first_at
        grew = residue.still_since - residue.first_at >= _GREW
        wide_zh, wide_en = width(residue.box, sighting)
        more_zh, more_en = ("，且有增多", ", and has grown") if grew else ("", "")
        reason = Reason(
            zh=f"禁止倾倒区“{zone.name}”出现一处新增物品（{wide_zh}），未见何人留下，已静置 {spoken_zh(lies)}{more_zh}",
            en=f"a new object ({wide_en}) has been lying in no-dumping zone {zone.name!r} for {spoken_en(lies)}"
            f"{more_en}; nobody was seen to leave it",
            data={
                "bringer": "",
                "lies_s": seconds(lies),
                "unattended_s": seconds(self._config.unattended),
                "grew": float(grew),
                **width_data(residue.box, sighting),
                "explained_as": "",
            },
        )
        met_at = residue.first_at + self._config.unattended
        return _lasting(residue, zone, sighting, met_at=met_at, belief=0.65 if grew else 0.55, reason=reason)


def _lasting(
    residue: Residue, zone: Zone, sighting: Sighting, *, met_at: datetime, belief: float, reason: Reason
) -> Lasting:
    return Lasting(
        thing_id=f"{zone.id}/{residue.id}",
        zone_id=zone.id,
        members=frozenset({residue.id}),
        since=residue.first_at,
        met_at=met_at,
        told_at=sighting.at,
        seen_at=sighting.at,
        belief=round(belief, 3),
        box=residue.box,
        reason=reason,
    )


def _beside(a: Box, b: Box, sizes: float) -> bool:
    """Within so many sizes of the larger one of each other."""
    across, down = max(a.right - a.left, b.right - b.left), max(a.bottom - a.top, b.bottom - b.top)
    return meet(grown(a, sizes * across, sizes * down), b)

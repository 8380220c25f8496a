"""Street-stall encroachment 占道经营: somebody stays in the zone, with goods, for longer than its dwell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from fusion.plugins import Duration, Registries
from fusion.rules.base import Rule, RuleConfig
from fusion.rules.lasting import STALE, Lasting, seconds, spoken_en, spoken_zh, told
from fusion.rules.saying import width, width_data, window
from fusion.rules.windows import is_open, opened_at
from fusion.rules.zones import around, grown, meet, stands_in, within
from fusion.types.sighting import Box, Sighting, Track
from fusion.types.signal import EventKind, Finding, Phase, Reason
from fusion.types.zone import Zone

_LONGEST_GAP = timedelta(seconds=12)  #: what one look may stand for


@Registries.rules.register
class StallConfig(RuleConfig):
    """Persons who stay, with goods that came and stay beside them."""

    kind: Literal["stall"] = "stall"
    event: str = EventKind.STREET_STALL
    zone_kinds: tuple[str, ...] = ("no_stall",)
    permit_kinds: tuple[str, ...] = ("permitted_stall",)  #: zones in which, at their hours, a stall may stand
    dwell: Duration = timedelta(minutes=1)
    goods: Literal["required", "optional"] = "required"  #: "optional": each person who stays is one event
    #: What a detector names that counts as goods when it stays; an unexplained residue always does.
    goods_classes: tuple[str, ...] = ("umbrella", "dining table", "chair", "potted plant", "banana", "apple", "orange")
    #: A residue that is explained so is none: it is somebody, somebody's shadow, or a vehicle that parks.
    no_goods: tuple[str, ...] = (
        "person", "shadow", "bicycle", "car", "motorcycle", "bus", "train", "dog", "cat", "bird"
    )  # fmt: skip
    attended: Annotated[float, Field(gt=0, le=1)] = 0.7  #: of the dwell, somebody who stays must be seen at the goods
    least_goods: Annotated[float, Field(ge=0)] = 0.4  #: of a person's height; smaller is a bag
    most_goods: Annotated[float, Field(gt=0)] = 4.5  #: of a person's height; larger is no stall
    repeat: Duration = timedelta(seconds=10)
    grace: Duration = timedelta(seconds=10)  #: goods gone for so long: the stall left

    def start(self) -> "StallRule":
        """A rule that has seen nothing yet."""
        return StallRule(self)


@dataclass(frozen=True, slots=True)
class _Goods:
    """What is remembered of one piece of goods."""

    first_at: datetime
    attended: timedelta  #: time in which somebody who stays was at it
    attended_at: datetime | None


class StallRule(Rule):
    """Evidence adds up per piece of goods; pieces at one place are one stall."""

    def __init__(self, config: StallConfig) -> None:
        self._config = config
        self._goods: dict[str, _Goods] = {}
        self._things: list[Lasting] = []
        self._pending_at: datetime | None = None
        self._permits: list[Zone] = []
        self._local_now: datetime | None = None

    def judge(self, sighting: Sighting, zones: Sequence[Zone], local_now: datetime) -> tuple[Finding, ...]:
        """See `Rule`."""
        config = self._config
        started: list[Finding] = []
        self._pending_at = None
        self._local_now = local_now
        self._permits = [z for z in zones if z.kind in config.permit_kinds and is_open(z.windows, local_now)]
        present = self._present(sighting)
        self._things = [_seen(thing, present, sighting.at) for thing in self._things]
        for zone in zones:
            opened = opened_at(zone.windows, local_now) if zone.kind in config.zone_kinds else None
            if opened is None:
                continue
            # Both are aware or the window is "always": only the time since it opened counts.
            open_for = local_now - opened
            judge = self._with_goods if config.goods == "required" else self._persons
            started += judge(zone, sighting, open_for)
        self._goods = {key: goods for key, goods in self._goods.items() if key.split("|", 1)[1] in present}
        grace = config.grace if config.goods == "required" else min(config.grace, timedelta(seconds=3))
        self._things, findings = told(self._things, config.event, sighting.at, repeat=config.repeat, grace=grace)
        return (*started, *findings)

    def building(self, now: datetime) -> bool:
        """Somebody stays, not yet long enough."""
        return self._pending_at is not None and now - self._pending_at <= STALE

    def settled(self, now: datetime) -> bool:
        """No stall, and nobody who stays."""
        return not self._things and not self.building(now)

    def _present(self, sighting: Sighting) -> dict[str, Box]:
        """Every thing that can be a member, by id."""
        boxes = {residue.id: residue.box for residue in sighting.residues}
        boxes.update((track.id, track.box) for track in sighting.tracks)
        return boxes

    def _persons(self, zone: Zone, sighting: Sighting, open_for: timedelta) -> list[Finding]:
        """Each person's stay of the dwell is one event."""
        started = []
        for track in _staying(sighting, zone):
            if self._permitted(track.box):
                continue
            since = _later(track.stays_since, sighting.at, open_for)
            known = next((t for t in self._things if t.zone_id == zone.id and track.id in t.members), None)
            if known is not None:
                continue
            self._pending_at = sighting.at
            seen_for = track.last_at - since
            if seen_for < self._config.dwell or track.seen_share < 0.3:
                continue
            thing = self._thing(zone, sighting, since, {track.id: track.box}, persons=1, goods=())
            self._things.append(thing)
            started.append(thing.finding(self._config.event, Phase.STARTED, sighting.at))
        return started

    def _with_goods(self, zone: Zone, sighting: Sighting, open_for: timedelta) -> list[Finding]:
        persons = _staying(sighting, zone)
        pieces = {
            name: box
            for name, box in self._pieces(sighting, persons)
            if stands_in(box, zone) and not self._permitted(box)
        }
        met = []
        for name, box in pieces.items():
            goods = self._add_up(f"{zone.id}|{name}", name, box, sighting, persons)
            since = _later(goods.first_at, sighting.at, open_for)
            if goods.attended_at is None:
                continue
            known = any(t.zone_id == zone.id and (name in t.members or meet(t.box, box)) for t in self._things)
            self._pending_at = self._pending_at if known else sighting.at
            attended = min(goods.attended, open_for) >= self._config.attended * self._config.dwell
            lately = sighting.at - goods.attended_at <= timedelta(seconds=20)
            if sighting.at - since >= self._config.dwell and attended and lately:
                met.append(name)
        return self._tell(zone, sighting, pieces, met, persons, open_for)

    def _permitted(self, box: Box) -> bool:
        """Whether it stands where the register lets a stall stand at this hour."""
        return any(stands_in(box, zone) for zone in self._permits)

    def _pieces(self, sighting: Sighting, persons: Sequence[Track]) -> list[tuple[str, Box]]:
        """(id, box) of all that may be goods."""
        pieces = []
        for residue in sighting.residues:
            explained = residue.explained_as
            if explained in self._config.no_goods:
                continue
            # Part of somebody who stands there is not goods.
            if any(
                within(residue.box, person.box) > 0.7 for person in sighting.tracks if person.class_name == "person"
            ):
                continue
            if persons and not any(self._fits(residue.box, person.box) for person in persons):
                continue
            pieces.append((residue.id, residue.box))
        named = self._config.goods_classes
        pieces += [(t.id, t.box) for t in sighting.tracks if t.class_name in named and t.stays_since is not None]
        return pieces

    def _fits(self, box: Box, person: Box) -> bool:
        # A standing person is about 0.4 of the height wide; shares of width and height cannot be mixed.
        high = (box.bottom - box.top) / (person.bottom - person.top)
        wide = (box.right - box.left) / (person.right - person.left) * 0.4
        return self._config.least_goods <= max(high, wide) <= self._config.most_goods

    def _add_up(self, key: str, name: str, box: Box, sighting: Sighting, persons: Sequence[Track]) -> _Goods:
        first_at = next((r.first_at for r in sighting.residues if r.id == name), None)
        if first_at is None:
            first_at = next((t.stays_since for t in sighting.tracks if t.id == name), None) or sighting.at
        goods = self._goods.get(key, _Goods(first_at, timedelta(0), None))
        if any(_at(person, box) for person in persons):
            gap = min(sighting.gap, _LONGEST_GAP)
            goods = replace(goods, attended=goods.attended + gap, attended_at=sighting.at)
        self._goods[key] = goods
        return goods

    def _tell(
        self,
        zone: Zone,
        sighting: Sighting,
        pieces: dict[str, Box],
        met: list[str],
        persons: Sequence[Track],
        open_for: timedelta,
    ) -> list[Finding]:
        started = []
        for name in met:
            at_it = {person.id: person.box for person in persons if _at(person, pieces[name])}
            area = around([pieces[name], *at_it.values()])
            group = {other: box for other, box in pieces.items() if meet(box, area)}
            # A vendor's table and his cart stand some two metres apart: that is one stall.
            wide = max((person.box.right - person.box.left for person in persons if person.id in at_it), default=0.0)
            around_it = grown(area, 3.0 * wide, 0.0)
            known = next(
                (
                    t
                    for t in self._things
                    if t.zone_id == zone.id and (t.members & group.keys() or meet(t.box, around_it))
                ),
                None,
            )
            if known is not None:
                self._things.remove(known)
                self._things.append(replace(known, members=known.members | group.keys(), seen_at=sighting.at))
                continue
            since = min(_later(self._goods[f"{zone.id}|{other}"].first_at, sighting.at, open_for) for other in group)
            thing = self._thing(zone, sighting, since, group | at_it, persons=max(len(at_it), 1), goods=tuple(group))
            thing = replace(thing, members=frozenset(group))
            self._things.append(thing)
            started.append(thing.finding(self._config.event, Phase.STARTED, sighting.at))
        return started

    def _thing(
        self,
        zone: Zone,
        sighting: Sighting,
        since: datetime,
        boxes: dict[str, Box],
        *,
        persons: int,
        goods: tuple[str, ...],
    ) -> Lasting:
        stayed = sighting.at - since
        box = around(boxes.values())
        named = sorted({t.class_name for t in sighting.tracks if t.id in goods})
        belief = 0.6 + 0.1 * min(len(goods), 2) + 0.1 * bool(named) + 0.05 * min(stayed / (2 * self._config.dwell), 1.0)
        with_zh = f"及 {len(goods)} 处新增物品" if goods else ""
        with_en = f" and {len(goods)} new object{'s' * (len(goods) != 1)}" if goods else ""
        people_en = "one person" if persons == 1 else f"{persons} persons"
        (wide_zh, wide_en), (window_zh, window_en) = width(box, sighting), window(zone, self._local_now or sighting.at)
        reason = Reason(
            zh=f"{persons} 名人员{with_zh}（{wide_zh}）在严管区域“{zone.name}”停留 {spoken_zh(stayed)}，"
            f"超过 {spoken_zh(self._config.dwell)}{window_zh}",
            en=f"{people_en}{with_en} ({wide_en}) stayed in zone {zone.name!r} "
            f"for {spoken_en(stayed)}, longer than {spoken_en(self._config.dwell)}{window_en}",
            data={
                "persons": persons,
                "goods": len(goods),
                "named": ",".join(named),
                "stayed_s": seconds(stayed),
                "dwell_s": seconds(self._config.dwell),
                **width_data(box, sighting),
            },
        )
        return Lasting(
            thing_id=f"{zone.id}/{next(iter(boxes))}",
            zone_id=zone.id,
            members=frozenset(boxes),
            since=since,
            met_at=since + self._config.dwell,
            told_at=sighting.at,
            seen_at=sighting.at,
            belief=round(min(belief, 0.98), 3),
            box=box,
            reason=reason,
        )


def _seen(thing: Lasting, present: dict[str, Box], now: datetime) -> Lasting:
    return replace(thing, seen_at=now) if any(member in present for member in thing.members) else thing


def _staying(sighting: Sighting, zone: Zone) -> list[Track]:
    return [
        track
        for track in sighting.tracks
        if track.class_name == "person" and track.stays_since is not None and stands_in(track.box, zone)
    ]


def _later(since: datetime | None, now: datetime, open_for: timedelta) -> datetime:
    """The later of `since` and the window's opening."""
    if since is None:
        return now
    return since if now - since <= open_for else now - open_for


def _at(person: Track, box: Box) -> bool:
    """Whether a person can reach the thing: within about an arm and a step, on either side."""
    wide, high = person.box.right - person.box.left, person.box.bottom - person.box.top
    return meet(grown(person.box, 1.2 * wide, 0.25 * high, 0.25 * high), box)

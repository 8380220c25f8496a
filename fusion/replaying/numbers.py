"""Judges a thing again by the numbers of its signals: how long it was there, where it lay, when, and what it was.

Signals tell of what a rule was met by, so that a stricter rule can be judged; what a wider one would have told beside,
no signal says. Numbers that are not kept are said to be unknown, never guessed.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta, tzinfo

from fusion.incidents.again import ALL_ASKED, DWELL, MOST_OF, RESIDUE, Asked, asked, share_in, would_last
from fusion.replaying.change import Setup
from fusion.replaying.hours import longest_open
from fusion.replaying.verdict import Again, Verdict, not_told, told, unknown
from fusion.rules.base import RuleConfig
from fusion.rules.dumping import DumpingConfig
from fusion.rules.lasting import spoken_en, spoken_zh
from fusion.rules.stall import StallConfig
from fusion.rules.zones import around, meet, stands_in
from fusion.types.masks import Polygon
from fusion.types.sighting import Box
from fusion.types.told import ToldThing
from fusion.types.zone import Zone

_LITTLE = 0.1  #: of a box in a mask: not worth a doubt
_NO_MATTER = frozenset({"repeat", "grace", "kind", "event", "zone_kinds"})  #: how often it is told, or judged elsewhere
_UNSAID = unknown("信号未记录所要求的时长", "its signals do not say how long its rule asked for")
_AS_BEFORE = told("与所用规则一致", "as by the rules in use")

Check = Callable[[], Verdict | None]


def judged_again(thing: ToldThing, before: Setup, after: Setup, site_tz: tzinfo) -> Verdict:
    """What the setup `after` would have made of a thing that was told under `before`."""
    first = thing.first
    zones = _zone_of(before, first.source_id, first.zone_id), _zone_of(after, first.source_id, first.zone_id)
    if first.source_id in before.terminals and zones[0] is not None and zones[1] is None:
        return not_told("该区域已取消", "its zone is gone")
    zone_kind = zones[1].kind if zones[1] is not None else None
    rule_before = before.rule_for(first.kind, zones[0].kind if zones[0] is not None else None)
    rule = after.rule_for(first.kind, zone_kind)
    if rule is None:
        if rule_before is None:
            return _AS_BEFORE  # a sensor's, say: no rule of a picture tells of it
        return not_told("没有规则再报此类事件", "no rule tells of its kind any more")
    checks: tuple[Check, ...] = (
        lambda: _masked(first.box, _masks(before, first.source_id), _masks(after, first.source_id)),
        lambda: _placed(first.box, *zones),
        lambda: _permitted(thing, before, after, rule, site_tz),
        lambda: _own(thing, rule_before, rule),
        lambda: _timed(thing, *zones, rule, site_tz),
    )
    return _worst(check() for check in checks)


def asks_of(setup: Setup, event: str) -> timedelta | None:
    """How long the rule of an event asks for; None: none does, or its signals do not say."""
    rule = setup.rule_for(event, None)
    times = [] if rule is None else [time for which in (DWELL, RESIDUE) if (time := _asks(rule, which)) is not None]
    return min(times, default=None)


def _worst(verdicts: Iterable[Verdict | None]) -> Verdict:
    """Not told by one check is not told; else unknown to one is unknown; else told, with what was said of it."""
    said = [verdict for verdict in verdicts if verdict is not None]
    for again in (Again.NOT_TOLD, Again.UNKNOWN, Again.TOLD):
        for verdict in said:
            if verdict.again is again:
                return verdict
    return _AS_BEFORE


def _zone_of(setup: Setup, source_id: str, zone_id: str | None) -> Zone | None:
    terminal = setup.terminals.get(source_id)
    return None if terminal is None else next((zone for zone in terminal.zones if zone.id == zone_id), None)


def _masks(setup: Setup, source_id: str) -> tuple[Polygon, ...]:
    terminal = setup.terminals.get(source_id)
    return () if terminal is None else terminal.masks.unjudged


def _masked(box: Box | None, before: tuple[Polygon, ...], after: tuple[Polygon, ...]) -> Verdict | None:
    added = [area for area in after if area not in before]
    if box is None or not added:
        return None
    share = max(share_in(box, area) for area in added)
    if share >= MOST_OF:
        return not_told(f"{100 * share:.0f}% 在屏蔽区内", f"{100 * share:.0f} % of it lies in a mask")
    if share > _LITTLE:
        return unknown(f"{100 * share:.0f}% 在屏蔽区内，可能仍会看到", f"{100 * share:.0f} % of it lies in a mask")
    return None


def _placed(box: Box | None, before: Zone | None, after: Zone | None) -> Verdict | None:
    if box is None or before is None or after is None or before.polygon == after.polygon:
        return None
    if stands_in(box, after):
        return None
    corners = around(Box(x, y, x, y) for x, y in after.polygon)
    if meet(box, corners):
        return unknown("位于新区域边缘", "it stands at the edge of the zone as it would be")
    return not_told("在新区域之外", "it stands outside the zone as it would be")


def _permitted(thing: ToldThing, before: Setup, after: Setup, rule: RuleConfig, site_tz: tzinfo) -> Verdict | None:
    """Whether it stood where a stall would now be allowed."""
    terminals = before.terminals.get(thing.first.source_id), after.terminals.get(thing.first.source_id)
    box = thing.first.box
    if not isinstance(rule, StallConfig) or terminals[0] is None or terminals[1] is None or box is None:
        return None
    kinds = rule.permit_kinds
    added = [zone for zone in terminals[1].zones if zone.kind in kinds and zone not in terminals[0].zones]
    for zone in added:
        if stands_in(box, zone):
            begins = thing.first.since
            if longest_open(zone.windows, begins, thing.seen_at, site_tz) >= thing.seen_at - begins:
                return not_told(f"在允许摆摊的区域“{zone.name}”内", f"it stands where {zone.name!r} lets a stall stand")
            return unknown("只有部分时间在允许的时段内", "only a part of its time was one at which it may stand there")
    return None


def _timed(
    thing: ToldThing, zone_before: Zone | None, zone: Zone | None, rule: RuleConfig, site_tz: tzinfo
) -> Verdict | None:
    """Whether it was there for as long as is asked, at hours at which the zone holds."""
    found = asked(thing)
    lasts = None if found is None else _asks(rule, found[0])
    other_hours = zone is not None and zone_before is not None and zone.windows != zone_before.windows
    if found is None or lasts is None:
        return _UNSAID if other_hours else None
    begins = thing.first.met_at - found[1]
    if other_hours and zone is not None:
        open_for = longest_open(zone.windows, begins, thing.seen_at, site_tz)
        if open_for < thing.seen_at - begins:
            return _in_hours(thing, open_for, lasts)
    if lasts == found[1]:
        return None
    return _lasted(thing, thing.seen_at - begins, (found[0], lasts), rule, raised=lasts > found[1])


def _lasted(
    thing: ToldThing, was_there: timedelta, wanted: tuple[Asked, timedelta], rule: RuleConfig, *, raised: bool
) -> Verdict:
    which, lasts = wanted
    would = would_last(thing, lasts)
    zh, en = f"在场 {spoken_zh(was_there)}", f"it was there for {spoken_en(was_there)}"
    if would is None:
        return unknown(f"{zh}，何时离开未见到", f"{en}, and nobody saw its end")
    zh, en = f"{zh}，规则要求 {spoken_zh(lasts)}", f"{en}; the rule would ask for {spoken_en(lasts)}"
    if not would:
        return not_told(zh, en)
    attended = which is DWELL and isinstance(rule, StallConfig) and rule.goods == "required"
    return told(zh, en, assumed=raised and attended)


def _in_hours(thing: ToldThing, open_for: timedelta, lasts: timedelta) -> Verdict:
    if open_for == timedelta(0):
        return not_told("不在管控时段内", "outside the hours at which the zone would hold")
    zh = f"管控时段内在场 {spoken_zh(open_for)}，规则要求 {spoken_zh(lasts)}"
    en = f"it was there for {spoken_en(open_for)} of the zone's hours; the rule would ask for {spoken_en(lasts)}"
    if open_for >= lasts:
        return told(zh, en)
    return not_told(zh, en) if thing.gone_at is not None else unknown(zh, en)


def _asks(rule: RuleConfig, which: Asked) -> timedelta | None:
    """How long a rule asks for, where it has a key of the name."""
    value = getattr(rule, which.config, None)
    return value if isinstance(value, timedelta) else None


def _own(thing: ToldThing, before: RuleConfig | None, after: RuleConfig) -> Verdict | None:
    """What else the rule's own keys say."""
    if before is None:
        return None
    if type(before) is not type(after):
        return unknown("换成了另一种规则", "it would be judged by a rule of another kind")
    handled = _dumping if isinstance(after, DumpingConfig) else _stall if isinstance(after, StallConfig) else None
    keys = {key for key in type(after).model_fields if getattr(before, key) != getattr(after, key)} - _NO_MATTER
    keys -= {which.config for which in ALL_ASKED if asked(thing) is not None}  # judged by how long it lasted
    found = handled(thing, keys, after) if handled is not None else None
    if found is not None:
        return found
    if keys:
        names = ", ".join(sorted(keys))
        return unknown(f"信号中没有判断 {names} 所需的数据", f"signals do not hold what {names} is judged by")
    return None


def _stall(thing: ToldThing, keys: set[str], rule: RuleConfig) -> Verdict | None:
    if "goods" in keys and isinstance(rule, StallConfig):
        goods = thing.first.reason.data.get("goods")
        if rule.goods == "required" and goods == 0:
            return not_told("没有货物", "there were no goods")
        keys.discard("goods")
    return None


def _dumping(thing: ToldThing, keys: set[str], rule: RuleConfig) -> Verdict | None:
    found, data = asked(thing), thing.first.reason.data
    if not isinstance(rule, DumpingConfig):
        return None
    if "linger" in keys and found is not None:
        keys.discard("linger")
        stayed = thing.first.met_at - found[1] - thing.first.since
        if stayed >= rule.linger:
            zh, en = spoken_zh(stayed), spoken_en(stayed)
            return not_told(f"遗留者停留了 {zh}", f"its bringer stayed with it for {en}")
    if "no_rubbish" in keys and "explained_as" in data:
        keys.discard("no_rubbish")
        if data["explained_as"] in rule.no_rubbish:
            return not_told(f"识别为 {data['explained_as']}", f"a detector called it {data['explained_as']}")
    return None

"""Whether a setup is less strict than another in any way: then it would tell of things that no signal holds."""

import shapely

from fusion.replaying.change import Setup
from fusion.rules.base import RuleConfig
from fusion.types.terminal import Terminal

_SLACK = 1e-6  #: of the picture
#: More of it is stricter.
_STRICT = frozenset({"dwell", "residue", "attended"})


def wider(before: Setup, after: Setup) -> bool:
    """Whether something may be told that was not; a change that is not understood counts as one."""
    if any(_rule_wider(rule, before) for rule in after.rules):
        return True
    return any(_terminal_wider(before.terminals.get(name), terminal) for name, terminal in after.terminals.items())


def _rule_wider(rule: RuleConfig, before: Setup) -> bool:
    if rule in before.rules:
        return False
    old = next((other for other in before.rules if other.kind == rule.kind and other.event == rule.event), None)
    if old is None or type(old) is not type(rule):
        return True
    keys = [key for key in type(rule).model_fields if getattr(rule, key) != getattr(old, key)]
    return not all(key in _STRICT and getattr(rule, key) > getattr(old, key) for key in keys)


def _terminal_wider(before: Terminal | None, after: Terminal) -> bool:
    if before is None:
        return True
    if before.zones == after.zones:
        return False
    known = {zone.id: zone for zone in before.zones}
    for zone in after.zones:
        old = known.get(zone.id)
        if old is None or zone.kind != old.kind:
            return True
        if zone.windows != old.windows and old.windows:
            return True
        grown = shapely.Polygon(zone.polygon).difference(shapely.Polygon(old.polygon)).area
        if grown > _SLACK:
            return True
    return False

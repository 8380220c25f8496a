"""When an event should be told, and why it need not be: a rule asks for time, and for a window that is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from fusion.judging.truth import TrueEvent, Truth
from fusion.rules import DumpingConfig, RuleConfig, StallConfig
from fusion.rules.windows import opened_at
from fusion.types.zone import Zone


@dataclass(frozen=True, slots=True)
class Due:
    """What is wanted of one event."""

    met_s: float | None  #: when its rule is met; None: it never is, or no rule is there for it
    why_not: str = ""  #: in words, where it is not due


def due(event: TrueEvent, truth: Truth, zones: Sequence[Zone], rules: Sequence[RuleConfig], media_s: float) -> Due:
    """Of one event.

    Args:
        event: of the truth.
        truth: for the local time of its seconds.
        zones: as judged: the truth's, or the whole picture.
        rules: as judged.
        media_s: how long the clip lasts: what is met later cannot be told in it.
    """
    fitting = [rule for rule in rules if rule.event == event.kind]
    if not fitting:
        return Due(None, "no rule tells of this kind")
    pairs = [(rule, zone) for rule in fitting for zone in zones if zone.kind in rule.zone_kinds]
    if not pairs:
        return Due(None, "no zone in which the rule holds")
    times = [met for rule, zone in pairs if (met := _met_s(event, truth, rule, zone)) is not None]
    if not times:
        return Due(None, "outside the zone's windows")
    met_s = min(times)
    if met_s > event.end_s:
        return Due(None, "over before its rule is met")
    if met_s > media_s:
        return Due(None, "the clip ends before its rule is met")
    return Due(met_s)


def _met_s(event: TrueEvent, truth: Truth, rule: RuleConfig, zone: Zone) -> float | None:
    if isinstance(rule, StallConfig):
        return _after(event.start_s, rule.dwell, event, truth, zone)
    if isinstance(rule, DumpingConfig):
        left_s = event.start_s if event.left_s is None else event.left_s
        return _open_from(left_s + rule.residue.total_seconds(), event, truth, zone)
    return event.end_s  # a site's own rule: only the site knows when it is met


def _after(start_s: float, dwell: timedelta, event: TrueEvent, truth: Truth, zone: Zone) -> float | None:
    """Time counts from the start, or from the window's opening where that is later."""
    dwell_s = dwell.total_seconds()
    if not zone.windows:
        return start_s + dwell_s
    for second in range(ceil(start_s), ceil(max(event.end_s, start_s)) + 1):
        now = truth.local(second)
        opened = opened_at(zone.windows, now)
        if opened is not None:
            since_s = max(start_s, second - (now - opened).total_seconds())
            if second >= since_s + dwell_s:
                return since_s + dwell_s
    return None


def _open_from(second: float, event: TrueEvent, truth: Truth, zone: Zone) -> float | None:
    """The first second from this one on at which the zone's rule holds."""
    if not zone.windows:
        return second
    moments = [second, *map(float, range(ceil(second), ceil(max(event.end_s, second)) + 1))]
    return next((moment for moment in moments if opened_at(zone.windows, truth.local(moment)) is not None), None)

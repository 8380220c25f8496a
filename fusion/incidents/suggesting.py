"""What the marks of people suggest to change: a mask, a longer dwell, other hours; each with its numbers.

Only what was told can be counted: a suggestion says how many of the marked false alarms would not have been told, and
how many true ones would be lost with them. `fusion replay` judges the same again before anything is saved.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from fusion.incidents.again import MOST_OF, Asked, asked, would_last
from fusion.plugins import Config, format_duration
from fusion.types.masks import Polygon
from fusion.types.sighting import Box
from fusion.types.told import Outcome, ToldThing


class Change(StrEnum):
    """What would be changed."""

    MASK = "mask"  #: an area of the terminal's picture is not judged any more
    LASTS = "lasts"  #: the rule asks for longer: the dwell of a stall, the residue time of a dumping
    WINDOW = "window"  #: the zone holds at some hours alone


class SuggestingPolicy(Config):
    """When marks are enough to suggest something."""

    least_false: Annotated[int, Field(ge=2, le=1000)] = 5  #: false alarms that a change would have spared
    least_share: Annotated[float, Field(gt=0, le=1)] = 0.3  #: of the false alarms of the terminal, zone and kind
    most_lost: Annotated[float, Field(ge=0, lt=1)] = 0.05  #: of the true ones
    mask_share: Annotated[float, Field(gt=0, le=1)] = 0.15  #: of the picture; a larger area is no corner


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One thing that was told, and what people said of its case; None: nobody has said anything."""

    thing: ToldThing
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One change, for one terminal's zone or the rule of a kind, and what it would have done to what was told."""

    change: Change
    source_id: str | None  #: the terminal; None: the rule of all terminals
    zone_id: str | None
    kind: str
    falses: int  #: marked false, of this terminal, zone and kind
    trues: int
    falses_less: int  #: of these, would not have been told
    trues_lost: int
    zh: str
    en: str
    area: Polygon = ()  #: of a mask
    lasts: tuple[Asked, timedelta] | None = None  #: the new time, and what it is called
    windows: tuple[str, ...] = ()  #: as in the register, such as "16:30-19:30"

    @property
    def patch(self) -> dict[str, Any]:
        """What `fusion replay --rules` takes, and what to write into the site's files."""
        if self.change is Change.MASK:
            return {"terminals": [{"id": self.source_id, "masks": [[list(corner) for corner in self.area]]}]}
        if self.lasts is not None:
            which, lasts = self.lasts
            return {"rules": [{"event": self.kind, which.config: format_duration(lasts)}]}
        return {"terminals": [{"id": self.source_id, "zones": [{"id": self.zone_id, "windows": list(self.windows)}]}]}


def suggestions(judged: Iterable[Judged], site_tz: tzinfo, policy: SuggestingPolicy | None = None) -> list[Suggestion]:
    """What would spare most false alarms first; nothing where the marks do not say enough.

    Args:
        judged: what was told, marked or not, of any terminals.
        site_tz: whose hours windows are given in.
        policy: what is enough.
    """
    policy = policy or SuggestingPolicy()
    places: dict[tuple[str, ...], list[Judged]] = {}
    kinds: dict[tuple[str, ...], list[Judged]] = {}
    for one in judged:
        first = one.thing.first
        places.setdefault((first.source_id, first.zone_id or "", first.kind), []).append(one)
        kinds.setdefault((first.kind,), []).append(one)
    found = []
    for groups, makers in ((places, (_mask, _window)), (kinds, (_lasts,))):
        for _key, group in sorted(groups.items()):
            if sum(one.outcome is Outcome.FALSE for one in group) >= policy.least_false:
                found += [s for make in makers if (s := make(group, site_tz, policy)) is not None]
    return sorted(found, key=lambda s: (s.trues_lost - s.falses_less, s.source_id or "", s.kind, s.change))


def _counts(group: Sequence[Judged], gone: Callable[[ToldThing], bool]) -> tuple[int, int, int, int]:
    """(false, true, false ones that would go, true ones that would go)."""
    falses = [one.thing for one in group if one.outcome is Outcome.FALSE]
    trues = [one.thing for one in group if one.outcome is Outcome.TRUE]
    return len(falses), len(trues), sum(map(gone, falses)), sum(map(gone, trues))


def _enough(counts: tuple[int, int, int, int], policy: SuggestingPolicy) -> bool:
    falses, trues, less, lost = counts
    return less >= max(policy.least_false, policy.least_share * falses) and lost <= policy.most_lost * trues


def _suggestion(
    change: Change, group: Sequence[Judged], counts: tuple[int, int, int, int], zh: str, en: str
) -> Suggestion:
    first = group[0].thing.first
    falses, trues, less, lost = counts
    return Suggestion(
        change=change,
        source_id=first.source_id,
        zone_id=first.zone_id,
        kind=first.kind,
        falses=falses,
        trues=trues,
        falses_less=less,
        trues_lost=lost,
        zh=f"{zh}：{falses} 次误报可少 {less} 次，{trues} 次属实会漏 {lost} 次",
        en=f"{en}: {less} of {falses} false alarms fewer, {lost} of {trues} true ones lost",
    )


def _mask(group: Sequence[Judged], _tz: tzinfo, policy: SuggestingPolicy) -> Suggestion | None:
    """The place around one false alarm in which most others lie too, and (nearly) no true one."""
    boxes = [one.thing.first.box for one in group if one.outcome is Outcome.FALSE]
    best: tuple[tuple[int, int, int, int], Polygon] | None = None
    seeds = list(dict.fromkeys(box for box in boxes if box is not None))
    for seed in seeds[:: 1 + len(seeds) // _MOST_SEEDS]:
        near = [box for box in boxes if box is not None and _overlap(seed, box) > _SAME_PLACE]
        area = _around(near)
        if _area_of(area) > policy.mask_share:
            continue
        counts = _counts(group, partial(_covered, area=area))
        if _enough(counts, policy) and (best is None or counts[2] - counts[3] > best[0][2] - best[0][3]):
            best = counts, area
    if best is None:
        return None
    counts, area = best
    (left, top), _, (right, bottom), _ = area
    at = f"{100 * left:.0f}–{100 * right:.0f}% × {100 * top:.0f}–{100 * bottom:.0f}%"
    found = _suggestion(
        Change.MASK, group, counts, f"屏蔽画面此处（横 × 纵 {at}）", f"mask this place ({at} of the picture)"
    )
    return replace(found, area=area)


def _covered(thing: ToldThing, area: Polygon) -> bool:
    box = thing.first.box
    if box is None or box.area <= 0:
        return False
    (left, top), _, (right, bottom), _ = area
    wide = min(box.right, right) - max(box.left, left)
    high = min(box.bottom, bottom) - max(box.top, top)
    return max(0.0, wide) * max(0.0, high) >= MOST_OF * box.area


_MOST_SEEDS = 40
_SAME_PLACE = 0.3  #: intersection over union
_MARGIN = 0.1  #: of a box, on each side


def _around(boxes: Sequence[Box]) -> Polygon:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    wide, high = _MARGIN * (right - left), _MARGIN * (bottom - top)
    left, right = (round(min(max(x, 0.0), 1.0), 3) for x in (left - wide, right + wide))
    top, bottom = (round(min(max(y, 0.0), 1.0), 3) for y in (top - high, bottom + high))
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _area_of(area: Polygon) -> float:
    (left, top), _, (right, bottom), _ = area
    return (right - left) * (bottom - top)


def _overlap(a: Box, b: Box) -> float:
    wide = max(0.0, min(a.right, b.right) - max(a.left, b.left))
    high = max(0.0, min(a.bottom, b.bottom) - max(a.top, b.top))
    both = a.area + b.area - wide * high
    return wide * high / both if both > 0 else 0.0


_LEAST_TRUE = 5  #: true ones must show for how long, and at which hours, they are there
#: Times that people would choose.
_ROUND = tuple(
    timedelta(seconds=seconds)
    for seconds in (15, 20, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 480, 600, 720, 900, 1200, 1800)
)


def _lasts(group: Sequence[Judged], _tz: tzinfo, policy: SuggestingPolicy) -> Suggestion | None:
    """The shortest round time that spares about as many false alarms as any does."""
    found = asked(max(group, key=lambda one: one.thing.first.at).thing)
    if found is None or sum(one.outcome is Outcome.TRUE for one in group) < _LEAST_TRUE:
        return None
    which, now = found
    fitting = [(lasts, _shorter(group, lasts)) for lasts in _ROUND if lasts > now]
    fitting = [(lasts, counts) for lasts, counts in fitting if _enough(counts, policy)]
    if not fitting:
        return None
    most = max(counts[2] - counts[3] for _, counts in fitting)
    lasts, counts = next((lasts, counts) for lasts, counts in fitting if counts[2] - counts[3] >= 0.95 * most)
    zh = f"全部终端：{which.zh}由 {_zh(now)}提高到 {_zh(lasts)}"
    en = f"at all terminals: raise {which.en} from {format_duration(now)} to {format_duration(lasts)}"
    made = _suggestion(Change.LASTS, group, counts, zh, en)
    return replace(made, source_id=None, zone_id=None, lasts=(which, lasts))


def _shorter(group: Sequence[Judged], lasts: timedelta) -> tuple[int, int, int, int]:
    return _counts(group, lambda thing: would_last(thing, lasts) is False)


def _zh(lasts: timedelta) -> str:
    minutes, seconds = divmod(round(lasts.total_seconds()), 60)
    return (f"{minutes} 分钟" if minutes else "") + (f"{seconds} 秒" if seconds else "")


_HALF_HOURS = 48
_LONGEST_WINDOWS = 36  #: half hours; what holds nearly all day is no window


def _window(group: Sequence[Judged], site_tz: tzinfo, policy: SuggestingPolicy) -> Suggestion | None:
    """The hours at which true ones were told, half an hour wider on both sides."""
    trues = [one.thing.first.met_at for one in group if one.outcome is Outcome.TRUE]
    if len(trues) < _LEAST_TRUE:
        return None
    held = {(slot + near) % _HALF_HOURS for at in trues for slot in (_slot(at, site_tz),) for near in (-1, 0, 1)}
    if len(held) > _LONGEST_WINDOWS:
        return None
    counts = _counts(group, lambda thing: _slot(thing.first.met_at, site_tz) not in held)
    if not _enough(counts, policy):
        return None
    windows = _windows(held)
    said = "、".join(windows), ", ".join(windows)
    made = _suggestion(
        Change.WINDOW, group, counts, f"该区域只在 {said[0]} 生效", f"let the zone hold at {said[1]} only"
    )
    return replace(made, windows=windows)


def _slot(at: datetime, site_tz: tzinfo) -> int:
    local = at.astimezone(site_tz)
    return local.hour * 2 + local.minute // 30


def _windows(held: set[int]) -> tuple[str, ...]:
    """Runs of half hours as windows; one over midnight is one window."""
    starts = sorted(slot for slot in held if (slot - 1) % _HALF_HOURS not in held)
    found = []
    for start in starts:
        end = start
        while end % _HALF_HOURS in held:
            end += 1
        found.append(f"{_clock(start)}-{_clock(end % _HALF_HOURS)}")
    return tuple(found)


def _clock(slot: int) -> str:
    return f"{slot // 2:02d}:{30 * (slot % 2):02d}"

"""Which signal speaks of which event; what the others are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fusion.incidents.association import in_view
from fusion.incidents.policy import FusionPolicy
from fusion.judging.due import Due
from fusion.judging.told import Told
from fusion.judging.truth import MEDIA_ZERO, Happening, TrueEvent, Truth
from fusion.types.case import Trace
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box

TOLERANCE_S = 5.0
_SAME_PLACE = 0.1  #: of the smaller box that must lie in the other
_NOWHERE = Place(GeoPoint(0.0, 0.0), 1e6)  #: no place on the ground: boxes in the picture decide


@dataclass(frozen=True, slots=True)
class EventResult:
    """What came of one event."""

    event: TrueEvent
    due: Due
    found: Told | None
    repeats: tuple[Told, ...] = ()  #: further signals of the same thing, which end up in the same case
    doubled: tuple[Told, ...] = ()  #: further signals that would be cases of their own


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A signal without an event."""

    told: Told
    cause: str  #: the name of what was there instead; "repeat": of an event that was told before


@dataclass(slots=True)
class Matched:
    """One clip at one rate, beside its truth."""

    events: list[EventResult] = field(default_factory=list)
    false: list[FalseAlarm] = field(default_factory=list)  #: doubled signals included


def match(truth: Truth, told: Sequence[Told], dues: Sequence[Due], tolerance_s: float = TOLERANCE_S) -> Matched:
    """Match signals, in the order in which they were told, with the truth's events.

    A signal may speak of an event of its kind that overlaps it in time (within the tolerance) and, where both have
    boxes, in place. Of several it takes one that was not told yet, then the one that fits its place best. Whatever is
    told again of an event is a repeat; fusion's own association says, by its boxes, whether it joins the same case.
    """
    mine: list[list[Told]] = [[] for _ in truth.events]
    false = []
    for one in sorted(told, key=lambda entry: entry.told_s):
        fits = [
            (bool(mine[index]), -_fit(one, event), event.start_s, index)
            for index, event in enumerate(truth.events)
            if event.kind == one.kind and speaks_of(one, event, tolerance_s)
        ]
        if fits:
            mine[min(fits)[-1]].append(one)
        else:
            false.append(FalseAlarm(one, _cause(one, truth, tolerance_s)))
    results = Matched(false=false)
    for event, due, signals in zip(truth.events, dues, mine, strict=True):
        again = signals[1:]
        doubled = tuple(one for one in again if not _one_case(signals[0], one))
        repeats = tuple(one for one in again if one not in doubled)
        results.events.append(EventResult(event, due, signals[0] if signals else None, repeats, doubled))
        results.false += [FalseAlarm(one, "repeat") for one in doubled]
    return results


def believed(told: Sequence[Told]) -> list[Told]:
    """Those that are enough for a case by themselves; a weaker one alarms nobody until another source says the same."""
    least = FusionPolicy().believed
    return [one for one in told if one.belief >= least]


def speaks_of(told: Told, thing: TrueEvent | Happening, tolerance_s: float) -> bool:
    """Whether time and place allow it."""
    if told.told_s < thing.start_s - tolerance_s or told.since_s > thing.end_s + tolerance_s:
        return False
    if told.told_s > thing.end_s + tolerance_s and isinstance(thing, TrueEvent):
        return False
    box = _box(told, thing)
    return box is None or _shared(told.box, box) >= _SAME_PLACE


def _box(told: Told, thing: TrueEvent | Happening) -> Box | None:
    """Where the thing is when it is told, as far as it is there then."""
    return thing.course.at(min(max(told.told_s, thing.start_s), thing.end_s))


def _fit(told: Told, thing: TrueEvent | Happening) -> float:
    box = _box(told, thing)
    return 0.0 if box is None else _shared(told.box, box)


def _shared(a: Box, b: Box) -> float:
    """The share of the smaller box that lies in the other, 0-1."""
    both = Box(max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom))
    smaller = min(a.area, b.area)
    return both.area / smaller if smaller > 0 else 0.0


def _one_case(first: Told, again: Told) -> bool:
    """Whether the engine would take both for one thing, by what this one camera sees."""
    trace = Trace(
        source_id="clip",
        thing_id=first.thing_id,
        zone_id=first.zone_id,
        since=MEDIA_ZERO,
        last_at=MEDIA_ZERO,
        seen_at=None,
        gone_at=None,
        place=_NOWHERE,
        belief=first.belief,
        box=first.box,
    )
    return in_view(again.box, _NOWHERE, trace, FusionPolicy())


def _cause(told: Told, truth: Truth, tolerance_s: float) -> str:
    """What was there instead: the happening that fits best, else an event of another kind, else nobody knows."""
    things: list[tuple[str, TrueEvent | Happening]] = [(h.name, h) for h in truth.happenings]
    things += [(f"event: {event.kind}", event) for event in truth.events if event.kind != told.kind]
    there = [(-_fit(told, thing), index, name) for index, (name, thing) in enumerate(things)
             if speaks_of(told, thing, tolerance_s)]  # fmt: skip
    return min(there)[-1] if there else "unknown"

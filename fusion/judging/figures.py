"""Counts over matched clips, as shares, rates and delays."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fusion.judging.due import Due
from fusion.judging.matching import EventResult, FalseAlarm, Matched, believed, match
from fusion.judging.report import (
    Cause,
    Condition,
    Curve,
    CurvePoint,
    Delay,
    Figures,
    Frequency,
    RateReport,
    Share,
    Spent,
)
from fusion.judging.statistics import percentile, poisson, wilson
from fusion.judging.told import ClipRun, Cost, Told
from fusion.judging.truth import Truth

_S_PER_H = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One clip at one rate, beside its truth."""

    truth: Truth
    dues: tuple[Due, ...]
    run: ClipRun
    matched: Matched
    tolerance_s: float

    @property
    def quiet(self) -> bool:
        """Whether nothing happens in it that should be told."""
        return not self.truth.events


def rate_report(rate: str, judged: Sequence[Judged], kinds: Sequence[str]) -> RateReport:
    """Everything at one rate."""
    return RateReport(
        rate=rate,
        overall=figures(judged, ""),
        kinds=[figures(judged, kind) for kind in kinds],
        negatives=figures([one for one in judged if one.quiet], ""),
        conditions=list(_conditions(judged, kinds)),
        causes=_causes(judged),
        curves=[Curve(kind=kind, points=_curve(judged, kind)) for kind in kinds],
        spent=spent(sum((one.run.cost for one in judged), Cost())),
    )


def figures(judged: Sequence[Judged], kind: str) -> Figures:
    """Of one kind, or of all kinds together where it is empty."""
    events = [result for one in judged for result in one.matched.events if kind in {"", result.event.kind}]
    false = [alarm for one in judged for alarm in one.matched.false if kind in {"", alarm.told.kind}]
    wanted = [result for result in events if result.due.met_s is not None]
    found = [result for result in wanted if result.found is not None]
    beside = sum(result.found is not None for result in events if result.due.met_s is None)
    repeats = sum(len(result.repeats) for result in events)
    return Figures(
        kind=kind,
        clips=len(judged),
        recall=share(len(found), len(wanted)),
        precision=share(len(found), len(found) + len(false)),
        signals=len(found) + len(false) + beside + repeats,
        repeats=repeats,
        beside=beside,
        unbelieved=sum(len(mine) - len(believed(mine)) for one in judged for mine in [_of_kind(one.run.told, kind)]),
        early=sum(_early(result, judged[0].tolerance_s) for result in found),
        false_alarms=frequency(len(false), sum(one.run.cost.media_s for one in judged)),
        from_start=_delay(found, lambda result: result.event.start_s),
        from_due=_delay(found, lambda result: result.due.met_s),
        from_met=_delay(found, lambda result: result.found.met_s if result.found else None),
        from_left=_delay(found, lambda result: result.event.left_s),
    )


def _of_kind(told: Iterable[Told], kind: str) -> list[Told]:
    return [one for one in told if kind in {"", one.kind}]


def _early(result: EventResult, tolerance_s: float) -> bool:
    told, met_s = result.found, result.due.met_s
    return told is not None and met_s is not None and told.told_s < met_s - tolerance_s


def share(hits: int, of: int) -> Share:
    """With its interval."""
    low, high = wilson(hits, of)
    return Share(hits=hits, of=of, value=round(hits / of, 4) if of else None, low=round(low, 4), high=round(high, 4))


def frequency(count: int, media_s: float) -> Frequency:
    """With its interval."""
    hours, (low, high) = media_s / _S_PER_H, poisson(count)
    per_hour, least, most = (round(x / hours, 3) for x in (count, low, high)) if hours else (None, 0.0, None)
    return Frequency(count=count, hours=round(hours, 4), per_hour=per_hour, low=least or 0.0, high=most)


def _delay(found: Iterable[EventResult], since: Callable[[EventResult], float | None]) -> Delay:
    delays = [result.found.told_s - start for result in found if result.found and (start := since(result)) is not None]
    return Delay(count=len(delays), p50_s=percentile(delays, 50), p95_s=percentile(delays, 95))


def spent(cost: Cost) -> Spent:
    """Per second of media."""
    media_s = cost.media_s or 1.0
    return Spent(
        media_s=round(cost.media_s, 3),
        cpu_s=round(cost.cpu_s, 3),
        cpu_s_per_media_s=round(cost.cpu_s / media_s, 5),
        stages_s_per_media_s={stage: round(s / media_s, 5) for stage, s in cost.stages_s.items()},
        looks=cost.looks,
        looks_per_media_min=round(60 * cost.looks / media_s, 2),
        crops=cost.crops,
        quiet_looks=cost.quiet_looks,
        quiet_look_ms=round(1000 * cost.quiet_s / cost.quiet_looks, 3) if cost.quiet_looks else None,
    )


def _conditions(judged: Sequence[Judged], kinds: Sequence[str]) -> Iterable[Condition]:
    groups: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        for dimension, value in {**one.truth.conditions, "scene": one.truth.scene or "?"}.items():
            groups.setdefault((dimension, value), []).append(one)
    for (dimension, value), members in sorted(groups.items()):
        found = [figures(members, kind) for kind in kinds]
        told = [f for f in found if f.recall.of or f.false_alarms.count]
        for entry in told or [figures(members, "")]:
            yield Condition(dimension=dimension, value=value, figures=entry)


def _causes(judged: Sequence[Judged]) -> list[Cause]:
    alarms: list[FalseAlarm] = [alarm for one in judged for alarm in one.matched.false]
    counts = Counter((alarm.cause, alarm.told.kind) for alarm in alarms)
    media_s = sum(one.run.cost.media_s for one in judged)
    return [
        Cause(cause=cause, kind=kind, false_alarms=frequency(count, media_s))
        for (cause, kind), count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    ]


def _curve(judged: Sequence[Judged], kind: str) -> list[CurvePoint]:
    """What would have come of it if only beliefs from a threshold on were told, for each threshold that matters."""
    beliefs = sorted({told.belief for one in judged for told in one.run.told if told.kind == kind}, reverse=True)
    points = []
    for belief in beliefs:
        kept = [_from(one, belief) for one in judged]
        found = figures(kept, kind)
        if found.precision.value is not None and found.recall.value is not None:
            points.append(CurvePoint(belief=belief, precision=found.precision.value, recall=found.recall.value))
    return points


def _from(one: Judged, belief: float) -> Judged:
    told = [entry for entry in one.run.told if entry.belief >= belief]
    return Judged(
        truth=one.truth,
        dues=one.dues,
        run=one.run,
        matched=match(one.truth, told, one.dues, one.tolerance_s),
        tolerance_s=one.tolerance_s,
    )

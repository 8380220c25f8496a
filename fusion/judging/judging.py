"""A judgement: clips with truth in, a report out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fusion.judging.due import due
from fusion.judging.figures import Judged, rate_report
from fusion.judging.goals import goals
from fusion.judging.matching import TOLERANCE_S, EventResult, believed, match
from fusion.judging.piece import Chain
from fusion.judging.playing import Rate
from fusion.judging.report import ClipReport, Lane, Mark, Report, Shown
from fusion.judging.run import run
from fusion.judging.showing import Pictures
from fusion.judging.told import ClipRun, Told
from fusion.judging.truths import Clip
from fusion.pipeline.watch import whole_picture
from fusion.types.errors import SiteError


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be judged, and how."""

    clips: tuple[Clip, ...]
    rates: tuple[Rate, ...]
    chain: Chain
    tolerance_s: float = TOLERANCE_S
    jobs: int = 1
    pictures: Path | None = None  #: a folder for pictures of misses and false alarms; None: none are made


def judge(task: Task, done: Callable[[ClipRun], None] = lambda _: None) -> Report:
    """Judge all clips at all rates; clips that cannot be judged are named in `faults` and count nowhere.

    Raises:
        SiteError: the model or a plug-in cannot be loaded, or not one clip could be judged.
    """
    model = task.chain.detectors.chosen(task.chain.folder)  # said before any work where it is wrong
    runs = run(task.clips, task.rates, task.chain, jobs=task.jobs, pictures=task.pictures is not None, done=done)
    faults = sorted({one.fault for one in runs if one.fault})
    if all(one.fault for one in runs):
        raise SiteError(faults[0] if faults else "no clip; wanted: one or more")
    clips = {clip.path.name: clip for clip in task.clips}
    judged = [_beside(clips[one.clip], one, task) for one in runs if not one.fault]
    pictures = Pictures(task.pictures, {name: (clip.path, clip.truth) for name, clip in clips.items()})
    # Kinds that a rule tells or that happen; each has its line, though nothing came of it.
    kinds = sorted({rule.event for rule in task.chain.rules}
                   | {event.kind for clip in task.clips for event in clip.truth.events})  # fmt: skip
    by_rate = {rate: [one for one in judged if one.run.rate is rate] for rate in task.rates}
    rates = [rate_report(str(rate), members, kinds) for rate, members in by_rate.items()]
    return Report(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=_version(),
        rules=[_plain(rule.model_dump(mode="json")) for rule in task.chain.rules],
        model=model.name,
        model_sha256=model.entry.sha256,
        tolerance_s=task.tolerance_s,
        clips=len(task.clips),
        media_s=round(max(sum(one.run.cost.media_s for one in members) for members in by_rate.values()), 3),
        rates=rates,
        goals=goals(rates, {str(rate): _origins(members) for rate, members in by_rate.items()}),
        runs=[_clip(clip, runs, judged) for clip in task.clips],
        misses=[_missed(one, result, pictures) for one in judged for result in one.matched.events if _miss(result)],
        false_alarms=[_false(one, alarm.told, alarm.cause, pictures) for one in judged for alarm in one.matched.false],
        faults=faults,
    )


def _version() -> str:
    """Empty where fusion runs from its sources without being installed."""
    try:
        return version("fusion")
    except PackageNotFoundError:
        return ""


def _beside(clip: Clip, run: ClipRun, task: Task) -> Judged:
    truth = clip.truth
    zones = whole_picture(truth.zones)
    dues = tuple(due(event, truth, zones, task.chain.rules, run.cost.media_s) for event in truth.events)
    matched = match(truth, believed(run.told), dues, task.tolerance_s)
    return Judged(truth=truth, dues=dues, run=run, matched=matched, tolerance_s=task.tolerance_s)


def _plain(config: dict[str, object]) -> dict[str, str]:
    return {key: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in config.items()}


def _origins(judged: Sequence[Judged]) -> list[str]:
    """For each false alarm, all that says where it came from."""
    return [
        " ".join((alarm.cause, one.truth.scene, *(f"{value}" for value in one.truth.conditions.values())))
        if one.quiet
        else alarm.cause
        for one in judged
        for alarm in one.matched.false
    ]


def _miss(result: EventResult) -> bool:
    return result.due.met_s is not None and result.found is None


def _missed(one: Judged, result: EventResult, pictures: Pictures) -> Shown:
    event, met_s = result.event, result.due.met_s or result.event.start_s
    at_s = min(met_s + 1.0, event.end_s)
    left = "" if event.left_s is None else f", left at {event.left_s:.1f} s"
    left_zh = "" if event.left_s is None else f"，{event.left_s:.1f} 秒离开"
    return Shown(
        clip=one.run.clip,
        rate=str(one.run.rate),
        kind=event.kind,
        at_s=round(at_s, 2),
        zh=f"{event.start_s:.1f}–{event.end_s:.1f} 秒{left_zh}，{met_s:.1f} 秒起应报出，未报",
        en=f"{event.start_s:.1f}–{event.end_s:.1f} s{left}, due from {met_s:.1f} s on, never told",
        picture=pictures.of_miss(one.run.clip, event, at_s),
    )


def _false(one: Judged, told: Told, cause: str, pictures: Pictures) -> Shown:
    return Shown(
        clip=one.run.clip,
        rate=str(one.run.rate),
        kind=told.kind,
        at_s=round(told.told_s, 2),
        cause=cause,
        belief=told.belief,
        zh=told.reason_zh,
        en=told.reason_en,
        picture=pictures.of_signal(one.run.clip, str(one.run.rate), told),
    )


def _clip(clip: Clip, runs: Sequence[ClipRun], judged: Sequence[Judged]) -> ClipReport:
    mine = [one for one in judged if one.run.clip == clip.path.name]
    lanes = [_lane(one) for one in mine]
    lanes += [
        Lane(rate=str(one.rate), looks=0, looks_s=[], signals=[], events=[], fault=one.fault)
        for one in runs
        if one.fault and one.clip == clip.path.name
    ]
    return ClipReport(
        clip=clip.path.name,
        scene=clip.truth.scene,
        media_s=round(max((one.run.cost.media_s for one in mine), default=0.0), 3),
        conditions=dict(clip.truth.conditions),
        happenings=[Mark(what=h.name, start_s=h.start_s, end_s=h.end_s) for h in clip.truth.happenings],
        lanes=lanes,
    )


def _lane(one: Judged) -> Lane:
    marks = [_signal(alarm.told, "false", alarm.cause) for alarm in one.matched.false]
    events = []
    for result in one.matched.events:
        wanted = result.due.met_s is not None
        state = "not_due" if not wanted else "found" if result.found else "missed"
        event = result.event
        events.append(
            Mark(
                what=event.kind,
                start_s=event.start_s,
                end_s=event.end_s,
                note=result.due.why_not,
                state=state,
                at_s=result.due.met_s,
            )
        )
        if result.found is not None:
            marks.append(_signal(result.found, "true" if wanted else "beside", ""))
        marks += [_signal(told, "repeat", "") for told in result.repeats]
    marks += [
        _signal(told, "weak", "belief too weak for a case") for told in one.run.told if told not in believed([told])
    ]
    run = one.run
    return Lane(
        rate=str(run.rate),
        looks=run.cost.looks,
        looks_s=[round(second, 2) for second in run.looks_s] if run.rate is not Rate.FULL else [],
        signals=sorted(marks, key=lambda mark: mark.at_s or 0.0),
        events=events,
    )


def _signal(told: Told, state: str, cause: str) -> Mark:
    end_s = told.told_s if told.ended_s is None else told.ended_s
    return Mark(
        what=told.kind, start_s=round(told.since_s, 2), end_s=round(end_s, 2), note=cause, state=state,
        at_s=round(told.told_s, 2),
    )  # fmt: skip

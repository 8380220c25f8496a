"""`fusion replay`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
import yaml

from fusion.cli.files import write_text
from fusion.cli.progress import Steps, progress
from fusion.detectors.pool import DetectorPool
from fusion.incidents.suggesting import Suggestion, suggestions
from fusion.replaying.change import of_patch, read_change, setup_of
from fusion.replaying.clips import Clips
from fusion.replaying.opening import Opened, open_state
from fusion.replaying.replay import Record, Replay, judged, records
from fusion.replaying.report import Context, write_report
from fusion.replaying.summary import summary_of
from fusion.replaying.wider import wider
from fusion.types.errors import SiteError

_LONGEST = timedelta(days=3650)
_SAID_EACH = 20


class WhichClips(StrEnum):
    """Which clips are run."""

    UNKNOWN = "unknown"
    ALL = "all"
    NONE = "none"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion replay configs/demo --since 2026-11-01 --rules new.yaml --report out")(replay)


def replay(
    where: Annotated[Path, typer.Argument(help="A site's folder, or its data folder (then with --site).")],
    *,
    since: Annotated[
        str | None, typer.Option(help="Told from this day on, such as 2026-11-01; all if left out.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="And before this day.")] = None,
    rules: Annotated[Path | None, typer.Option(help="YAML with what to try: rules, fusion, terminals.")] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Say what the marks suggest to change.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a page with pictures, and JSON, into this folder.")] = None,
    clips: Annotated[
        WhichClips, typer.Option(help="Run the clips of those that numbers do not tell, all, or none.")
    ] = WhichClips.UNKNOWN,
    site: Annotated[Path | None, typer.Option(help="The site of a data folder.")] = None,
) -> None:
    """Judge again what was told, by other rules, and say what would have been other; nothing is changed."""
    if rules is None and not suggest:
        raise SiteError("--rules: missing; wanted: a YAML file with what to try, or --suggest")
    opened = open_state(where, site)
    try:
        with progress() as step:
            _replay(opened, where, _stretch(opened, since, until), rules, report, clips, step, suggest=suggest)
    finally:
        opened.source.store.close()


def _replay(
    opened: Opened,
    where: Path,
    stretch: tuple[datetime, datetime],
    rules: Path | None,
    report: Path | None,
    clips: WhichClips,
    step: Steps,
    *,
    suggest: bool,
) -> None:
    config, now = opened.site.config, setup_of(opened.site)
    site_tz = ZoneInfo(config.site.timezone)
    after = None if rules is None else read_change(rules, now)
    step.at("reading what was told")
    found = records(opened.source, *stretch)
    if suggest:
        _suggest(opened, found, site_tz, step, report)
    if after is None or rules is None:
        return
    pool = (
        None
        if clips is WhichClips.NONE
        else DetectorPool(config.detectors.chosen(opened.site.folder), config.detectors)
    )
    try:
        runner = None if pool is None else Clips(pool.detect, config.follow, site_tz)
        evidence = opened.source.evidence
        again = Replay(now, after, site_tz, clips=runner, evidence=evidence, all_clips=clips is WhichClips.ALL)
        judgements = again.run(found, lambda done: _say(step, done, len(found)))
    finally:
        if pool is not None:
            pool.close()
    summary = summary_of(judgements)
    step.say(f"{summary.zh}\n{summary.en}")
    if report is not None:
        kinds = {kind: (entry.zh, entry.en) for kind, entry in config.kinds.items()}
        context = Context(
            where=str(where),
            since=min((record.things[0].first.at for record in found), default=stretch[0]),
            until=min(stretch[1], datetime.now(UTC)),
            rules=rules.name,
            site_tz=site_tz,
            kinds=kinds,
            made_at=datetime.now(UTC),
            wider=wider(now, after),
        )
        page, _data = write_report(report, judgements, context, evidence)
        step.say(f"{page}")


def _say(step: Steps, done: int, of: int) -> None:
    if done % _SAID_EACH == 0:
        step.at(f"judging again {done + 1}/{of}")


def _suggest(opened: Opened, found: Sequence[Record], site_tz: ZoneInfo, step: Steps, report: Path | None) -> None:
    """Each suggestion with what a replay of its own says, and the file to try it by."""
    suggested = suggestions(judged(found), site_tz)
    if not suggested:
        step.say("标记还不足以提出建议。\nThe marks do not say enough to suggest anything.")
    for number, one in enumerate(suggested, start=1):
        step.say(f"{number}. {_where(one)}{one.zh}\n   {one.en}\n   {_preview(opened, found, one, site_tz)}")
        if report is not None:
            report.mkdir(parents=True, exist_ok=True)
            text = yaml.safe_dump(one.patch, allow_unicode=True, sort_keys=False)
            write_text(report / f"suggestion-{number}.yaml", f"# {one.zh}\n# {one.en}\n{text}")


def _preview(opened: Opened, found: Sequence[Record], one: Suggestion, site_tz: ZoneInfo) -> str:
    now = setup_of(opened.site)
    try:
        after = of_patch(one.patch, now)
    except SiteError as error:
        return f"{error}"
    summary = summary_of(Replay(now, after, site_tz).run(found))
    return f"回放：{summary.zh} / replay: {summary.en}"


def _where(one: Suggestion) -> str:
    parts = [part for part in (one.source_id, one.zone_id) if part]
    return f"[{' '.join(parts)}] " if parts else ""


def _stretch(opened: Opened, since: str | None, until: str | None) -> tuple[datetime, datetime]:
    clock, now = ZoneInfo(opened.site.config.site.timezone), datetime.now(UTC)
    start = now - _LONGEST if since is None else _moment("--since", since, clock)
    end = now + timedelta(minutes=5) if until is None else _moment("--until", until, clock)
    if start >= end:
        raise SiteError(f"--since {since}: not before --until {until}; wanted: a stretch of time")
    return start, end


def _moment(option: str, text: str, clock: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise SiteError(f"{option} {text!r}: no day; wanted: such as 2026-11-01 or 2026-11-01T16:30") from error
    return (at if at.tzinfo is not None else at.replace(tzinfo=clock)).astimezone(UTC)

"""`fusion judge`."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from fusion.cli.progress import progress
from fusion.detectors.pool import OnnxConfig
from fusion.ingest.sources import sources_in
from fusion.judging.chains import read_chain
from fusion.judging.goals import below, read_wanted
from fusion.judging.judging import Task
from fusion.judging.judging import judge as judge_clips
from fusion.judging.page import write_report
from fusion.judging.piece import Chain
from fusion.judging.playing import Rate
from fusion.judging.table import lines_of
from fusion.judging.told import ClipRun
from fusion.judging.truths import with_truth
from fusion.rules import DumpingConfig, RuleConfig, StallConfig
from fusion.types.errors import SiteError

_MOST_JOBS = 256


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion judge clips --truth clips --rate full --rate adaptive --report judged")(judge)


def judge(
    clips: Annotated[list[Path], typer.Argument(help="Video files, or folders of them.")],
    *,
    truth: Annotated[
        Path, typer.Option(help="A truth file, or a folder of them: fusion's JSON, COCO-style, CVAT for video.")
    ],
    rate: Annotated[
        list[Rate] | None, typer.Option(help="Which pictures are looked at; may be given again. [default: adaptive]")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write report.json, index.html and pictures into this folder.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    wanted: Annotated[
        str, typer.Option(help="recall=0.95,precision=0.95,false_per_hour=0.1: below any of them, exit with 1.")
    ] = "",
    dwell: Annotated[float | None, typer.Option(min=1, help="Seconds that somebody must stay. [default: 20]")] = None,
    residue: Annotated[
        float | None, typer.Option(min=0.5, help="Seconds that a thing must lie after its bringer left. [default: 10]")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="YAML with rules (and plugins, looking, detectors, follow) as in site.yaml.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="LABEL=KIND: what an annotation's label is; may be given again.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Another model than the shipped one, by name.")] = None,
    models: Annotated[Path | None, typer.Option(help="The folder whose manifest.toml knows it.")] = None,
    tolerance: Annotated[float, typer.Option(min=0, max=600, help="Seconds by which times may differ.")] = 5.0,
    jobs: Annotated[int | None, typer.Option(min=1, max=_MOST_JOBS, help="Processes. [default: cores]")] = None,
) -> None:
    """Judge footage with known truth: what was found, missed and made up, how late, and at which cost."""
    least = read_wanted(wanted)
    chain = _with_model(_with_times(read_chain(rules) if rules else Chain(), dwell, residue), model, models)
    paths = [path for source in clips for path in sources_in(source)]
    task = Task(
        clips=tuple(with_truth(paths, truth, _kinds(label or []))),
        rates=tuple(dict.fromkeys(rate or [Rate.ADAPTIVE])),
        chain=chain,
        tolerance_s=tolerance,
        jobs=jobs or len(os.sched_getaffinity(0)),
        pictures=report,
    )
    with progress() as step:
        found = judge_clips(task, _Count(len(task.clips) * len(task.rates), step.at).done)
    if report is not None:
        write_report(found, report)
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() if json else "\n".join(lines_of(found)))
    for fault in found.faults:
        typer.echo(f"fusion: {fault}", err=True)
    short = below(found.rates, least)
    for words in short:
        typer.echo(f"fusion: judge: {words}", err=True)
    if short or found.faults:
        raise typer.Exit(1)


class _Count:
    """Says how far it is."""

    def __init__(self, of: int, say: Callable[[str], None]) -> None:
        self._of, self._say, self._done = of, say, 0

    def done(self, run: ClipRun) -> None:
        self._done += 1
        self._say(f"{self._done}/{self._of} {run.clip} {run.rate}")


def _with_times(chain: Chain, dwell: float | None, residue: float | None) -> Chain:
    def timed(rule: RuleConfig) -> RuleConfig:
        if dwell is not None and isinstance(rule, StallConfig):
            return rule.model_copy(update={"dwell": timedelta(seconds=dwell)})
        if residue is not None and isinstance(rule, DumpingConfig):
            return rule.model_copy(update={"residue": timedelta(seconds=residue)})
        return rule

    return replace(chain, rules=tuple(map(timed, chain.rules)))


def _with_model(chain: Chain, model: str | None, models: Path | None) -> Chain:
    if model is None and models is None:
        return chain
    changed = {"model": model or chain.detectors.model, "models": None if models is None else str(models.resolve())}
    return replace(chain, detectors=OnnxConfig.model_validate(chain.detectors.model_dump() | changed))


def _kinds(labels: list[str]) -> dict[str, str]:
    kinds = {}
    for text in labels:
        name, equals, kind = text.partition("=")
        if not (equals and name.strip() and kind.strip()):
            raise SiteError(f"--label: {text!r}; wanted: LABEL=KIND, such as stall=street_stall")
        kinds[name.strip()] = kind.strip()
    return kinds

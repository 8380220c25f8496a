"""`fusion learn`."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fusion.app.learning import Taught, taught, taught_of
from fusion.cli.progress import Steps, progress
from fusion.cli.sites import demo_zone
from fusion.pipeline.second_stage import shipped_embedder
from fusion.settings.site import read_site
from fusion.teaching.examples import Example, Gathered, read_crops, unique
from fusion.teaching.fit import TooEarly
from fusion.teaching.learn import Learnt, code_version, learnt_from, switch
from fusion.teaching.measures import Figure
from fusion.teaching.report import write_report
from fusion.types.errors import SiteError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion learn configs/demo --report report")(learn)


def learn(
    state: Annotated[
        Path | None, typer.Argument(help="A site's folder, or the folder of its data; the demo zone if left out.")
    ] = None,
    *,
    report: Annotated[
        Path | None, typer.Option(help="Write report.json and report.html, with pictures, into this folder.")
    ] = None,
    crops: Annotated[
        list[Path] | None, typer.Option(help="A folder CLASS/TERMINAL_DAY_*.jpg of more examples; may be given again.")
    ] = None,
    use: Annotated[str | None, typer.Option(help="Switch this version on, such as v3.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Switch the second stage off.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the versions.")] = False,
) -> None:
    """Teach the second stage by what people said of the cases, and use it if it is better than the one in use.

    A running site takes the change up by itself, within seconds.
    """
    place = _place(state)
    if sum((use is not None, off, listing)) > 1:
        raise SiteError("fusion learn: --use, --off and --list together; wanted: one of them")
    if off:
        place.shelf.off()
        print("second stage: off")
    elif use is not None:
        place.shelf.use(use, shipped_embedder().backbone, asked=True)
        print(f"second stage: {use}")
    elif listing:
        _list(place)
    else:
        with progress() as step:
            _learn(place, list(crops or ()), report, step)


def _place(state: Path | None) -> Taught:
    if state is not None:
        return taught(state)
    # As `fusion run` does it for the demo zone.
    return taught_of(replace(read_site(demo_zone()), data_override=Path.cwd() / "var" / "demo"))


def _learn(place: Taught, folders: list[Path], report: Path | None, step: Steps) -> None:
    now = datetime.now(UTC)
    step.at("looking for marked cases")
    found = place.gather(now.date())
    step.say(_said(found))
    examples = _examples(place, folders)
    try:
        learnt = learnt_from(
            examples, place.shelf, shipped_embedder(), now=now, code=code_version(), policy=place.policy, step=step.at
        )
    except TooEarly as error:
        step.done()
        typer.echo(f"fusion: {error}", err=True)
        raise typer.Exit(1) from None
    name, used = switch(learnt, place.shelf)
    step.done()
    for line in _told(learnt, name, used=used, choice=place.shelf.choice().version):
        step.say(line)
    if report is not None:
        write_report(report, learnt, name, used=used)
        step.say(f"report: {report / 'report.html'} (it shows pictures of people: keep it as you keep evidence)")


def _examples(place: Taught, folders: list[Path]) -> list[Example]:
    for folder in folders:
        if not folder.is_dir():
            raise SiteError(f"--crops {folder}: no folder; wanted: one that holds CLASS/TERMINAL_DAY_*.jpg")
    return unique([example for folder in (place.shelf.crops, *folders) for example in read_crops(folder)])


def _said(found: Gathered) -> str:
    marked = ", ".join(f"{word} {count}" for word, count in sorted(found.by_class.items())) or "none"
    more = [f"{found.added} crops new"]
    more += [f"{found.moved} marked otherwise since"] if found.moved else []
    more += [f"{found.no_picture} without a picture that can be used"] if found.no_picture else []
    return f"marked cases: {marked} ({', '.join(more)})"


def _told(learnt: Learnt, name: str, *, used: bool, choice: str | None) -> list[str]:
    new, compared = learnt.classifier, learnt.comparison
    against = compared.against or "none in use (the share of right marks)"
    counts = ", ".join(f"{word} {count}" for word, count in zip(new.classes, new.counts, strict=True))
    verdict = "better" if compared.better else "not better"
    state = "in use now" if used else f"kept, not in use; in use: {choice or 'none'}"
    hint = (
        [f"to use it all the same: fusion learn --use {name}"] if not used else ["to switch it off: fusion learn --off"]
    )
    return [
        f"{name}: {counts}",
        *(f"  {remark}" for remark in learnt.remarks),
        f"  on {compared.crops} crops, held out by {new.validation['held_out_by']}, against {against}:",
        f"  log-loss          {_shown(compared.log_loss)}, before {_shown(compared.log_loss_before)}",
        f"  paired change     {_shown(compared.log_loss_change)}",
        f"  balanced accuracy {_shown(compared.balanced_accuracy)}, before {_shown(compared.balanced_accuracy_before)}",
        (
            f"  would have spared {compared.outcome.false_spared} of {compared.outcome.false} false alarms, "
            f"and lost {compared.outcome.right_lost} of {compared.outcome.right} right ones"
        ),
        f"{name}: {verdict}: {state}",
        *hint,
    ]


def _shown(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _list(place: Taught) -> None:
    backbone, chosen = shipped_embedder().backbone, place.shelf.choice().version
    for name in place.shelf.names():
        mark = "*" if name == chosen else " "
        try:
            found = place.shelf.read(name, backbone)
        except SiteError as error:
            print(f"{mark} {name:5} {error}")
            continue
        counts = ", ".join(f"{word} {count}" for word, count in zip(found.classes, found.counts, strict=True))
        print(
            f"{mark} {name:5} {found.made_at:%Y-%m-%d %H:%M} UTC  {found.code}  data {found.data_sha256[:12]}  {counts}"
        )
    print(f"in use: {chosen or 'none'}")

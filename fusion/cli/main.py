"""Assembles the commands and turns errors into one line."""

import sys
from typing import Annotated

import typer

from fusion import logs
from fusion.cli import check, evidence, fleet, import_, judge, learn, models, rehearse, replay, report, run, watch
from fusion.cli.state import STATE
from fusion.types.errors import FusionError

BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="fusion",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Real-time video and sensor event fusion for a zone and its command room.",
)
for command in (run, watch, judge, rehearse, replay, learn, fleet, check, models, import_, report, evidence):
    command.add_to(app)


@app.callback()
def options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and debug logs.")] = False,
    log: Annotated[str, typer.Option("--log", help="auto, text or json.")] = "auto",
) -> None:
    """Options that hold for every command."""
    if log not in {"auto", "text", "json"}:
        raise typer.BadParameter(f"wanted auto, text or json, found {log!r}", param_hint="--log")
    STATE.debug = debug
    logs.set_up(log, debug=debug)


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        app()
    except FusionError as error:
        if STATE.debug:
            raise
        for line in str(error).splitlines():
            print(f"fusion: {logs.without_secrets(line)}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)

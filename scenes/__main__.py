"""`python -m scenes list` and `python -m scenes render --kind KIND --seed N --out DIR`."""

import argparse
from pathlib import Path

from scenes.film import render, stills
from scenes.scripts import SCRIPTS


def main() -> None:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(prog="python -m scenes", description="Render labelled street scenes.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name the kinds")
    draw = commands.add_parser("render", help="render clips and their truth")
    draw.add_argument("--kind", choices=[*SCRIPTS, "all"], required=True)
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--out", type=Path, required=True, metavar="DIR")
    draw.add_argument("--stills", type=float, nargs="+", metavar="S", help="only PNGs at these seconds, boxes drawn")
    options = parser.parse_args()
    if options.command == "list":
        for name, make in SCRIPTS.items():
            print(f"{name:16} {(make.__doc__ or '').strip()}")
        return
    for kind in SCRIPTS if options.kind == "all" else [options.kind]:
        if options.stills:
            stills(kind, options.seed, options.out, options.stills)
        else:
            render(kind, options.seed, options.out)


if __name__ == "__main__":
    main()

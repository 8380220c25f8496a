"""`python -m scenes list | render | set`: the kinds, one clip with its truth, a whole set."""

import argparse
import json
import sys
from pathlib import Path

from scenes import truth
from scenes.collection import SETS, plan
from scenes.scripts import KINDS

_FPS, _SIZE_PX = 5, (640, 360)


def main() -> None:
    """Read the command line and render."""
    options = _parser().parse_args()
    if options.command == "list":
        for kind in KINDS.values():
            print(f"{kind.name:18} {kind.family:9} {'hard' if kind.hard else '':5} {kind.about}")
    elif options.command == "truth":
        script = KINDS[options.kind].script(options.seed)
        print(json.dumps(truth.of_script(script, options.size, options.fps), indent=1))
    elif options.command == "render":
        _render(options)
    else:
        _render_set(options)


def _render(options: argparse.Namespace) -> None:
    from scenes.film import render, stills  # list and truth need neither moderngl nor anny

    for kind in KINDS if options.kind == "all" else [options.kind]:
        if options.stills:
            stills(kind, options.seed, options.out, options.stills, options.size)
        else:
            render(kind, options.seed, options.out, options.fps, options.size)


def _render_set(options: argparse.Namespace) -> None:
    from scenes.film import render  # as above

    folder = options.out or Path(__file__).parent / "sets" / options.name
    for kind, seed in plan(options.name, options.seeds):
        if (folder / f"{truth.name_of(kind, seed)}.json").exists():
            print(f"{truth.name_of(kind, seed)}: is there", file=sys.stderr)
            continue
        render(kind, seed, folder, options.fps, options.size)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scenes", description="Render labelled street scenes.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name the kinds")
    said = commands.add_parser("truth", help="print what a seed says, without boxes and without drawing anything")
    said.add_argument("--kind", choices=[*KINDS], required=True)
    said.add_argument("--seed", type=int, default=1)
    draw = commands.add_parser("render", help="render a clip and its truth")
    draw.add_argument("--kind", choices=[*KINDS, "all"], required=True)
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--out", type=Path, default=Path("var/scenes"), metavar="DIR")
    draw.add_argument("--stills", type=float, nargs="+", metavar="S", help="only PNGs at these seconds, boxes drawn")
    many = commands.add_parser("set", help="render a whole set; what is there already is left as it is")
    many.add_argument("--name", choices=[*SETS], required=True)
    many.add_argument("--seeds", type=int, nargs="+", metavar="N", help="instead of the set's own")
    many.add_argument("--out", type=Path, metavar="DIR", help="instead of scenes/sets/NAME")
    for command in (said, draw, many):
        command.add_argument("--fps", type=int, default=_FPS)
        command.add_argument("--size", type=_size, default=_SIZE_PX, metavar="WxH")
    return parser


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; wanted is WIDTHxHEIGHT, such as 640x360") from error
    if width % 20 or height % 20 or not (200 <= width <= 3840):
        raise argparse.ArgumentTypeError(f"{text}: width and height must be multiples of 20")
    return width, height


if __name__ == "__main__":
    main()

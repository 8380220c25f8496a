"""What every bench's command has in common: its options, its JSON, and figures that speak for themselves."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cost import machine


def parser(module: str, text: str | None) -> argparse.ArgumentParser:
    """A parser with --json, --plot and --work."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=text)
    made.add_argument("--json", type=Path, required=True, metavar="FILE", help="write the results here")
    made.add_argument("--plot", type=Path, metavar="FILE", help="draw them here, as SVG")
    made.add_argument("--work", type=Path, default=Path("var/bench"), help="prepared clips and scratch [var/bench]")
    return made


def numbers(text: str) -> tuple[int, ...]:
    """Numbers with commas between, such as 200,400,800."""
    return tuple(int(word) for word in text.split(","))


def words(text: str) -> tuple[str, ...]:
    """Words with commas between, such as 360p,1080p."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def write(path: Path, results: Mapping[str, Any]) -> None:
    """One JSON document: the machine, when, the command, and the results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {
        "machine": machine(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m", _module(), *sys.argv[1:]]),
    }
    path.write_text(json.dumps({**head, **results}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """Progress, to standard error: standard output is for results."""
    print(text, file=sys.stderr, flush=True)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as aligned text."""
    cells = [list(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _module() -> str:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return str(spec.name) if spec else Path(sys.argv[0]).name

"""Parts against a stored baseline: `python -m bench.compare BASELINE.json NEW.json`; 1 when one has become dearer.

Both may be what pytest-benchmark wrote, or what `--keep` made of it. Times are the least of all rounds, divided by the
yardstick's of the same run where both have one, so that a slower machine is not taken for slower code.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.report import table

_YARDSTICK = "test_yardstick"
_COLUMNS = ("part", "baseline_ms", "new_ms", "ratio")


def times_s(path: Path) -> dict[str, float]:
    """Least seconds by part. SystemExit where the file is none of the two kinds."""
    try:
        value = json.loads(path.read_text("utf-8"))
        if "parts" in value:
            return {str(name): float(seconds) for name, seconds in value["parts"].items()}
        return {str(one["name"]): float(one["stats"]["min"]) for one in value["benchmarks"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path}: {type(error).__name__}; wanted: JSON of --benchmark-json, or of --keep") from error


def ratios(baseline: Mapping[str, float], new: Mapping[str, float]) -> list[dict[str, Any]]:
    """One row a part that both have, dearest first; ratio 1.2 is a fifth dearer."""
    speed = new[_YARDSTICK] / baseline[_YARDSTICK] if _YARDSTICK in new and _YARDSTICK in baseline else 1.0
    rows = [
        {"part": name, "baseline_ms": 1000 * then, "new_ms": 1000 * new[name], "ratio": new[name] / then / speed}
        for name, then in baseline.items()
        if name in new and name != _YARDSTICK
    ]
    return sorted(rows, key=lambda row: -float(str(row["ratio"])))


def keep(new: Path, kept: Path) -> None:
    """Write what must be stored of a run: the machine, and the least time of each part."""
    value = json.loads(new.read_text("utf-8"))
    cpu = value.get("machine_info", {}).get("cpu", {}).get("brand_raw", "")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"cpu": cpu, "parts": times_s(new)}, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """0: none dearer than allowed; 1: at least one; 2: nothing to compare."""
    made = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    made.add_argument("baseline", type=Path, help="with --keep: where to write it")
    made.add_argument("new", type=Path)
    made.add_argument("--factor", type=float, default=1.3, help="a part may cost so many times as much [1.3]")
    made.add_argument("--keep", action="store_true", help="make NEW the baseline")
    args = made.parse_args()
    if args.keep:
        keep(args.new, args.baseline)
        return 0
    baseline, new = times_s(args.baseline), times_s(args.new)
    rows = ratios(baseline, new)
    if not rows:
        print("no part is in both files")
        return 2
    print(table(rows, _COLUMNS))
    for name in sorted(baseline.keys() ^ new.keys()):
        print(f"{name}: only in {args.baseline if name in baseline else args.new}")
    dearer = [row for row in rows if float(row["ratio"]) > args.factor]
    print(f"{len(dearer)} of {len(rows)} parts are over {args.factor:g} times the baseline")
    return 1 if dearer else 0


if __name__ == "__main__":
    sys.exit(main())

"""The whole zone: live terminals through the whole engine, with store, bus, broker and an open page."""

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import plot
from bench.browser import open_page
from bench.clips import ACTIVE, CODECS, QUIET, prepared
from bench.cost import Cost, Window
from bench.fleets import Part, fleet_of
from bench.report import numbers, parser, say, table, write
from bench.running import Metrics, Running
from bench.site import PLAIN, SPARE, write_site
from bench.upsets import kill_shard, lose
from fusion.children import free_port
from fusion.fleet import FleetProcess

_CONNECT_S = 300.0
_GOAL = 1677
_COLUMNS = (
    "terminals", "seconds", "packets_lost", "looks_min", "longest_gap_s", "active_keyframes_looked_share",
    "cores", "rss_mib", "pss_mib", "fleet_cores",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Zone:
    """Terminals in the order of their ids: those that may be lost first, active ones spread evenly."""

    parts: tuple[Part, ...]
    paths: tuple[str, ...]
    scenes: tuple[str, ...]
    active: tuple[bool, ...]


def zone_of(count: int, active_share: float, lost: int, work: Path, clip_s: int) -> Zone:
    """So many terminals, half H.264 and half H.265; paths that may be lost begin with /lost-."""
    kinds = {a: [(scene, codec) for scene in (ACTIVE if a else QUIET) for codec in CODECS] for a in (True, False)}
    sizes: dict[tuple[str, bool], int] = {}
    paths, scenes, actives = [], [], []
    for number in range(count):
        active = int((number + 1) * active_share + 1e-9) > int(number * active_share + 1e-9)
        name = "lost" if number < lost else "kept"
        index = sizes.setdefault((name, active), 0)
        sizes[name, active] += 1
        paths.append(f"/{_part(name, active=active)}/{index:04d}")
        scenes.append(kinds[active][index % len(kinds[active])][0])
        actives.append(active)
    parts = []
    for (name, a), size in sizes.items():
        clips = [prepared(work, s, "360p", c, seconds=clip_s, quiet=not a) for s, c in kinds[a][:size]]
        parts.append(Part(_part(name, active=a), clips, size))
    return Zone(tuple(parts), tuple(paths), tuple(scenes), tuple(actives))


def _part(name: str, *, active: bool) -> str:
    return f"{name}-{'active' if active else 'quiet'}"


def run_size(count: int, args: Any) -> dict[str, Any]:
    """One size of zone, from its start to its end."""
    folder = args.work.resolve() / f"zone-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    zone = zone_of(count, args.active, min(args.lose, count), args.work, args.clip_seconds)
    looking = {**(SPARE if args.spare else PLAIN), **({"shards": args.shards} if args.shards else {})}
    with ExitStack() as stack:
        fleet = stack.enter_context(fleet_of(zone.parts, args.work / "fleet.log"))
        urls = [fleet.url(path) for path in zone.paths]
        detectors = {"workers": args.detectors, **({"model": args.model} if args.model else {})}
        ids = write_site(folder, urls, zone.scenes, port=free_port(), looking=looking, detectors=detectors)
        site = stack.enter_context(Running(folder))
        site.wait_streaming(ids, _CONNECT_S)
        took_s = time.monotonic() - site.began_s
        say(f"{count} terminals stream {took_s:.1f} s after the start")
        browser = stack.enter_context(open_page(site.url, site.cookies())) if args.page else []
        time.sleep(args.warm_up)
        row = {
            "terminals": count,
            "active": sum(zone.active),
            "streaming_after_s": round(took_s, 2),
            "looking": looking,
            **measured(site, fleet, browser, dict(zip(ids, zone.active, strict=True)), args.seconds),
        }
        say(table([row], _COLUMNS))
        if args.lose:
            lost = [one for one, path in zip(ids, zone.paths, strict=True) if path.startswith("/lost-")]
            row["lose"] = lose(site, fleet, "/lost-*", lost, for_s=args.lost_for, steady_s=args.steady)
        if args.kill_shard:
            row["kill_shard"] = kill_shard(site, fleet, dict(zip(zone.paths, ids, strict=True)))
    return row


def measured(
    site: Running, fleet: FleetProcess, browser: Sequence[int], active: Mapping[str, bool], seconds: float
) -> dict[str, Any]:
    """One window over everything."""
    first = site.metrics()
    windows = {
        "all": Window([site.pid]),
        "shards": Window(site.shard_pids()),
        "servers": Window(site.server_pids()),
        "fleet": Window([fleet.pid]),
        "browser": Window(browser),
    }
    time.sleep(seconds)
    costs = {name: window.end() for name, window in windows.items()}
    last = site.metrics()
    whole = costs["all"]
    return {
        **counted(first, last, active),
        "seconds": round(whole.seconds, 2),
        "cores": round(whole.cores, 4),
        "rss_mib": round(whole.memory.rss_mib, 1),
        "pss_mib": round(whole.memory.pss_mib, 1),
        "cpu_ms_per_terminal_s": by_stage(first, last, costs, len(active)),
        "cpu_ms_per_call": per_call(first, last),
        "shards": len(site.shard_pids()),
        "stretch": _stretch(last),
        "budget_cores": last.sum("fusion_budget_cores"),
        "fleet_cores": round(costs["fleet"].cores, 4),
        "fleet_rss_mib": round(costs["fleet"].memory.rss_mib, 1),
        "browser_cores": round(costs["browser"].cores, 4) if browser else None,
    }


def counted(first: Metrics, last: Metrics, active: Mapping[str, bool]) -> dict[str, Any]:
    """What was read and looked at between two scrapes."""
    keys, looked, looks, images = (
        _by_label(first, last, name)
        for name in (
            "fusion_keyframes_total",
            "fusion_bench_keyframes_looked_total",
            "fusion_bench_looks_total",
            "fusion_bench_images_total",
        )
    )
    busy = [one for one, is_active in active.items() if is_active]
    wanted = sum(keys.get(one, 0.0) for one in busy)
    got = sum(min(keys.get(one, 0.0), looked.get(one, 0.0)) for one in busy)
    gaps = last.by("fusion_bench_gap_seconds")
    dropped = _by_label(first, last, "fusion_drops_total")
    return {
        "packets_received": round(last.sum("fusion_packets_total") - first.sum("fusion_packets_total")),
        "packets_lost": round(last.sum("fusion_packets_lost_total") - first.sum("fusion_packets_lost_total")),
        "packets_lost_since_start": round(last.sum("fusion_packets_lost_total")),
        "reconnects": round(last.sum("fusion_reconnects_total") - first.sum("fusion_reconnects_total")),
        "keyframes_received": round(sum(keys.values())),
        "looks": round(sum(looks.values())),
        "looks_min": round(min((looks.get(one, 0.0) for one in active), default=0.0)),
        "never_looked_at": sum(one not in gaps for one in active),
        "longest_gap_s": round(max(gaps.values(), default=0.0), 2),
        "active_keyframes_looked_share": round(got / wanted, 4) if wanted else None,
        "images_of_active": round(sum(images.get(one, 0.0) for one in busy)),
        "images_of_quiet": round(sum(images.get(one, 0.0) for one, is_active in active.items() if not is_active)),
        "looks_of_active": round(sum(looks.get(one, 0.0) for one in busy)),
        "shard_restarts": round(last.sum("fusion_shard_restarts_total") - first.sum("fusion_shard_restarts_total")),
        "signals": round(last.sum("fusion_signals_total") - first.sum("fusion_signals_total")),
        "cases": round(last.sum("fusion_cases_total") - first.sum("fusion_cases_total")),
        "dropped": {reason: round(count) for reason, count in dropped.items()},
    }


def by_stage(first: Metrics, last: Metrics, costs: Mapping[str, Cost], terminals: int) -> dict[str, float]:
    """CPU milliseconds a terminal and second; "shards_rest" is what no stage of a shard accounts for."""
    before, after = first.by("fusion_bench_cpu_seconds_total"), last.by("fusion_bench_cpu_seconds_total")
    spent = {stage: seconds - before.get(stage, 0.0) for stage, seconds in after.items()}
    stages = {
        "read": spent.pop("thread_reader", 0.0),
        "detect": spent.pop("thread_detector", 0.0),
        **spent,
        "engine_and_page": costs["all"].cpu_s - costs["shards"].cpu_s - costs["servers"].cpu_s,
        "servers": costs["servers"].cpu_s,
    }
    known = sum(value for stage, value in stages.items() if stage not in {"engine_and_page", "servers"})
    stages["shards_rest"] = costs["shards"].cpu_s - known
    each = 1000 / terminals / costs["all"].seconds
    return {"total": round(costs["all"].cpu_s * each, 4)} | {name: round(s * each, 4) for name, s in stages.items()}


def per_call(first: Metrics, last: Metrics) -> dict[str, float]:
    """CPU milliseconds of a keyframe decoded, gated, judged; "detect" is the detector's of a look that is judged."""
    spent = _by_label(first, last, "fusion_bench_cpu_seconds_total")
    calls = _by_label(first, last, "fusion_bench_calls_total")
    each = {stage: 1000 * spent[stage] / count for stage, count in calls.items() if count}
    if calls.get("judge"):
        each["detect"] = 1000 * spent.get("thread_detector", 0.0) / calls["judge"]
    return {stage: round(value, 3) for stage, value in each.items()}


def _by_label(first: Metrics, last: Metrics, name: str) -> dict[str, float]:
    before = first.by(name)
    return {one: value - before.get(one, 0.0) for one, value in last.by(name).items()}


def _stretch(scrape: Metrics) -> float:
    """By how much gaps are longer than the site allows, as the engine says."""
    return round(max(1.0, scrape.sum("fusion_longest_gap_seconds") / 10.0), 3)


def linearity(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
    """The straight line through the sizes, how far they lie off it, and what it gives for the whole zone."""
    points = [(float(row["terminals"]), float(row[key])) for row in rows]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    across = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / across if across else mean_y / mean_x
    base = mean_y - slope * mean_x
    off = max(abs(y - base - slope * x) / y for x, y in points if y)
    return {
        "of": key,
        "base": round(base, 4),
        "per_terminal": round(slope, 6),
        "largest_residual_share": round(off, 4),
        f"computed_for_{_GOAL}": round(base + slope * _GOAL, 3),
    }


def main() -> int:
    """Run every size, then draw the line through them."""
    made = parser("bench.zone", __doc__)
    made.add_argument("--terminals", type=int, help="one size")
    made.add_argument("--sizes", type=numbers, default=(), help="or several, such as 200,400,800: is cost linear?")
    made.add_argument("--seconds", type=float, default=600.0, metavar="S")
    made.add_argument("--active", type=float, default=0.05, metavar="SHARE", help="of the terminals [0.05]")
    made.add_argument("--warm-up", type=float, default=45.0, metavar="S")
    made.add_argument("--clip-seconds", type=int, default=50)
    made.add_argument("--shards", type=int, help="processes; else as the site does by itself")
    made.add_argument("--detectors", type=int, default=1, help="detector sessions of each shard [1]")
    made.add_argument("--model", help="another model than the shipped default, by name")
    made.add_argument("--spare", action="store_true", help="looks fill the budget, as the product does by itself")
    made.add_argument("--no-page", dest="page", action="store_false", help="without a browser on the page")
    made.add_argument("--lose", type=int, default=0, metavar="N", help="then N terminals are gone at once and back")
    made.add_argument("--for", dest="lost_for", type=float, default=20.0, metavar="S")
    made.add_argument("--steady", type=float, default=60.0, metavar="S", help="watched before that [60]")
    made.add_argument("--kill-shard", action="store_true", help="then one shard is killed")
    args = made.parse_args()
    sizes = args.sizes or (args.terminals or _GOAL,)
    rows = [run_size(count, args) for count in sizes]
    lines = [linearity(rows, key) for key in ("cores", "rss_mib", "pss_mib")] if len(rows) > 1 else []
    write(args.json, {"runs": rows, "linear": lines})
    print(table(rows, _COLUMNS))
    if lines:
        print(table(lines, tuple(lines[0])))
    if args.plot:
        _draw(args.plot, rows)
    return 0


def _draw(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    if "lose" in rows[-1] and len(rows) == 1:
        windows = rows[-1]["lose"]["cores_by_5_s"]
        plot.lines(path, "Terminals gone at once and back", "seconds", "cores", {"everything of ours": windows})
        return
    series = {
        "everything of ours": [(float(row["terminals"]), float(row["cores"])) for row in rows],
        "the fleet": [(float(row["terminals"]), float(row["fleet_cores"])) for row in rows],
    }
    plot.lines(path, "CPU by number of terminals", "terminals", "cores", series)


if __name__ == "__main__":
    sys.exit(main())

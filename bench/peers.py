"""The same streams, of the same fleet, in the same run, through the usual ways of reading cameras and through ours."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import plot
from bench.clips import ACTIVE, FORMATS, Codec, Size, prepared
from bench.consumers import KINDS
from bench.cost import Cost, Window
from bench.fleets import Part, fleet_of
from bench.reading import Reading
from bench.report import numbers, parser, say, table, words, write
from fusion.fleet import FleetProcess

_OURS = ("ours", "ours_keyframes")
_ALL = tuple(kind for kind in KINDS if kind != "ours_stages")
#: which of ours a peer is compared with: the one that decodes what it decodes
_FAIR = {"ffmpeg_keyframes": "ours_keyframes", "ffmpeg_keyframes_yuv": "ours_keyframes"}
_COLUMNS = (
    "name",
    "streams",
    "cpu_ms_per_stream_s",
    "rss_mib_per_stream",
    "pss_mib_per_stream",
    "pictures_per_stream_s",
)
_RATIOS = ("name", "against", "cpu", "rss", "rss_marginal", "pss")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is run."""

    counts: Mapping[Size, int]  #: streams of each peer
    ours: Mapping[Size, tuple[int, int]]  #: two numbers of streams, for the cost of one more
    warm_up_s: float
    seconds: float
    clip_s: int
    kinds: Sequence[str]
    work: Path


def measure(kind: str, urls: Sequence[str], size: Size, fleet: FleetProcess, plan: Plan) -> dict[str, Any]:
    """Run one consumer alone against the running fleet."""
    reading = Reading(kind, urls, FORMATS[size].size_px, plan.work)
    try:
        reading.wait_ready()
        time.sleep(plan.warm_up_s)
        pictures, window, serving = reading.facts["pictures"], Window(reading.facts["pids"]), Window([fleet.pid])
        time.sleep(plan.seconds)
        cost, served = window.end(), serving.end()
        pictures = reading.facts["pictures"] - pictures
    finally:
        reading.stop()
    row = _row(kind, len(urls), cost, pictures)
    say(f"{size:6} {kind:22} {len(urls):4} streams  {row['cpu_ms_per_stream_s']:8.2f} ms/s")
    return {**row, "fleet_cores": round(served.cores, 3)}


def _row(kind: str, count: int, cost: Cost, pictures: int) -> dict[str, Any]:
    return {
        "name": kind,
        "streams": count,
        "seconds": round(cost.seconds, 2),
        "cores": round(cost.cores, 4),
        "cpu_ms_per_stream_s": round(1000 * cost.cores / count, 3),
        "rss_mib_per_stream": round(cost.memory.rss_mib / count, 3),
        "pss_mib_per_stream": round(cost.memory.pss_mib / count, 3),
        "pictures": pictures,
        "pictures_per_stream_s": round(pictures / count / cost.seconds, 3),
    }


def run_case(size: Size, codec: Codec, plan: Plan) -> dict[str, Any]:
    """Every consumer on one kind of stream, and what each costs against ours."""
    clips = [prepared(plan.work, scene, size, codec, seconds=plan.clip_s) for scene in ACTIVE[:2]]
    few, many = plan.ours[size]
    part = Part("t", clips, max(many, plan.counts[size]))
    rows = []
    with fleet_of([part], plan.work / "fleet.log") as fleet:
        for kind in plan.kinds:
            counts = (few, many) if kind in _OURS else (plan.counts[size],)
            runs = [measure(kind, [fleet.url(path) for path in part.paths(n)], size, fleet, plan) for n in counts]
            rows.append(runs[-1] | (_marginal(runs) if len(runs) > 1 else {}))
    return {"size": size, "codec": codec, "consumers": rows, "ratios": ratios(rows)}


def _marginal(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What one stream more costs, from two numbers of streams."""
    few, many = runs[0], runs[-1]
    more = many["streams"] - few["streams"]
    total = {key: [run[f"{key}_per_stream"] * run["streams"] for run in (few, many)] for key in ("rss_mib", "pss_mib")}
    return {
        "fewer_streams": few["streams"],
        **{f"{key}_per_stream_marginal": round((last - first) / more, 3) for key, (first, last) in total.items()},
        "cpu_ms_per_stream_s_marginal": round(1000 * (many["cores"] - few["cores"]) / more, 3),
    }


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many times ours each peer costs; with the same keyframes where the peer decodes keyframes only."""
    ours = {row["name"]: row for row in rows if row["name"] in _OURS}
    found = {}
    for row in rows:
        mine = ours.get(_FAIR.get(row["name"], "ours"))
        if row["name"] in _OURS or mine is None:
            continue
        found[row["name"]] = {
            "against": mine["name"],
            "cpu": _ratio(row["cpu_ms_per_stream_s"], mine["cpu_ms_per_stream_s"]),
            "rss": _ratio(row["rss_mib_per_stream"], mine["rss_mib_per_stream"]),
            "rss_marginal": _ratio(row["rss_mib_per_stream"], mine["rss_mib_per_stream_marginal"]),
            "pss": _ratio(row["pss_mib_per_stream"], mine["pss_mib_per_stream"]),
        }
    return found


def _ratio(theirs: float, mine: float) -> float | None:
    return round(theirs / mine, 2) if mine > 0 else None


def main() -> int:
    """Run every size and codec."""
    made = parser("bench.peers", __doc__)
    made.add_argument("--sizes", type=words, default=("360p", "1080p"), help="360p,1080p")
    made.add_argument("--codecs", type=words, default=("h264", "h265"), help="h264,h265")
    made.add_argument("--peers", type=words, default=_ALL, help=",".join(_ALL))
    made.add_argument("--streams", type=numbers, default=(8, 4), help="of each peer, at 360p and at 1080p [8,4]")
    made.add_argument("--ours", type=numbers, default=(50, 150), help="two numbers of streams at 360p [50,150]")
    made.add_argument("--ours-1080p", type=numbers, default=(20, 60), help="and at 1080p [20,60]")
    made.add_argument("--warm-up", type=float, default=15.0, metavar="S")
    made.add_argument("--seconds", type=float, default=60.0, metavar="S", help="measured, of each consumer [60]")
    made.add_argument("--clip-seconds", type=int, default=20)
    args = made.parse_args()
    plan = Plan(
        counts={"360p": args.streams[0], "1080p": args.streams[-1]},
        ours={"360p": args.ours, "1080p": args.ours_1080p},
        warm_up_s=args.warm_up,
        seconds=args.seconds,
        clip_s=args.clip_seconds,
        kinds=args.peers,
        work=args.work,
    )
    cases = [run_case(size, codec, plan) for size in args.sizes for codec in args.codecs]
    write(args.json, {"cases": cases})
    for case in cases:
        print(f"\n{case['size']} {case['codec']}")
        print(table(case["consumers"], _COLUMNS))
        print(table([{"name": name, **found} for name, found in case["ratios"].items()], _RATIOS))
    if args.plot:
        values = {
            f"{c['size']} {c['codec']} {r['name']}": r["cpu_ms_per_stream_s"] for c in cases for r in c["consumers"]
        }
        plot.bars(args.plot, "CPU of one stream", "ms/s", values)
    return 0


if __name__ == "__main__":
    sys.exit(main())

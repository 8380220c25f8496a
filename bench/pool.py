"""Our detector pool against a bare ONNX Runtime loop on the same pictures: throughput, and the ratio of the two.

`bare` prepares a picture and runs the model; `bare_decoded` reads the boxes too; `pool` does that behind its queue.
Rounds are short and in turn, each second one backwards, and ratios are medians of rounds next to each other: what else
the machine does meets all alike. `cpu_ratio` is of processor time a picture and hardly moves under others' load;
`cores` says whether the machine gave each session a core of its own, without which throughput says little.
"""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench import plot
from bench.report import numbers, parser, say, table, write
from fusion import logs
from fusion.cli.sites import demo_zone
from fusion.detectors.base import Detector, load
from fusion.detectors.manifest import Model
from fusion.detectors.pool import DEFAULT_MODEL, DetectorPool, OnnxConfig

_SIDE_PX = 300
_WAYS = ("bare", "bare_decoded", "pool")
_COLUMNS = (
    "sessions", "bare_per_s", "bare_decoded_per_s", "pool_per_s", "ratio", "worst", "best", "ratio_decoded",
    "cpu_ratio", "bare_cores", "pool_cores",
)  # fmt: skip

Image = NDArray[np.uint8]
Round = Callable[[float], tuple[int, float]]  #: seconds -> pictures, seconds it took


def pictures(clips: Path, count: int) -> list[Image]:
    """Crops of the demo zone's scenes as the judge gives them to the detector: uint8 BGR [300, 300, 3]."""
    found = list[Image]()
    for clip in sorted(clips.glob("*.sub.mp4")):
        with av.open(str(clip)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % 40 == 0:
                    whole = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                    found += [whole[30 : 30 + _SIDE_PX, left : left + _SIDE_PX].copy() for left in (0, 340)]
    return found[:count]


def bare(detector: Detector, images: Sequence[Image], *, decoded: bool) -> Callable[[threading.Event], int]:
    """One thread's loop: the pool's own preparation, one picture a call; with the boxes decoded or without."""

    def loop(ended: threading.Event) -> int:
        done = 0
        while not ended.is_set():
            image = images[done % len(images)]
            if decoded:
                detector.detect([image])
            else:
                detector.session.run(detector.prepare(image)[None])
            done += 1
        return done

    return loop


def bare_round(model: Model, sessions: int, images: Sequence[Image], *, decoded: bool) -> Round:
    """So many threads with a session each and nothing between them."""
    loops = [bare(load(model), images, decoded=decoded) for _ in range(sessions)]

    def run(seconds: float) -> tuple[int, float]:
        ended, done = threading.Event(), [0] * sessions

        def work(index: int) -> None:
            done[index] = loops[index](ended)

        threads = [threading.Thread(target=work, args=(index,)) for index in range(sessions)]
        began_s = time.monotonic()
        for thread in threads:
            thread.start()
        ended.wait(seconds)
        ended.set()
        for thread in threads:
            thread.join()
        return sum(done), time.monotonic() - began_s

    return run


def pool_round(pool: DetectorPool, sessions: int, images: Sequence[Image]) -> Round:
    """The pool kept busy: as each answer comes, the next request goes in."""

    def run(seconds: float) -> tuple[int, float]:
        done, began_s = 0, time.monotonic()
        under_way: list[Future[Any]] = [pool.submit([images[number % len(images)]]) for number in range(2 * sessions)]
        number = len(under_way)
        while time.monotonic() - began_s < seconds:
            under_way.pop(0).result()
            done += 1
            under_way.append(pool.submit([images[number % len(images)]]))
            number += 1
        for future in under_way:
            future.result()
            done += 1
        return done, time.monotonic() - began_s

    return run


def compare(model: Model, sessions: int, images: Sequence[Image], rounds: int, seconds: float) -> dict[str, Any]:
    """The ways take turns, so that whatever else the machine does meets all; ratios are medians over the rounds."""
    with DetectorPool(model, OnnxConfig(workers=sessions)) as pool:  # the same session options as the bare ones
        ways: dict[str, Round] = {
            "bare": bare_round(model, sessions, images, decoded=False),
            "bare_decoded": bare_round(model, sessions, images, decoded=True),
            "pool": pool_round(pool, sessions, images),
        }
        for run in ways.values():
            run(min(1.0, seconds))  # warm
        rates: dict[str, list[float]] = {way: [] for way in _WAYS}
        cpu_ms: dict[str, list[float]] = {way: [] for way in _WAYS}
        cores: dict[str, list[float]] = {way: [] for way in _WAYS}
        for number in range(rounds):
            for way in _WAYS if number % 2 == 0 else reversed(_WAYS):
                spent_s = time.process_time()
                done, took_s = ways[way](seconds)
                spent_s = time.process_time() - spent_s
                rates[way].append(done / took_s)
                cpu_ms[way].append(1000 * spent_s / done)
                cores[way].append(spent_s / took_s)
    row = {
        "sessions": sessions,
        "rounds": rounds,
        **{f"{way}_per_s": round(median(rates[way]), 2) for way in _WAYS},
        **{f"{way}_cpu_ms": round(median(cpu_ms[way]), 3) for way in _WAYS},
        **{f"{way}_cores": round(median(cores[way]), 3) for way in _WAYS},
        "ratio": _ratio(rates["pool"], rates["bare"]),
        "worst": round(float(np.percentile(_ratios(rates["pool"], rates["bare"]), 10)), 4),
        "best": round(float(np.percentile(_ratios(rates["pool"], rates["bare"]), 90)), 4),
        "ratio_decoded": _ratio(rates["pool"], rates["bare_decoded"]),
        "cpu_ratio": _ratio(cpu_ms["bare"], cpu_ms["pool"]),
    }
    say(table([row], _COLUMNS))
    return row


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return round(median(_ratios(ours, theirs)), 4)


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [mine / bare for mine, bare in zip(ours, theirs, strict=True)]


def main() -> int:
    """Run every number of sessions."""
    made = parser("bench.pool", __doc__)
    made.add_argument("--sessions", type=numbers, default=(1, 2), help="1,2")
    made.add_argument("--model", default=DEFAULT_MODEL, help="of the shipped ones")
    made.add_argument("--rounds", type=int, default=30)
    made.add_argument("--seconds", type=float, default=0.6, metavar="S", help="of each way in each round [0.6]")
    made.add_argument("--pictures", type=int, default=64)
    args = made.parse_args()
    logs.set_up()
    model = OnnxConfig(model=args.model).chosen(Path())
    images = pictures(demo_zone() / "clips", args.pictures)
    rows = [compare(model, sessions, images, args.rounds, args.seconds) for sessions in args.sessions]
    write(args.json, {"model": model.name, "pictures": len(images), "runs": rows})
    print(table(rows, _COLUMNS))
    if args.plot:
        values = {f"{row['sessions']} session(s), {way}": row[f"{way}_per_s"] for row in rows for way in _WAYS}
        plot.bars(args.plot, "Detector", "pictures/s", values)
    return 0


if __name__ == "__main__":
    sys.exit(main())

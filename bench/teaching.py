"""What marked signals bring: a classifier taught by N crops of rendered scenes, tried on other terminals.

Every crop stands for a signal that a rule told, right or false: before, each of them files a case. After, the clearly
rejected ones do not, as in a running zone. No rule is run here: how many signals there are, and of what, is
chosen (half of them right), and only what becomes of them is measured.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report import numbers, parser, say, table, write
from bench.teaching_crops import Shown, by_class, shown_in
from fusion import logs
from fusion.cli.sites import demo_zone
from fusion.pipeline.second_stage import shipped_embedder
from fusion.teaching.classes import RIGHT, RIGHT_FOR
from fusion.teaching.classifier import softmax
from fusion.teaching.fit import LEAST, Fitted, TooEarly, classes_of, fit
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.weighing import answer
from fusion.types.signal import EventKind

_RECALL = 0.95
_LEAST_HERE = 4  #: examples a class: the product asks for 30, and the bench shows what fewer would bring
#: a false alarm of these is one of the dumping rule; all others are of the stall rule
_LEFT_THINGS = {"shadow", "light_change", "rain", "wet_ground", "leaves", "bag_taken_along", "bin_put_out"}
_COLUMNS = ("split", "marked", "tests", "false_after", "recall_after", "false_at_recall", "early")
Split = tuple[str, set[str], set[str]]  #: name, terminals that teach, terminals that test


def main() -> None:
    """Read the command line, measure, write."""
    options = parser("bench.teaching", __doc__)
    options.add_argument("--clips", type=Path, nargs="+", help="folders of clips with truth [the demo zone's]")
    options.add_argument(
        "--marked", type=numbers, default=(20, 50, 100, 200), help="signals that teach [20,50,100,200]"
    )
    options.add_argument("--test", type=Path, nargs="+", help="folders of clips that are tested on and never taught by")
    options.add_argument("--draws", type=int, default=8, help="how often each is drawn anew [8]")
    given = options.parse_args()
    logs.set_up()
    folders = given.clips or [demo_zone() / "clips"]
    shown = [one for file in _truths(folders) for one in shown_in(file)]
    if not shown:
        sys.exit(f"bench.teaching: no clips with truth in {', '.join(map(str, folders))}")
    apart = [one for file in _truths(given.test or ()) for one in shown_in(file)]
    shown += apart
    say(f"{len(shown)} crops of {len({one.terminal for one in shown})} terminals: {by_class(shown)}")
    embedder = shipped_embedder()
    vectors = np.stack([embedder.embed(one.crop) for one in shown])
    rows = [
        row
        for name, splits in _splits(shown, {one.terminal for one in apart}, given.draws).items()
        for marked in given.marked
        if (row := _row(name, splits, marked, shown, vectors)) is not None
    ]
    print(table(rows, _COLUMNS))
    write(given.json, {"crops": by_class(shown), "terminals": len({one.terminal for one in shown}), "rows": rows})


def _truths(folders: Sequence[Path]) -> list[Path]:
    return [file for folder in folders for file in sorted(folder.rglob("*.json")) if b'"frames"' in file.read_bytes()]


def _splits(shown: Sequence[Shown], apart: set[str], draws: int) -> dict[str, list[Split]]:
    """Other seeds: terminals of each kind of clip are halved at random. Other scenes: whole kinds are held out.

    Where some terminals are set apart, these alone are tested on, and all others teach.
    """
    if apart:
        others = {one.terminal for one in shown} - apart
        return {"set apart": [(f"draw {draw}", others, apart) for draw in range(draws)]}
    kinds: dict[str, set[str]] = {}
    for one in shown:
        kinds.setdefault(one.kind, set()).add(one.terminal)
    rng = np.random.default_rng(1)
    seeds: list[Split] = []
    for draw in range(draws):
        teach_some, test_some = set[str](), set[str]()
        for own in kinds.values():
            mixed = rng.permutation(sorted(own)).tolist()
            teach_some.update(mixed[: (len(mixed) + 1) // 2])
            test_some.update(mixed[(len(mixed) + 1) // 2 :])
        seeds.append((f"seeds {draw}", teach_some, test_some))
    halves = _halves(shown, sorted(kinds))
    scenes: list[Split] = []
    for draw in range(draws):
        first, second = halves if draw % 2 == 0 else halves[::-1]
        teach, test = (set().union(*(kinds[kind] for kind in half)) for half in (first, second))
        scenes.append((f"scenes {draw}", teach, test))
    return {"other seeds": seeds, "other scenes": scenes}


def _halves(shown: Sequence[Shown], kinds: Sequence[str]) -> tuple[list[str], list[str]]:
    """Kinds of clip in two halves, each with as many of each right class as can be."""
    words = {kind: {one.word for one in shown if one.kind == kind} & RIGHT.keys() for kind in kinds}
    ordered = sorted(kinds, key=lambda kind: (sorted(words[kind]), kind))
    return ordered[::2], ordered[1::2]


def _row(
    name: str, splits: Sequence[Split], marked: int, shown: Sequence[Shown], vectors: NDArray[np.float32]
) -> dict[str, Any] | None:
    found = [
        result
        for index, (_, teach, test) in enumerate(splits)
        if (result := _tried(marked, teach, test, shown, vectors, seed=index)) is not None
    ]
    if not found:
        say(f"{name}: {marked} marked: too few crops to draw from")
        return None
    row: dict[str, Any] = {"split": name, "marked": marked, "draws": len(found)}
    for figure in ("false_after", "recall_after", "false_at_recall", "tests"):
        values = [result[figure] for result in found]
        row[figure] = float(np.mean(values))
        row[f"{figure}_worst"] = float(min(values) if figure == "recall_after" else max(values))
    row["early"] = f"{sum(result['early'] for result in found)}/{len(found)}"
    left: Counter[str] = sum((Counter(result["left"]) for result in found), Counter())
    row["left_by_reason"] = dict(left.most_common())
    return row


def _tried(
    marked: int, teach: set[str], test: set[str], shown: Sequence[Shown], vectors: NDArray[np.float32], seed: int
) -> dict[str, Any] | None:
    """Teach by `marked` crops of some terminals, half of them right, and judge those of the others."""
    rng = np.random.default_rng([seed, marked])
    pool = [index for index, one in enumerate(shown) if one.terminal in teach]
    drawn: list[int] = []
    for right in (True, False):
        some = [index for index in pool if (shown[index].word in RIGHT) == right]
        if len(some) < marked // 2:
            return None
        drawn += _spread(some, shown, marked // 2, rng)
    words, groups = [shown[index].word for index in drawn], [shown[index].terminal for index in drawn]
    try:
        classes, _ = classes_of(words, groups, _LEAST_HERE)
    except TooEarly:
        return None
    fitted = fit(vectors[drawn], classes, groups)
    tests = [index for index, one in enumerate(shown) if one.terminal in test]
    return _judged(fitted, [shown[index] for index in tests], vectors[tests]) | {"early": _early(words, groups)}


def _spread(some: Sequence[int], shown: Sequence[Shown], count: int, rng: np.random.Generator) -> list[int]:
    """Drawn class by class in turn, so that the commonest reason is not all that is marked."""
    by_word: dict[str, list[int]] = {}
    for index in rng.permutation(np.array(some)).tolist():
        by_word.setdefault(shown[index].word, []).append(index)
    drawn: list[int] = []
    while len(drawn) < count:
        for rest in by_word.values():
            if rest and len(drawn) < count:
                drawn.append(rest.pop())
    return drawn


def _early(words: Sequence[str], groups: Sequence[str]) -> bool:
    """Whether the product would have said that it is too early."""
    try:
        classes_of(words, groups, LEAST)
    except TooEarly:
        return True
    return False


def _judged(fitted: Fitted, tests: Sequence[Shown], vectors: NDArray[np.float32]) -> dict[str, Any]:
    logits = ((vectors - fitted.mean) / fitted.scale) @ fitted.weights.T + fitted.intercept
    shares = softmax(np.asarray(logits, np.float64) / fitted.temperature)
    counts = [fitted.words.count(word) for word in fitted.classes]
    policy = SecondStagePolicy()
    filed, score = np.ones(len(tests), bool), np.zeros(len(tests))
    for row, one in enumerate(tests):
        said = answer(_kind(one.word), "bench", fitted.classes, counts, shares[row].tolist(), policy)
        if said is not None:
            filed[row] = not said.rejected
            score[row] = said.evidence
    right = np.array([one.word in RIGHT for one in tests])
    bar = np.quantile(score[right], 1 - _RECALL, method="lower")
    return {
        "tests": len(tests),
        "false_after": float(filed[~right].mean()),
        "recall_after": float(filed[right].mean()),
        "false_at_recall": float((score[~right] >= bar).mean()),
        "left": Counter(one.word for one, files in zip(tests, filed, strict=True) if files and one.word not in RIGHT),
    }


def _kind(word: str) -> str:
    if word in RIGHT:
        return next(kind for kind, words in RIGHT_FOR.items() if word in words)
    return EventKind.WASTE_DUMPING if word in _LEFT_THINGS else EventKind.STREET_STALL


if __name__ == "__main__":
    main()

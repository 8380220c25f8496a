"""The report for a terminal's window: what was reached at each rate, and what was not."""

from collections.abc import Iterator, Sequence

from fusion.judging.goals import late, often, spoken
from fusion.judging.report import Figures, Report

_HEADS = ("rate", "kind", "recall", "precision", "false alarms/h", "due→told p50/p95", "repeats")


def lines_of(report: Report) -> Iterator[str]:
    """Plain text, one line each."""
    yield f"{report.clips} clips, {report.media_s / 60:.1f} min; model {report.model}"
    rows = [
        _row(rate.rate, figures)
        for rate in report.rates
        for figures in (*rate.kinds, rate.overall)
        if figures.recall.of or figures.signals or not figures.kind
    ]
    yield ""
    yield from _aligned([_HEADS, *rows])
    yield ""
    yield from _aligned(
        [
            ("rate", "CPU s/media s", "decode", "gate", "detect", "judge", "looks/min", "quiet look"),
            *(
                (
                    rate.rate,
                    f"{rate.spent.cpu_s_per_media_s:.4f}",
                    *(
                        f"{rate.spent.stages_s_per_media_s.get(s, 0):.4f}"
                        for s in ("decode", "gate", "detect", "judge")
                    ),
                    f"{rate.spent.looks_per_media_min:.1f}",
                    "–" if rate.spent.quiet_look_ms is None else f"{rate.spent.quiet_look_ms:.2f} ms",
                )
                for rate in report.rates
            ),
        ]
    )
    yield ""
    for goal in report.goals:
        state = {True: "reached", False: "MISSED", None: "nothing to measure"}[goal.reached]
        doubt = "" if goal.sure or goal.reached is None else " (too few to be sure)"
        yield f"{state:8} {goal.en}: {goal.found}, wanted {goal.wanted}{doubt}"
    for shown in report.misses:
        yield f"missed   {shown.clip} {shown.rate}: {shown.kind} {shown.en}"
    for shown in report.false_alarms:
        yield f"false    {shown.clip} {shown.rate} {shown.at_s:.1f} s: {shown.kind} on {shown.cause}: {shown.en}"


def _row(rate: str, figures: Figures) -> tuple[str, ...]:
    return (
        rate,
        figures.kind or "all",
        spoken(figures.recall),
        spoken(figures.precision),
        often(figures.false_alarms),
        late(figures.from_due),
        str(figures.repeats),
    )


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()

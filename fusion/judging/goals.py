"""The numbers to reach, and what `--wanted` asks for."""

from collections.abc import Iterator, Mapping, Sequence

from fusion.judging.report import Delay, Figures, Frequency, Goal, RateReport, Share
from fusion.types.errors import SiteError
from fusion.types.signal import EventKind

RECALL, PRECISION = 0.95, 0.95
FALSE_PER_HOUR = 0.1
_OF_FULL_RECALL, _OF_FULL_CPU = 0.95, 0.1
_DELAYS_S = {str(EventKind.STREET_STALL): 5.0, str(EventKind.WASTE_DUMPING): 10.0}
_QUIET_MS = 0.5
KINDS_ZH = {str(EventKind.STREET_STALL): "占道经营", str(EventKind.WASTE_DUMPING): "垃圾倾倒"}
RATES_ZH = {"full": "全解码", "keyframes": "关键帧", "adaptive": "自适应"}
#: What no false alarm may come from, as words of causes, scenes and conditions.
_NEVER = ("chat", "parked", "parking", "rain", "night", "light")
_WANTED = "wanted: recall=0.95,precision=0.95,false_per_hour=0.1, or some of these"


def goals(rates: Sequence[RateReport], causes: Mapping[str, Sequence[str]]) -> list[Goal]:
    """How far each goal is reached.

    Args:
        rates: as judged.
        causes: by rate, for each false alarm the words that say where it came from: cause, scene, conditions.
    """
    found = [goal for report in rates for goal in _of_rate(report, causes.get(report.rate, ()))]
    by_name = {report.rate: report for report in rates}
    if "full" in by_name and "adaptive" in by_name:
        found += _compared(by_name["full"], by_name["adaptive"])
    return found


def _of_rate(report: RateReport, words: Sequence[str]) -> Iterator[Goal]:
    rate, rate_zh = report.rate, RATES_ZH.get(report.rate, report.rate)
    for figures in report.kinds:
        kind, kind_zh = figures.kind, KINDS_ZH.get(figures.kind, figures.kind)
        yield _share(f"召回率 · {kind_zh} · {rate_zh}", f"recall · {kind} · {rate}", figures.recall, RECALL)
        yield _share(f"精确率 · {kind_zh} · {rate_zh}", f"precision · {kind} · {rate}", figures.precision, PRECISION)
    yield _frequency(
        f"反例误报（每路每小时） · {rate_zh}", f"false alarms on negatives, per camera-hour · {rate}",
        report.negatives.false_alarms,
    )  # fmt: skip
    count = sum(any(word in cause for word in _NEVER) for cause in words)
    yield Goal(
        zh=f"聊天、停车、雨、夜间、光线变化的误报 · {rate_zh}",
        en=f"false alarms on chat, parked cars, rain, night, light change · {rate}",
        wanted="0", found=str(count), reached=count == 0, sure=True,
    )  # fmt: skip
    for figures in report.kinds:
        if figures.kind in _DELAYS_S:
            yield _delay(figures, rate)
    quiet_ms = report.spent.quiet_look_ms
    yield Goal(
        zh=f"安静画面每次查看的判定开销（不含解码） · {rate_zh}",
        en=f"cost of a look at a quiet terminal, all but decoding · {rate}",
        wanted=f"≤ {_QUIET_MS:g} ms", found="–" if quiet_ms is None else f"{quiet_ms:.2f} ms",
        reached=None if quiet_ms is None else quiet_ms <= _QUIET_MS, sure=True,
    )  # fmt: skip


def _share(zh: str, en: str, share: Share, least: float) -> Goal:
    reached = None if share.value is None else share.value >= least
    return Goal(zh=zh, en=en, wanted=f"≥ {least:g}", found=spoken(share), reached=reached,
                sure=share.low >= least or share.high < least)  # fmt: skip


def _frequency(zh: str, en: str, frequency: Frequency) -> Goal:
    per_hour, high = frequency.per_hour, frequency.high
    reached = None if per_hour is None else per_hour <= FALSE_PER_HOUR
    sure = high is not None and (high <= FALSE_PER_HOUR or frequency.low > FALSE_PER_HOUR)
    return Goal(zh=zh, en=en, wanted=f"≤ {FALSE_PER_HOUR:g}", found=often(frequency), reached=reached, sure=sure)


def _delay(figures: Figures, rate: str) -> Goal:
    most_s, delay = _DELAYS_S[figures.kind], figures.from_due
    return Goal(
        zh=f"满足规则到报出 p95 · {KINDS_ZH[figures.kind]} · {RATES_ZH.get(rate, rate)}",
        en=f"from the rule being met to the signal, p95 · {figures.kind} · {rate}",
        wanted=f"≤ {most_s:g} s",
        found="–" if delay.p95_s is None else f"{delay.p95_s:.1f} s",
        reached=None if delay.p95_s is None else delay.p95_s <= most_s,
        sure=delay.count >= 20,
    )


def _compared(full: RateReport, adaptive: RateReport) -> Iterator[Goal]:
    whole, some = full.overall.recall.value, adaptive.overall.recall.value
    ratio = some / whole if whole and some is not None else None
    yield Goal(
        zh="自适应相对全解码的召回率", en="recall at the adaptive rate, of that at full",
        wanted=f"≥ {_OF_FULL_RECALL:g}", found="–" if ratio is None else f"{ratio:.2f}",
        reached=None if ratio is None else ratio >= _OF_FULL_RECALL, sure=full.overall.recall.of >= 60,
    )  # fmt: skip
    cpu = adaptive.spent.cpu_s / full.spent.cpu_s if full.spent.cpu_s else None
    yield Goal(
        zh="自适应相对全解码的处理器时间", en="processor time at the adaptive rate, of that at full",
        wanted=f"≤ {_OF_FULL_CPU:g}", found="–" if cpu is None else f"{cpu:.2f}",
        reached=None if cpu is None else cpu <= _OF_FULL_CPU, sure=True,
    )  # fmt: skip


def spoken(share: Share) -> str:
    """As in 0.95 (0.87–0.99), 38/40."""
    if share.value is None:
        return "–"
    return f"{share.value:.2f} ({share.low:.2f}–{share.high:.2f}), {share.hits}/{share.of}"


def often(frequency: Frequency) -> str:
    """As in 0.4 (0.0–2.2), 1 in 2.50 h."""
    if frequency.per_hour is None or frequency.high is None:
        return "–"
    return (
        f"{frequency.per_hour:.2f} ({frequency.low:.2f}–{frequency.high:.2f}), "
        f"{frequency.count} in {frequency.hours:.2f} h"
    )


def late(delay: Delay) -> str:
    """As in 1.2 / 4.0 s: p50 and p95."""
    return "–" if delay.p50_s is None or delay.p95_s is None else f"{delay.p50_s:.1f} / {delay.p95_s:.1f} s"


def read_wanted(text: str) -> dict[str, float]:
    """Of the command line.

    Raises:
        SiteError: another key, or no number from 0 on (shares: to 1).
    """
    wanted = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        key = key.strip()
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        most = {"recall": 1.0, "precision": 1.0, "false_per_hour": 1e6}.get(key)
        if most is None or not 0 <= number <= most:
            raise SiteError(f"--wanted: {part.strip()!r}; {_WANTED}")
        wanted[key] = number
    return wanted


def below(rates: Sequence[RateReport], wanted: Mapping[str, float]) -> list[str]:
    """What is not as wanted, in words; each kind that was due or told, at each rate."""
    words = []
    for report in rates:
        for figures in report.kinds:
            for name, share in (("recall", figures.recall), ("precision", figures.precision)):
                if name in wanted and share.of and (share.value or 0.0) < wanted[name]:
                    words.append(f"{name} of {figures.kind} at {report.rate} is {share.value:g}, "
                                 f"wanted {wanted[name]:g}")  # fmt: skip
        per_hour = report.overall.false_alarms.per_hour
        if "false_per_hour" in wanted and per_hour is not None and per_hour > wanted["false_per_hour"]:
            words.append(f"false alarms at {report.rate} are {per_hour:g} an hour, wanted {wanted['false_per_hour']:g}")
        if "recall" in wanted and not report.overall.recall.of:
            words.append(f"recall at {report.rate}: no event was due to measure it on")
    return words

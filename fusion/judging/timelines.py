"""Where everything stands on a clip's timeline: coordinates of the report's drawings, in units of 1000 across."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fusion.judging.report import ClipReport, Lane, Mark

_LEFT, _RIGHT, _ROW = 150.0, 990.0, 24
_RATES = {"full": "全解码 full", "keyframes": "关键帧 keyframes", "adaptive": "自适应 adaptive"}
_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200, 14_400, 28_800, 86_400)
_MOST_LOOKS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A span."""

    css: str
    x: float
    width: float
    dy: int = 4
    height: int = 12
    text: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A moment."""

    css: str
    x: float
    text: str


@dataclass(slots=True, kw_only=True)
class Row:
    """One line of the drawing."""

    y: int
    zh: str
    bars: list[Bar] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A number of the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One clip."""

    name: str
    scene: str
    media_s: float
    conditions: dict[str, str]
    state: str  #: "wrong" where an event was missed or an alarm false
    height: int
    ticks: list[Tick]
    rows: list[Row]


def timeline(clip: ClipReport) -> Timeline:
    """Of one clip: happenings, true events, then what each rate told."""
    scale = _Scale(max(clip.media_s, 1.0))
    rows: list[Row] = []
    if clip.happenings:
        rows.append(Row(y=0, zh="非事件 happening", bars=[scale.bar(mark, "happening") for mark in clip.happenings]))
    events = next((lane.events for lane in clip.lanes if lane.events), [])
    if events:
        bars = [bar for mark in events for bar in _event(scale, mark, clip.lanes)]
        rows.append(Row(y=_ROW * len(rows), zh="真实 truth", bars=bars))
    rows += [_lane(scale, lane, _ROW * (len(rows) + number)) for number, lane in enumerate(clip.lanes)]
    wrong = any(mark.state == "missed" for lane in clip.lanes for mark in lane.events) or any(
        mark.state == "false" for lane in clip.lanes for mark in lane.signals
    )
    return Timeline(
        name=clip.clip,
        scene=clip.scene,
        media_s=clip.media_s,
        conditions=clip.conditions,
        state="wrong" if wrong else "",
        height=_ROW * len(rows) + 20,
        ticks=list(scale.ticks()),
        rows=rows,
    )


class _Scale:
    def __init__(self, media_s: float) -> None:
        self._media_s = media_s

    def x(self, second: float) -> float:
        share = min(max(second / self._media_s, 0.0), 1.0)
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)

    def bar(self, mark: Mark, css: str, label: str | None = None) -> Bar:
        left, right = self.x(mark.start_s), self.x(mark.end_s)
        text = f"{mark.what} {mark.start_s:.1f}–{mark.end_s:.1f} s {mark.note}".strip()
        shown = mark.what if label is None else label
        fits = len(shown) * 6 < right - left
        return Bar(css=css, x=left, width=max(right - left, 1.5), text=text, label=shown if fits else "")

    def ticks(self) -> Iterator[Tick]:
        step = next((step for step in _STEPS_S if self._media_s / step <= 12), _STEPS_S[-1])
        for number in range(int(self._media_s / step) + 1):
            second = number * step
            text = f"{second} s" if self._media_s < 600 else f"{second / 60:g} min"
            yield Tick(x=self.x(second), text=text)


def _event(scale: _Scale, mark: Mark, lanes: Sequence[Lane]) -> Iterator[Bar]:
    missed = any(
        other.state == "missed" and (other.what, other.start_s) == (mark.what, mark.start_s)
        for lane in lanes
        for other in lane.events
    )
    yield scale.bar(mark, "event-missed" if missed else f"event-{mark.state}")
    if mark.at_s is not None:
        yield Bar(css="due", x=scale.x(mark.at_s), width=2, dy=2, height=16, text=f"due {mark.at_s:.1f} s")


def _lane(scale: _Scale, lane: Lane, y: int) -> Row:
    looks = lane.looks_s if len(lane.looks_s) <= _MOST_LOOKS else []
    bars = [Bar(css="look", x=scale.x(second), width=0.8, dy=15, height=4) for second in looks]
    bars += [scale.bar(mark, f"span-{mark.state}", "") for mark in lane.signals]
    pins = [
        Pin(css=f"sig-{mark.state}", x=scale.x(mark.at_s or 0.0), text=f"{mark.what} {mark.at_s} s {mark.note}".strip())
        for mark in lane.signals
    ]
    return Row(y=y, zh=_RATES.get(lane.rate, lane.rate), bars=bars, pins=pins, fault=lane.fault)

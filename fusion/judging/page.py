"""The report in a folder: report.json for machines, index.html for people."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import cv2
import jinja2
import msgspec
import numpy as np

from fusion.judging.goals import KINDS_ZH, PRECISION, RATES_ZH, RECALL
from fusion.judging.report import CurvePoint, Report, Shown
from fusion.judging.timelines import timeline
from fusion.types.errors import SiteError

_THUMB_PX = 560
_MOST_CARDS = 200  #: of misses and of false alarms; report.json has them all

WORDS = MappingProxyType(
    {
        "rates": RATES_ZH,
        "kinds": KINDS_ZH,
        "causes": {"unknown": "不明 unknown", "repeat": "重复报出 repeat"},
        "dimensions": {
            "camera": "机位",
            "clock": "画面时钟",
            "codec": "编码",
            "difficulty": "难度",
            "fault": "摄像机故障",
            "light": "光线",
            "scene": "场景",
            "size": "人体大小",
            "street": "街道",
            "weather": "天气",
        },
    }
)


@dataclass(slots=True)
class Card:
    """A miss or false alarm, with all the rates at which it came."""

    shown: Shown
    rates: list[str]
    thumb: str = ""  #: a data URI

    def __getattr__(self, name: str) -> object:
        return getattr(self.shown, name)


@dataclass(slots=True)
class Line:
    """One rate's precision–recall curve."""

    rate: str
    points: list[CurvePoint]


@dataclass(slots=True)
class Curves:
    """One kind's, of all rates."""

    kind: str
    lines: list[Line] = field(default_factory=list)


def write_report(report: Report, folder: Path) -> None:
    """Write both; the pictures are there already.

    Raises:
        SiteError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        (folder / "index.html").write_text(page_of(report, folder), encoding="utf-8")
    except OSError as error:
        raise SiteError(f"{folder}: cannot be written: {error.strerror}; wanted: a folder to write to") from error


def page_of(report: Report, folder: Path) -> str:
    """The page as HTML that needs nothing but the pictures' folder, and even that only for the large ones."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fusion.judging"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("report.html.j2").render(
        report=report,
        words=WORDS,
        goal={"recall": RECALL, "precision": PRECISION},
        most_cpu=max([rate.spent.cpu_s_per_media_s for rate in report.rates] + [1e-9]),
        curves=_curves(report),
        clips=[timeline(clip) for clip in report.runs],
        misses=_cards(report.misses, folder),
        false_alarms=_cards(report.false_alarms, folder),
    )


def _curves(report: Report) -> list[Curves]:
    kinds: dict[str, Curves] = {}
    for rate in report.rates:
        for curve in rate.curves:
            kinds.setdefault(curve.kind, Curves(curve.kind)).lines.append(Line(rate.rate, curve.points))
    return [curves for curves in kinds.values() if any(line.points for line in curves.lines)]


def _cards(shown: Sequence[Shown], folder: Path) -> list[Card]:
    """One a moment: what came at several rates is shown once."""
    cards: dict[tuple[str, str, float, str | None], Card] = {}
    for one in shown:
        key = (one.clip, one.kind, one.at_s, one.cause)
        if key in cards:
            cards[key].rates.append(one.rate)
        elif len(cards) < _MOST_CARDS:
            cards[key] = Card(one, [one.rate], _thumb(folder / one.picture) if one.picture else "")
    return list(cards.values())


def _thumb(file: Path) -> str:
    """The picture, smaller, inside the page."""
    try:
        image = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except OSError:
        return ""
    if image is None:
        return ""
    height, width = image.shape[:2]
    factor = min(1.0, _THUMB_PX / width)
    small = cv2.resize(image, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 75])
    return "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode("ascii")

"""The month's figures as a document (PDF, A4) with plots.

The font is STSong-Light, one of the Asian fonts that every PDF reader brings (ISO 32000-1, 9.7.5.2, Adobe-GB1), so no
font file travels with it.
"""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.graphics.charts.barcharts import HorizontalBarChart, VerticalBarChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from fusion.assessment.figures import Figures, Month
from fusion.assessment.titles import COLUMNS, STRETCHES, Titles, counts, length
from fusion.types.people import isolated, shortened

_FONT: Final = "STSong-Light"
_BLUE, _PALE, _RED = colors.HexColor("#1f4e79"), colors.HexColor("#eef3f8"), colors.HexColor("#b23b3b")
_WIDTH: Final = A4[0] - 36 * mm
_MOST_ROWS: Final = 40
_CHARTED: Final = 12
_TITLE = ParagraphStyle("title", fontName=_FONT, fontSize=17, leading=24, textColor=_BLUE)
_HEADING = ParagraphStyle("heading", fontName=_FONT, fontSize=12, leading=18, textColor=_BLUE, spaceBefore=8)
_TEXT = ParagraphStyle("text", fontName=_FONT, fontSize=9, leading=13)
_CELL = ParagraphStyle("cell", fontName=_FONT, fontSize=7.5, leading=9.5, wordWrap="CJK")


def pdf_of(month: Month, titles: Titles) -> bytes:
    """The document."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        title=f"{titles.zone} {month.month}",
        author="fusion",
    )
    parts: list[Any] = [
        Paragraph(_shown(f"{titles.zone} {month.month} 联席会议月报"), _TITLE),
        Paragraph(f"制表时间 {titles.made_at:%Y-%m-%d %H:%M}（{titles.made_at:%z}）", _TEXT),
        Spacer(1, 3 * mm),
        _summary(month),
        Paragraph("每日立案", _HEADING),
        _columns([f"{day.day}" for day, _ in month.by_day], [count for _, count in month.by_day]),
        Paragraph("按小时（发现时间）", _HEADING),
        _columns([f"{hour}" for hour in range(24)], list(month.by_hour)),
        Paragraph("用时", _HEADING),
        _spans(month.total),
    ]
    sections: tuple[tuple[str, Sequence[Figures], Callable[[str], str]], ...] = (
        ("按网格", month.by_grid, titles.grid),
        ("按类别", month.by_kind, titles.kind),
        ("按来源", month.by_source, titles.source),
        ("按平台", month.by_platform, titles.platform),
        ("按网格员", month.by_worker, titles.worker),
    )
    for name, groups, named in sections:
        parts += _section(name, groups, named)
    document.build(parts, onFirstPage=_page_number, onLaterPages=_page_number)
    return out.getvalue()


def _shown(text: str) -> str:
    """People's words within reportlab's own markup: text, never tags."""
    return escape(isolated(text)).replace("\u2068", "").replace("\u2069", "")


def _summary(month: Month) -> Table:
    head = ["", *(zh for zh, _ in COLUMNS)]
    rows = [["本月", *map(_cell, counts(month.total))], ["上月", *map(_cell, counts(month.before))]]
    return _styled([head, *rows], [14 * mm, *([(_WIDTH - 14 * mm) / len(COLUMNS)] * len(COLUMNS))])


def _spans(total: Figures) -> Table:
    head = ["", *(zh for zh, _ in STRETCHES)]
    rows = [
        ["件数", *(str(span.count) for span in total.spans)],
        ["中位数", *(length(span.median_s) for span in total.spans)],
        ["90% 分位", *(length(span.p90_s) for span in total.spans)],
    ]
    return _styled([head, *rows], [20 * mm, *([(_WIDTH - 20 * mm) / len(STRETCHES)] * len(STRETCHES))])


def _section(name: str, groups: Sequence[Figures], named: Callable[[str], str]) -> list[Any]:
    if not groups:
        return [Paragraph(f"{name}：本月没有案卷", _HEADING)]
    shown = groups[:_MOST_ROWS]
    head = ["", *(zh for zh, _ in COLUMNS), "处置中位"]
    rows = [
        [
            Paragraph(_shown(named(group.key)), _CELL),
            *map(_cell, counts(group)),
            length(group.spans[2].median_s),
        ]
        for group in shown
    ]
    first_width = 44 * mm
    width = (_WIDTH - first_width) / (len(COLUMNS) + 1)
    table = _styled([head, *rows], [first_width, *([width] * (len(COLUMNS) + 1))])
    rest = [Paragraph(f"另有 {len(groups) - _MOST_ROWS} 行，见工作簿。", _TEXT)] if len(groups) > _MOST_ROWS else []
    chart = _bars([named(group.key) for group in shown[:_CHARTED]], [group.found for group in shown[:_CHARTED]])
    return [KeepTogether([Paragraph(name, _HEADING), chart]), table, *rest]


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0%}" if isinstance(value, float) else str(value)


def _styled(rows: list[list[Any]], widths: list[float]) -> Table:
    table = Table(rows, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), _FONT, 7.5),
                ("TEXTCOLOR", (0, 0), (-1, 0), colors.white),
                ("BACKGROUND", (0, 0), (-1, 0), _BLUE),
                ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, _PALE]),
                ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#c8d3de")),
            ]
        )
    )
    return table


def _columns(names: Sequence[str], values: Sequence[int]) -> Drawing:
    drawing = Drawing(_WIDTH, 42 * mm)
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 24, 16, _WIDTH - 34, 32 * mm
    chart.data = [list(values)]
    chart.categoryAxis.categoryNames = list(names)
    chart.categoryAxis.labels.fontName = chart.valueAxis.labels.fontName = _FONT
    chart.categoryAxis.labels.fontSize = chart.valueAxis.labels.fontSize = 6.5
    _value_axis(chart.valueAxis, max(values, default=0))
    chart.bars[0].fillColor, chart.bars[0].strokeColor = _BLUE, None
    chart.groupSpacing = 3
    drawing.add(chart)
    return drawing


def _bars(names: Sequence[str], values: Sequence[int]) -> Drawing:
    high = 6.2 * mm * len(names)
    drawing = Drawing(_WIDTH, high + 20)
    chart = HorizontalBarChart()
    chart.x, chart.y, chart.width, chart.height = 46 * mm, 14, _WIDTH - 62 * mm, high
    chart.data = [list(values)]
    # The names are drawn here: the chart's own labels do not shrink to the room that they have.
    chart.categoryAxis.categoryNames = ["" for _ in names]
    chart.categoryAxis.reverseDirection = 1
    chart.valueAxis.labels.fontName, chart.valueAxis.labels.fontSize = _FONT, 6.5
    _value_axis(chart.valueAxis, max(values, default=0))
    chart.bars[0].fillColor, chart.bars[0].strokeColor = _BLUE, None
    chart.barLabelFormat = "%d"
    chart.barLabels.fontName, chart.barLabels.fontSize = _FONT, 6.5
    chart.barLabels.boxAnchor, chart.barLabels.dx = "w", 3
    drawing.add(chart)
    step = high / len(names)
    for index, name in enumerate(names):
        text = shortened(_plain(name), 18)
        at_y = 14 + high - step * (index + 0.5) - 2.5
        drawing.add(String(44 * mm, at_y, text, fontName=_FONT, fontSize=7, textAnchor="end"))
    return drawing


def _plain(text: str) -> str:
    return isolated(text).replace("\u2068", "").replace("\u2069", "")


def _value_axis(axis: Any, most: int) -> None:
    step = next(n * 10**e for e in range(9) for n in (1, 2, 5) if n * 10**e * 5 >= most)
    axis.valueMin, axis.valueStep, axis.valueMax = 0, step, step * (most // step + 1)
    axis.labelTextFormat = "%d"
    axis.strokeColor = axis.gridStrokeColor = colors.HexColor("#c8d3de")
    axis.visibleGrid = 1


def _page_number(canvas: Any, document: Any) -> None:
    canvas.setFont(_FONT, 7.5)
    canvas.drawRightString(A4[0] - 18 * mm, 9 * mm, f"第 {document.page} 页")

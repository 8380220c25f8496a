"""The month's figures as a workbook (XLSX) with native charts, so that the meeting can go on calculating."""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from fusion.assessment.figures import Figures, Month
from fusion.assessment.titles import COLUMNS, STRETCHES, Titles, counts
from fusion.types.people import isolated

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_HEAD: Final = PatternFill("solid", fgColor="1F4E79")
_SHARE_COLUMN: Final = 6  # of `COLUMNS`
_CHARTED: Final = 15  # rows of a table that its chart shows


def xlsx_of(month: Month, titles: Titles) -> bytes:
    """The workbook."""
    book = Workbook()
    overview = book.active
    overview.title = "总览 Overview"
    _overview(overview, month, titles)
    tables: tuple[tuple[str, Sequence[Figures], Callable[[str], str]], ...] = (
        ("网格 Grids", month.by_grid, titles.grid),
        ("网格员 Workers", month.by_worker, titles.worker),
        ("平台 Platforms", month.by_platform, titles.platform),
        ("类别 Kinds", month.by_kind, titles.kind),
        ("来源 Sources", month.by_source, titles.source),
    )
    for name, groups, named in tables:
        _table(book.create_sheet(name), name, groups, named)
    _times(book.create_sheet("时间 Times"), month)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def neutral(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula, whatever people wrote (CWE-1236)."""
    if not isinstance(value, str):
        return value
    text = isolated(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> Any:
    cell = sheet.cell(row, column)
    shown = neutral(value)
    cell.value = shown
    if isinstance(shown, str):
        cell.data_type = "s"  # openpyxl would make a formula of a text that begins with "="
    return cell


def _head(sheet: Worksheet, row: int, words: Sequence[str]) -> None:
    for column, word in enumerate(words, start=1):
        cell = _put(sheet, row, column, word)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
    sheet.row_dimensions[row].height = 32


def _overview(sheet: Worksheet, month: Month, titles: Titles) -> None:
    _put(sheet, 1, 1, f"{titles.zone} {month.month} 联席会议月报 Monthly report").font = Font(bold=True, size=14)
    _put(sheet, 2, 1, f"制表 {titles.made_at:%Y-%m-%d %H:%M %z}")
    _head(sheet, 4, ["指标 Figure", "本月 This month", "上月 Month before", "增减 Change"])
    row = 5
    for (zh, en), now, before in zip(COLUMNS, counts(month.total), counts(month.before), strict=True):
        _put(sheet, row, 1, f"{zh} {en}")
        for column, value in ((2, now), (3, before), (4, _less(now, before))):
            cell = _put(sheet, row, column, "–" if value is None else value)
            cell.number_format = "0.0%" if en == COLUMNS[_SHARE_COLUMN][1] else "0"
        row += 1
    row += 1
    _head(sheet, row, ["用时（分钟） Time taken, minutes", "件数 Cases", "中位数 Median", "90% 分位 p90"])
    for (zh, en), span in zip(STRETCHES, month.total.spans, strict=True):
        row += 1
        _put(sheet, row, 1, f"{zh} {en}")
        _put(sheet, row, 2, span.count)
        for column, seconds in ((3, span.median_s), (4, span.p90_s)):
            _put(sheet, row, column, "–" if seconds is None else seconds / 60).number_format = "0.0"
    for letter, width in zip("ABCD", (36, 18, 18, 16), strict=True):
        sheet.column_dimensions[letter].width = width


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def _table(sheet: Worksheet, name: str, groups: Sequence[Figures], named: Callable[[str], str]) -> None:
    medians = [f"{zh} 中位数（分） {en}, median min" for zh, en in STRETCHES]
    tails = [f"{zh} p90（分） {en}, p90 min" for zh, en in STRETCHES]
    _head(sheet, 1, [name, *(f"{zh} {en}" for zh, en in COLUMNS), *medians, *tails])
    for row, group in enumerate(groups, start=2):
        _put(sheet, row, 1, named(group.key))
        for column, value in enumerate(counts(group), start=2):
            _put(sheet, row, column, value)
        sheet.cell(row, 2 + _SHARE_COLUMN).number_format = "0.0%"
        lengths = [*(span.median_s for span in group.spans), *(span.p90_s for span in group.spans)]
        for column, seconds in enumerate(lengths, start=2 + len(COLUMNS)):
            _put(sheet, row, column, None if seconds is None else seconds / 60).number_format = "0.0"
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 30
    for column in range(2, 2 + len(COLUMNS) + 2 * len(STRETCHES)):
        sheet.column_dimensions[get_column_letter(column)].width = 12
    if groups:
        _bars(sheet, name, min(len(groups), _CHARTED))


def _bars(sheet: Worksheet, name: str, rows: int) -> None:
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap = "bar", "clustered", 0
    chart.title = name
    for column in (2, 5, 9):  # found, closed, false
        chart.add_data(Reference(sheet, min_col=column, min_row=1, max_row=1 + rows), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=1 + rows))
    chart.y_axis.majorGridlines = None
    chart.x_axis.scaling.orientation = "maxMin"  # most cases on top, as in the table
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.height, chart.width = max(7.0, 0.9 * rows + 3), 20.0
    sheet.add_chart(chart, f"B{rows + 5}")


def _times(sheet: Worksheet, month: Month) -> None:
    _head(sheet, 1, ["日期 Day", "立案 Cases", "", "时 Hour", "发现 Found"])
    for row, (day, count) in enumerate(month.by_day, start=2):
        _put(sheet, row, 1, day).number_format = "yyyy-mm-dd"
        _put(sheet, row, 2, count)
    for row, count in enumerate(month.by_hour, start=2):
        _put(sheet, row, 4, row - 2)
        _put(sheet, row, 5, count)
    sheet.column_dimensions["A"].width = 13
    days = LineChart()
    days.title = "每日立案 Cases a day"
    days.add_data(Reference(sheet, min_col=2, min_row=1, max_row=1 + len(month.by_day)), titles_from_data=True)
    days.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=1 + len(month.by_day)))
    days.x_axis.number_format = "mm-dd"
    hours = BarChart()
    hours.title = "按小时 By the hour"
    hours.add_data(Reference(sheet, min_col=5, min_row=1, max_row=25), titles_from_data=True)
    hours.set_categories(Reference(sheet, min_col=4, min_row=2, max_row=25))
    for chart, at in ((days, "G2"), (hours, "G19")):
        chart.legend = None
        chart.x_axis.delete = chart.y_axis.delete = False
        chart.height, chart.width = 8.0, 20.0
        sheet.add_chart(chart, at)

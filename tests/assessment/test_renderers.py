"""The month's report as a sheet and as a document."""

import io
import shutil
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from fusion.assessment.figures import Month, month_of
from fusion.assessment.pdf import pdf_of
from fusion.assessment.sheet import neutral, xlsx_of
from fusion.assessment.titles import Titles, length

from .test_figures import SHANGHAI, a_row

EVIL = '=HYPERLINK("http://evil","x")'


@pytest.fixture(scope="module")
def month() -> Month:
    rows = [a_row(n, (1, 2, 12, 20), grid_id=f"R-{n % 20:02d}", kind=EVIL, overdue=n % 3 == 0) for n in range(60)]
    return month_of("2026-11", rows, rows[:10], SHANGHAI)


@pytest.fixture(scope="module")
def titles() -> Titles:
    made = datetime(2026, 12, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    return Titles("示范经济开发区", {"R-01": "张村网格"}, {"W-1": "<b>王</b> & \u202eاب"}, {}, made)


def test_the_sheet_has_the_figures_as_numbers_and_native_charts(month: Month, titles: Titles) -> None:
    data = xlsx_of(month, titles)
    book = openpyxl.load_workbook(io.BytesIO(data))
    overview = book["总览 Overview"]
    assert overview["A5"].value == "发现 Found"
    assert (overview["B5"].value, overview["C5"].value, overview["D5"].value) == (60, 10, 50)
    assert book["网格 Grids"]["A3"].value == "R-01 张村网格"
    assert book["网格 Grids"]["L2"].value == 1.0  # minutes from found to told
    charts = [name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 7


def test_no_cell_is_a_formula_whatever_people_wrote(month: Month, titles: Titles) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(month, titles)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert f"'{EVIL}" in {cell.value for cell in cells}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"])
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(text: str) -> None:
    assert str(neutral(text)).startswith("'")
    assert neutral("张村 = 好") == "张村 = 好"
    assert neutral(-1) == -1


def test_the_document_reads_as_chinese_and_shows_markup_as_text(month: Month, titles: Titles, tmp_path: Path) -> None:
    data = pdf_of(month, titles)
    assert data.startswith(b"%PDF-")
    assert b"STSong-Light" in data
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("poppler-utils is not installed")
    (tmp_path / "month.pdf").write_bytes(data)
    read = subprocess.run([program, tmp_path / "month.pdf", "-"], capture_output=True, text=True, check=True).stdout
    for word in ("示范经济开发区 2026-11 联席会议月报", "按网格", "张村网格", "<b>王</b> &", "上月"):
        assert word in read


def test_a_month_without_cases_is_a_report_too(titles: Titles) -> None:
    empty = month_of("2026-11", [], [], SHANGHAI)
    assert pdf_of(empty, titles).startswith(b"%PDF-")
    assert len(openpyxl.load_workbook(io.BytesIO(xlsx_of(empty, titles))).sheetnames) == 7


def test_lengths_are_told_in_their_largest_unit() -> None:
    assert [length(s) for s in (None, 40, 90, 7200, 90_000)] == ["–", "40 秒", "1.5 分", "2.0 小时", "1.0 天"]

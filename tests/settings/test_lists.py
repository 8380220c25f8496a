"""Lists that offices save: a hotline's day, a register of stalls."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fusion.settings.day_list import Bad, Good, read_day_list
from fusion.settings.problems import SiteProblems
from fusion.settings.stalls import read_stalls, stall_of
from fusion.types.errors import SiteError

SHANGHAI = ZoneInfo("Asia/Shanghai")
KINDS = {"street_stall": "street_stall", "占道经营": "street_stall"}
HEAD = "工单号,受理时间,类别,经度,纬度,坐标系,诉求内容,来电人\n"


def read(tmp_path: Path, text: str, coding: str = "utf-8") -> list[Good | Bad]:
    file = tmp_path / "day.csv"
    file.write_bytes(text.encode(coding))
    return read_day_list(file, "8890", KINDS, SHANGHAI, "import")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_list_is_read_in_the_codings_of_offices_and_who_called_is_left_unread(tmp_path: Path, coding: str) -> None:
    (row,) = read(tmp_path, HEAD + "A-1,2026/11/24 8:05,占道经营,120.03,29.33,GCJ-02,路口有摊,张三\n", coding)
    assert isinstance(row, Good)
    assert row.raw.at == datetime(2026, 11, 24, 0, 5, tzinfo=UTC)
    assert (row.raw.key, row.raw.kind, row.raw.datum, row.raw.text) == ("A-1", "street_stall", "gcj02", "路口有摊")
    assert "张三" not in repr(row)


@pytest.mark.parametrize(
    "text", ["2026-11-24 08:05", "2026年11月24日 8:05:00", "2026-11-24T00:05Z", "2026-11-24 08:05:00+08:00"]
)
def test_times_are_read_as_people_write_them(tmp_path: Path, text: str) -> None:
    (row,) = read(tmp_path, HEAD + f"A-1,{text},占道经营,120.03,29.33,wgs84,x,\n")
    assert isinstance(row, Good)
    assert row.raw.at == datetime(2026, 11, 24, 0, 5, tzinfo=UTC)


def test_bad_rows_are_told_by_their_number_and_the_good_ones_are_read(tmp_path: Path) -> None:
    lines = [
        "A-1,昨天,占道经营,120.03,29.33,wgs84,x,",
        "",
        "A-2,2026-11-24 08:05,占道经营,东经,29.33,wgs84,x,",
        "A-3,2026-11-24 08:05,占道经营",
        "A-4,2026-11-24 08:05,占道经营,120.03,29.33,wgs84,x,",
        "A-5,2026-02-30 08:05,占道经营,120.03,29.33,wgs84,x,",
    ]
    rows = read(tmp_path, HEAD + "\n".join(lines))
    assert [(row.row, row.why) for row in rows if isinstance(row, Bad)] == [
        (2, "time '昨天'; wanted: a time such as 2026-11-24 15:30:00"),
        (4, "lon '东经'; wanted: a number"),
        (5, "text: missing; wanted: a cell for each column of the heading"),
        (7, "time '2026-02-30 08:05'; wanted: a time such as 2026-11-24 15:30:00"),
    ]
    assert [row.row for row in rows if isinstance(row, Good)] == [6]


def test_a_row_without_a_number_has_a_key_of_its_own_words(tmp_path: Path) -> None:
    line = ",2026-11-24 08:05,占道经营,120.03,29.33,wgs84,{},\n"
    rows = read(tmp_path, HEAD + line.format("x") + line.format("y") + line.format("x"))
    keys = [row.raw.key for row in rows if isinstance(row, Good)]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04\x00\x00", "not a workbook"),
        (b"\xff\xff\xff\xff,", "neither UTF-8 nor GB 18030"),
        (b"", "no column time, kind, lon, lat, datum, text"),
        ("时间,类别,经度,纬度,内容\n".encode(), "no column datum; wanted: number, time"),
        ("时间,受理时间,类别,经度,纬度,坐标系,内容\n".encode(), "column time stands twice"),
        (HEAD.encode() + b'"' + b"x" * 200_000, "not CSV"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "day.csv").write_bytes(data)
    with pytest.raises(SiteError) as refused:
        read_day_list(tmp_path / "day.csv", "8890", KINDS, SHANGHAI, "import")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_register_in_csv_has_a_row_for_each_place(tmp_path: Path) -> None:
    file = tmp_path / "stalls.csv"
    file.write_text(
        "编号,姓名,电话,经度,纬度,坐标系,时段,截止日期\n"
        "S-1,王建国,13800000000,120.03,29.33,wgs84,06:00-09:00 mon-fri;16:00-20:00,2026-12-31\n"
        "S-1,王建国,13800000000,120.04,29.34,wgs84,,\n"
        "S-2,李梅,,,,,,\n",
        encoding="gb18030",
    )
    one, two = read_stalls(file)
    assert (one.vendor, one.valid_until, len(one.places), two.places) == ("王建国", date(2026, 12, 31), 2, ())
    assert [(w.start, w.end, len(w.weekdays)) for w in one.places[0].windows] == [
        (time(6), time(9), 5),
        (time(16), time(20), 7),
    ]


def test_a_register_in_yaml_is_refused_with_file_and_line_and_without_a_datum_by_name(tmp_path: Path) -> None:
    file = tmp_path / "stalls.yaml"
    file.write_text(
        "- {id: S-1, vendor: 王, places: [{point: [120.03, 29.33], datum: gcj02, windows: ['06:00-09:00']}]}\n"
        "- {id: S-2, vendor: 李, places: [{point: [120.03, 29.33]}]}\n"
    )
    with pytest.raises(SiteProblems, match=r"stalls\.yaml:2: 1\.places\.0\.datum: missing"):
        read_stalls(file)


def test_a_form_that_is_wrong_is_refused_without_saying_personal_data_back() -> None:
    with pytest.raises(SiteError, match=r"stall: phone: .*pattern") as refused:
        stall_of({"id": "S-1", "vendor": "王建国", "phone": "secret-number"})
    assert "王建国" not in str(refused.value)
    assert "secret-number" not in str(refused.value)

"""A hotline's list of a day as CSV: one row a report, columns by their English or Chinese names.

| key | other names | what |
|---|---|---|
| `number` | 工单号, 工单编号, 编号 | the hotline's own number; without it the row's text is its key |
| `time` | 时间, 受理时间, 来电时间, 诉求时间 | `2026-11-24 15:30[:00]`, the site's clock, or with its own zone |
| `kind` | 类别, 类型, 事项 | an id of the site's kinds, or its Chinese or English name |
| `lon`, `lat` | 经度, 纬度 | degrees |
| `datum` | 坐标系 | wgs84, cgcs2000, gcj02 or bd09; no row without it |
| `uncertainty_m` | 误差, 误差米 | within so many metres; may be left out |
| `text` | 内容, 诉求内容, 描述 | what was said |
| `address` | 地址, 地点 | put before the text |

Other columns (who called, from which number) are left unread.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

from fusion.settings.csv_text import read_csv_text
from fusion.types.errors import SiteError
from fusion.types.report import RawReport

COLUMNS: Final = {
    "number": ("工单号", "工单编号", "编号"),
    "time": ("时间", "受理时间", "来电时间", "诉求时间"),
    "kind": ("类别", "类型", "事项"),
    "lon": ("经度",),
    "lat": ("纬度",),
    "datum": ("坐标系",),
    "uncertainty_m": ("误差", "误差米"),
    "text": ("内容", "诉求内容", "描述"),
    "address": ("地址", "地点"),
}
_WANTED: Final = ("time", "kind", "lon", "lat", "datum", "text")
_DATUMS: Final = {"gcj-02": "gcj02", "bd-09": "bd09", "wgs-84": "wgs84", "国测局": "gcj02", "百度": "bd09"}
_MOST_ROWS: Final = 100_000
_TIME: Final = re.compile(
    r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})日?[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,6}(\.\d{1,15})?")


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be read."""

    row: int  #: as a spreadsheet numbers it: the heading is row 1
    why: str


@dataclass(frozen=True, slots=True)
class Good:
    """A row as a report, not yet checked against the zone."""

    row: int
    raw: RawReport


def read_day_list(
    file: Path, source: str, kinds: Mapping[str, str], clock: ZoneInfo, entered_by: str
) -> list[Good | Bad]:
    """Every row of a list.

    Args:
        file: CSV in UTF-8 or GB 18030.
        source: whose list it is, as a report's source.
        kinds: the id of each kind by its id and its names.
        clock: of the site, for times without a zone.
        entered_by: the actor.

    Raises:
        SiteError: the file cannot be read, or lacks a column.
    """
    reader = csv.reader(io.StringIO(read_csv_text(file)))
    names = {name: key for key, others in COLUMNS.items() for name in (key, *others)}
    try:
        head = [names.get(cell.strip().lower(), "") for cell in next(reader, [])]
        if missing := [key for key in _WANTED if key not in head]:
            raise SiteError(f"{file}:1: no column {', '.join(missing)}; wanted: {', '.join(COLUMNS)}")
        twice = sorted({key for key in head if key and head.count(key) > 1})
        if twice:
            raise SiteError(f"{file}:1: column {twice[0]} stands twice; wanted: once")
        found: list[Good | Bad] = []
        for row, cells in enumerate(reader, start=2):
            if row > _MOST_ROWS:
                raise SiteError(f"{file}: more than {_MOST_ROWS} rows; wanted: a day's list")
            facts = {key: cell.strip() for key, cell in zip(head, cells, strict=False) if key}
            if any(facts.values()):
                found.append(_read(row, facts, source, kinds, clock, entered_by))
    except csv.Error as error:
        raise SiteError(f"{file}:{reader.line_num}: not CSV: {error}") from error
    return found


def _read(
    row: int, facts: Mapping[str, str], source: str, kinds: Mapping[str, str], clock: ZoneInfo, entered_by: str
) -> Good | Bad:
    try:
        said = " ".join(part for part in (facts.get("address", ""), facts["text"]) if part)
        raw = RawReport(
            source=source,
            key=facts.get("number") or _key(facts),
            kind=kinds.get(facts["kind"].lower(), facts["kind"]),
            lon=_number("lon", facts["lon"]),
            lat=_number("lat", facts["lat"]),
            datum=_DATUMS.get(facts["datum"].lower(), facts["datum"].lower()),
            at=_time(facts["time"], clock),
            text=said,
            uncertainty_m=_number("uncertainty_m", text) if (text := facts.get("uncertainty_m")) else None,
            entered_by=entered_by,
        )
    except KeyError as error:
        return Bad(row, f"{error.args[0]}: missing; wanted: a cell for each column of the heading")
    except SiteError as error:
        return Bad(row, str(error))
    return Good(row, raw)


def _key(facts: Mapping[str, str]) -> str:
    said = "\0".join(facts.get(key, "") for key in COLUMNS)
    return f"row-{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _number(name: str, text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise SiteError(f"{name} {text[:32]!r}; wanted: a number")
    return float(text)


def _time(text: str, clock: ZoneInfo) -> datetime:
    found = _TIME.fullmatch(text)
    try:
        year, month, day, hour, minute, second, zone = found.groups("0") if found else _none()
        plain = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second:0>2}{'' if zone == '0' else zone}"
        at = datetime.fromisoformat(plain)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=clock).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SiteError(f"time {text[:32]!r}; wanted: a time such as 2026-11-24 15:30:00") from error


def _none() -> NoReturn:
    raise ValueError

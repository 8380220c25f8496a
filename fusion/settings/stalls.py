"""The register of stalls as people write it: YAML with a list, or CSV with a row for each permitted place."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, ValidationError, model_validator

from fusion.geo.datum import to_wgs84
from fusion.plugins import Config
from fusion.settings.csv_text import read_csv_text
from fusion.settings.problems import Problem, SiteProblems
from fusion.settings.registers import Id, LonLat, parse_window
from fusion.settings.tables import Row, read_table
from fusion.types.errors import SiteError
from fusion.types.people import plain
from fusion.types.place import Datum
from fusion.types.stall import PermittedPlace, Stall

Line = Annotated[str, Field(max_length=100), AfterValidator(plain)]
#: what a CSV must and may have as its columns, with the Chinese names that offices use
COLUMNS: Final = {
    "id": ("编号", "摊位编号"),
    "vendor": ("姓名", "经营者", "摊主"),
    "permit_no": ("许可证号", "证号"),
    "phone": ("电话", "联系电话"),
    "sells": ("经营品类", "经营范围"),
    "lon": ("经度",),
    "lat": ("纬度",),
    "datum": ("坐标系",),
    "radius_m": ("半径", "半径米"),
    "windows": ("时段", "许可时段"),
    "valid_from": ("起始日期",),
    "valid_until": ("截止日期",),
}
_OF_PLACE: Final = frozenset({"lon", "lat", "datum", "radius_m", "windows"})


class PlaceEntry(Config):
    """Where and when a vendor may trade; the datum is always named."""

    point: LonLat
    datum: Datum
    radius_m: Annotated[float, Field(gt=0, le=50)] = 3.0
    windows: tuple[Annotated[str, AfterValidator(lambda text: (parse_window(text), text)[1])], ...] = ()

    def place(self) -> PermittedPlace:
        """As the engine knows it."""
        windows = tuple(parse_window(text) for text in self.windows)
        return PermittedPlace(point=to_wgs84(*self.point, self.datum), radius_m=self.radius_m, windows=windows)


class StallEntry(Config):
    """One registered stall."""

    id: Id
    vendor: Annotated[Line, Field(min_length=1)]
    permit_no: Line = ""
    phone: Annotated[str, Field(pattern=r"^[0-9+ ()-]{0,32}$")] = ""
    sells: Line = ""
    places: Annotated[tuple[PlaceEntry, ...], Field(max_length=50)] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "StallEntry":
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError(f"valid_until {self.valid_until}; wanted: not before valid_from")
        return self

    def stall(self) -> Stall:
        """As the engine knows it; SiteError where a position is none of its datum."""
        return Stall(
            id=self.id,
            vendor=self.vendor,
            permit_no=self.permit_no,
            phone=self.phone,
            sells=self.sells,
            places=tuple(entry.place() for entry in self.places),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


def stall_of(facts: Mapping[str, Any]) -> Stall:
    """A stall from the plain values of a form.

    Raises:
        SiteError: every fault, each with its key; no value is said back, since they are personal data.
    """
    try:
        return StallEntry.model_validate(facts).stall()
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
        raise SiteError(f"stall: {'; '.join(faults)[:500]}") from error


def read_stalls(file: Path) -> list[Stall]:
    """A register, YAML or (by its suffix) CSV.

    Raises:
        SiteProblems: every fault, with file, line and key; nothing of it is to be used then.
    """
    problems: list[Problem] = []
    if file.suffix.lower() == ".csv":
        found = _from_csv(file, problems)
    else:
        rows = read_table(file, StallEntry, problems)
        found = [stall for row in rows if (stall := _placed(row, problems)) is not None]
    if problems:
        raise SiteProblems(problems)
    return found


def _placed(row: Row[StallEntry], problems: list[Problem]) -> Stall | None:
    try:
        return row.entry.stall()
    except SiteError as error:
        problems.append(row.problem(str(error), "places"))
        return None


def _from_csv(file: Path, problems: list[Problem]) -> list[Stall]:
    """Rows of one id are one stall with several places; its other columns are those of the first row."""
    reader = csv.reader(io.StringIO(read_csv_text(file)))
    names = {name: key for key, others in COLUMNS.items() for name in (key, *others)}
    head = [names.get(cell.strip().lower(), "") for cell in next(reader, [])]
    if missing := {"id", "vendor"} - set(head):
        problems.append(Problem(file, 1, "", f"no column {', '.join(sorted(missing))}; wanted: {', '.join(COLUMNS)}"))
        return []
    stalls: dict[str, tuple[int, dict[str, Any]]] = {}
    for line, cells in enumerate(reader, start=2):
        row = {key: cell.strip() for key, cell in zip(head, cells, strict=False) if key and cell.strip()}
        if row:
            first = {key: value for key, value in row.items() if key not in _OF_PLACE}
            _, facts = stalls.setdefault(row.get("id", ""), (line, first))
            facts.setdefault("places", []).extend(_place_cells(row))
    found = []
    for line, facts in stalls.values():
        try:
            found.append(stall_of(facts))
        except SiteError as error:
            problems.append(Problem(file, line, "", str(error)))
    return found


def _place_cells(row: Mapping[str, str]) -> list[dict[str, Any]]:
    if not _OF_PLACE & row.keys():
        return []
    place: dict[str, Any] = {key: row[key] for key in ("datum", "radius_m") if key in row}
    place["point"] = [row[key] for key in ("lon", "lat") if key in row]
    place["windows"] = [part.strip() for part in row.get("windows", "").replace("；", ";").split(";") if part.strip()]
    return [place]

"""`fusion import`."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from fusion.app.desk import door_of
from fusion.cli.sites import demo_zone
from fusion.settings.day_list import Good, read_day_list
from fusion.settings.site import Site, read_site
from fusion.settings.stalls import read_stalls
from fusion.storage import Store
from fusion.types.report import ReportRefused, ReportSource

_AT_ONCE = 500
_ACTOR = "import"


class What(StrEnum):
    """Whose list a file is."""

    HOTLINE = ReportSource.HOTLINE
    CONDUCT = ReportSource.CONDUCT
    TIP_OFF = ReportSource.TIP_OFF
    STALLS = "stalls"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("import", epilog="Example: fusion import 2026-11-24.csv --source 8890 --site configs/demo")(import_)


def import_(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 or GB 18030; a register of stalls may be YAML, too.")],
    *,
    source: Annotated[What, typer.Option(help="Whose list it is.")],
    site: Annotated[Path | None, typer.Option(help="The site's folder; the demo zone if left out.")] = None,
) -> None:
    """Take a hotline's list of a day, or a register of stalls; again, it changes nothing.

    Columns of a day's list, in any order, by their English or Chinese name: number 工单号, time 时间, kind 类别,
    lon 经度, lat 纬度, datum 坐标系, uncertainty_m 误差, text 内容, address 地址. Others are left unread.
    """
    found = read_site(site or demo_zone())
    data = found.data if site is not None else Path.cwd() / "var" / "demo"
    data.mkdir(parents=True, exist_ok=True)
    store = Store(found.config.store.resolved(found.folder, data))
    try:
        wrong = _stalls(file, store) if source is What.STALLS else _reports(file, source, found, store, data)
    finally:
        store.close()
    if wrong:
        raise typer.Exit(1)


def _stalls(file: Path, store: Store) -> int:
    stalls = read_stalls(file)
    changed = store.stalls.put(stalls, _ACTOR, datetime.now(UTC))
    print(f"{file}: {len(stalls)} stalls, {len(changed)} of them new or changed")
    return 0


def _reports(file: Path, source: What, site: Site, store: Store, data: Path) -> int:
    """How many rows were not taken."""
    kinds = {name.lower(): kind for kind, entry in site.config.kinds.items() for name in (entry.zh, entry.en, kind)}
    rows = read_day_list(file, str(source), kinds, ZoneInfo(site.config.site.timezone), _ACTOR)
    door = door_of(site, store, data / "evidence")
    fresh = known = 0
    bad = {row.row: row.why for row in rows if not isinstance(row, Good)}
    good = [row for row in rows if isinstance(row, Good)]
    for start in range(0, len(good), _AT_ONCE):
        part = good[start : start + _AT_ONCE]
        for row, taken in zip(part, door.take_all([one.raw for one in part]), strict=True):
            if isinstance(taken, ReportRefused):
                bad[row.row] = str(taken)
            elif taken.fresh:
                fresh += 1
            else:
                known += 1
    for number, why in sorted(bad.items()):
        print(f"row {number}: {why}")
    print(f"{file}: {len(rows)} rows, {fresh} taken, {known} known before, {len(bad)} not taken")
    return len(bad)

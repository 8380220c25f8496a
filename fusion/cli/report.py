"""`fusion report`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.engine import URL

from fusion.app.desk import month_of
from fusion.cli.files import write_bytes
from fusion.handlers.month import FORMS, MonthReport
from fusion.settings.site import SITE_FILE, read_site
from fusion.storage import Store
from fusion.types.errors import SiteError

_DATABASE = "fusion.db"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: fusion report configs/demo --month 2026-11 --out reports")(report)


def report(
    state: Annotated[Path, typer.Argument(help="The site's folder with site.yaml, or a data folder with fusion.db.")],
    *,
    month: Annotated[str | None, typer.Option(help="Such as 2026-11; the present one if left out.")] = None,
    out: Annotated[Path, typer.Option(help="The folder for the files.")] = Path(),
) -> None:
    """Make a month's report for the joint meeting: JSON, XLSX and PDF."""
    found = _month_report(state)
    try:
        wanted = month or f"{datetime.now(UTC).astimezone(found.clock):%Y-%m}"
        made = {form: found.as_file(wanted, form) for form in FORMS}
    finally:
        found.store.close()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SiteError(f"{out}: {error.strerror}; wanted: a folder that can be made") from error
    for form, data in made.items():
        path = out / f"fusion-{wanted}.{form}"
        write_bytes(path, data)
        print(path)


def _month_report(state: Path) -> MonthReport:
    if (state / SITE_FILE).is_file():
        site = read_site(state)
        return month_of(site, Store(site.config.store.resolved(site.folder, site.data)))
    if (state / _DATABASE).is_file():
        store = Store(URL.create("sqlite", database=str(state / _DATABASE)))
        return MonthReport(store, ZoneInfo("Asia/Shanghai"), zone=state.resolve().name)
    raise SiteError(f"{state}: neither {SITE_FILE} nor {_DATABASE} in it; wanted: a site's folder or its data")

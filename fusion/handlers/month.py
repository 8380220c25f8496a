"""A month's figures of a store, as JSON, sheet or document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from fusion.assessment.figures import Month, bounds, month_before, month_of
from fusion.assessment.pdf import pdf_of
from fusion.assessment.sheet import xlsx_of
from fusion.assessment.titles import Titles
from fusion.handlers.case_rows import rows_of
from fusion.storage import Store
from fusion.types.errors import SiteError

FORMS = ("json", "xlsx", "pdf")


@dataclass(frozen=True, slots=True)
class MonthReport:
    """What is needed to make the report of any month."""

    store: Store
    clock: ZoneInfo
    zone: str = ""  #: the zone's name
    grids: Mapping[str, str] = field(default_factory=dict)  #: names by id
    workers: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def figures(self, month: str) -> Month:
        """The figures; SiteError when it is no month."""
        try:
            (start, end), before = bounds(month, self.clock), month_before(month)
        except ValueError as error:
            raise SiteError(f"month {month[:20]!r}; wanted: a month such as 2026-11") from error
        rows = list(rows_of(self.store.histories(start, end)))
        earlier = list(rows_of(self.store.histories(*bounds(before, self.clock))))
        return month_of(month, rows, earlier, self.clock)

    def as_file(self, month: str, form: str) -> bytes:
        """The figures as one of `FORMS`."""
        found = self.figures(month)
        if form == "json":
            return msgspec.json.encode(found)
        made_at = datetime.now(UTC).astimezone(self.clock)
        titles = Titles(self.zone, self.grids, self.workers, self.kinds, made_at)
        return xlsx_of(found, titles) if form == "xlsx" else pdf_of(found, titles)

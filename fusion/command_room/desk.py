"""What the page and the REST API ask beside cases: reports, sensors, stalls, figures. `fusion.handlers.desk` has it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from fusion.types.case import Case
from fusion.types.hot_spot import HotSpot
from fusion.types.report import RawReport, Report, ReportSource, ReportStatus
from fusion.types.sensor import SensorStatus
from fusion.types.stall import AuditLine, Stall


class Taken(NamedTuple):
    """A report that is on the disk."""

    report: Report
    fresh: bool  #: False: its key was known, and nothing was changed


class Desk(Protocol):
    """All methods may be called from any thread. PeerFault: the store is away."""

    def take_report(self, raw: RawReport) -> Taken:
        """Take a report; ReportRefused says what is wrong with it."""

    def reports(
        self, *, source: ReportSource | None = None, limit: int = 100, offset: int = 0
    ) -> Sequence[ReportStatus]:
        """Reports with what became of them, newest first."""

    def sensors(self) -> Sequence[SensorStatus]:
        """Every sensor of the register."""

    def stalls(self) -> Sequence[Stall]:
        """The register of stalls, by id."""

    def stall_cases(self, stall_id: str) -> Sequence[Case]:
        """Cases that were found to be a stall's, newest first."""

    def put_stall(self, facts: Mapping[str, Any], actor: str, version: int | None) -> Stall:
        """Add or replace; SiteError says what is wrong, IllegalDeed that it changed meanwhile."""

    def withdraw_stall(self, stall_id: str, actor: str) -> bool:
        """End a permit; False when there is none of this id."""

    def link_stall(self, stall_id: str, case_id: str, actor: str) -> Case:
        """A case was found to be a stall's; IllegalDeed when there is no such one."""

    def viewed(self, actor: str, deed: str, subject: str) -> None:
        """Write down that somebody sees personal data; whoever shows it calls this first."""

    def audit(self, *, limit: int = 100, offset: int = 0) -> tuple[Sequence[AuditLine], int | None]:
        """Who saw and changed personal data, newest first; and the first line at which the chain is broken."""

    def hot_spots(self, since: datetime, until: datetime, kind: str | None = None) -> Sequence[HotSpot]:
        """Where it happens again and again."""

    def month(self, month: str, form: str) -> bytes:
        """A month's figures as "json", "xlsx" or "pdf"; SiteError when it is no month."""

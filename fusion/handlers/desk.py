"""The command room's desk: reports through their door, the register of stalls with its audit, and figures."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fusion.assessment.hot_spots import hot_spots
from fusion.command_room.desk import Taken
from fusion.handlers.case_rows import rows_of
from fusion.handlers.engine import Engine
from fusion.handlers.month import MonthReport
from fusion.handlers.reports_in import ReportDoor
from fusion.storage import Store
from fusion.types.case import Case
from fusion.types.hot_spot import HotSpot
from fusion.types.report import RawReport, ReportSource, ReportStatus
from fusion.types.sensor import SensorStatus
from fusion.types.stall import AuditLine, Stall


class RoomDesk:
    """Implements `fusion.command_room.desk.Desk`."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        door: ReportDoor,
        month: MonthReport,
        *,
        sensors: Callable[[], Sequence[SensorStatus]],
        stall_of: Callable[[Mapping[str, Any]], Stall],
        changed: Callable[[], None],
    ) -> None:
        """`stall_of` reads a form (SiteError), `changed` is told of each change of the register of stalls."""
        self._store, self._engine, self._door, self._month = store, engine, door, month
        self._sensors, self._stall_of, self._changed = sensors, stall_of, changed

    def take_report(self, raw: RawReport) -> Taken:
        """Take a report."""
        return Taken(*self._door.take(raw))

    def reports(
        self, *, source: ReportSource | None = None, limit: int = 100, offset: int = 0
    ) -> Sequence[ReportStatus]:
        """Reports, newest first."""
        return self._store.reports.newest(source=source, limit=limit, offset=offset)

    def sensors(self) -> Sequence[SensorStatus]:
        """Every sensor."""
        return self._sensors()

    def stalls(self) -> Sequence[Stall]:
        """The register of stalls."""
        return self._store.stalls.all()

    def stall_cases(self, stall_id: str) -> Sequence[Case]:
        """Cases of a stall, newest first."""
        found = (self._store.case(case_id) for case_id in self._store.stalls.cases(stall_id))
        return [case for case, _ in filter(None, found)]

    def put_stall(self, facts: Mapping[str, Any], actor: str, version: int | None) -> Stall:
        """Add or replace."""
        stall = self._stall_of(facts)
        changed = self._store.stalls.put([stall], actor, datetime.now(UTC), version=version)
        if changed:
            self._changed()
            return changed[0]
        return next(known for known in self._store.stalls.all() if known.id == stall.id)

    def withdraw_stall(self, stall_id: str, actor: str) -> bool:
        """End a permit."""
        done = self._store.stalls.withdraw(stall_id, actor, datetime.now(UTC))
        if done:
            self._changed()
        return done

    def link_stall(self, stall_id: str, case_id: str, actor: str) -> Case:
        """A case was found to be a stall's."""
        return self._engine.link_stall(case_id, stall_id, actor)

    def viewed(self, actor: str, deed: str, subject: str) -> None:
        """Somebody sees personal data."""
        self._store.audit.write(datetime.now(UTC), actor, deed, subject)

    def audit(self, *, limit: int = 100, offset: int = 0) -> tuple[Sequence[AuditLine], int | None]:
        """Who saw and changed personal data."""
        return self._store.audit.newest(limit=limit, offset=offset), self._store.audit.broken_at()

    def hot_spots(self, since: datetime, until: datetime, kind: str | None = None) -> Sequence[HotSpot]:
        """Where it happens again and again."""
        rows = rows_of((case, ()) for case in self._store.cases_opened(since, until, kind))
        return hot_spots(list(rows), self._month.clock)

    def month(self, month: str, form: str) -> bytes:
        """A month's figures."""
        return self._month.as_file(month, form)

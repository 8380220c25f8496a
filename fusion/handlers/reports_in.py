"""The door for what people report: checked, its photo kept, and written down once; the engine places it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog

from fusion import metrics
from fusion.evidence.photo import Photo, checked_photo, keep_photo
from fusion.incidents.reports import ReportsPolicy, ZoneFacts, checked
from fusion.storage import Store
from fusion.types.errors import SiteError
from fusion.types.report import RawReport, Report, ReportRefused, WhyRefused

_LOG = structlog.get_logger()


class Taken(NamedTuple):
    """A report that is on the disk."""

    report: Report
    fresh: bool  #: False: its key was known, and nothing was changed


class ReportDoor:
    """One for all ways in; may be used from any thread, also of another process beside the engine.

    When `take` returns, the report is committed and will be placed, whatever is killed. Given again, it changes
    nothing.
    """

    def __init__(
        self,
        store: Store,
        zone: ZoneFacts,
        policy: ReportsPolicy,
        evidence: Path,
        clock: ZoneInfo,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._zone, self._policy = store, zone, policy
        self._evidence, self._clock, self._now = evidence, clock, now

    def take(self, raw: RawReport) -> Taken:
        """Take one report.

        Raises:
            ReportRefused: it is not what is wanted; counted by why, and nothing is changed.
            PeerFault: store or evidence folder is away.
        """
        (taken,) = self.take_all([raw])
        if isinstance(taken, ReportRefused):
            raise taken
        return taken

    def take_all(self, raws: Sequence[RawReport]) -> list[Taken | ReportRefused]:
        """Take reports in one transaction, each for itself: the good ones are taken whatever is wrong with others."""
        found = [self._report(raw) for raw in raws]
        good = [report for report in found if isinstance(report, Report)]
        known = iter(self._store.reports.add(good) if good else [])
        return [self._told(one, next(known)) if isinstance(one, Report) else _counted(one) for one in found]

    def _report(self, raw: RawReport) -> Report | ReportRefused:
        try:
            report = checked(raw, self._zone, self._policy, self._now())
            photo = _photo_of(raw)
        except ReportRefused as error:
            return error
        known = self._store.reports.known(report.id)
        if photo is None or known is not None:
            return report  # what is known keeps its photo
        ref = keep_photo(self._evidence, photo, report.id, report.at, self._clock)
        return replace(report, evidence=(ref,))

    def _told(self, report: Report, known: Report | None) -> Taken | ReportRefused:
        if known is None:
            metrics.SIGNALS.labels(report.kind, "started").inc()
            _LOG.info("report", id=report.id, source=str(report.source), kind=report.kind, by=report.entered_by)
            return Taken(report, fresh=True)
        if known.digest != report.digest:
            sentence = f"key of {report.id!r}: stands for another report already; wanted: a key of its own"
            return _counted(ReportRefused(WhyRefused.REUSED, sentence))
        return Taken(known, fresh=False)


def _photo_of(raw: RawReport) -> Photo | None:
    if not raw.photo:
        return None
    try:
        return checked_photo(raw.photo)
    except SiteError as error:
        raise ReportRefused(WhyRefused.PHOTO, str(error)) from error


def _counted(refused: ReportRefused) -> ReportRefused:
    metrics.REFUSED.labels("report", str(refused.why)).inc()
    _LOG.warning("report refused", reason=str(refused.why), why=str(refused)[:300])
    return refused

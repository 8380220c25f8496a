"""From what somebody reports to a signal: checked by name, placed by its own time, worth what its source is worth."""

import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from fusion.plugins import Config, Duration
from fusion.types.errors import SiteError
from fusion.types.people import isolated, plain, shortened
from fusion.types.place import Datum, GeoPoint, Place
from fusion.types.report import RawReport, Report, ReportRefused, ReportSource, WhyRefused
from fusion.types.signal import EvidenceRef, Phase, Reason, Signal

CLOCK_SLACK: Final = timedelta(minutes=5)  #: a giver's clock may be so much ahead of ours
LONGEST_TEXT: Final = 2000
_QUOTED: Final = 160  # characters of the text in a sentence; all of it stays with the report
_WIDEST_M: Final = 2000.0
_KEY: Final = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff._:/()-]{0,127}")
_NAMES: Final = {
    ReportSource.HOTLINE: ("8890 热线诉求", "8890 hotline"),
    ReportSource.CONDUCT: ("行风热线反映", "conduct hotline"),
    ReportSource.TIP_OFF: ("爆料", "tip-off"),
    ReportSource.WORKER: ("网格员上报", "worker's report"),
    ReportSource.ROOM: ("指挥室登记", "noted by the command room"),
}
#: what kind of source stands on a signal
_SIGNAL_SOURCE: Final = {ReportSource.HOTLINE: "hotline", ReportSource.CONDUCT: "hotline"}


@dataclass(frozen=True, slots=True)
class Worth:
    """What a source's word is usually worth."""

    belief: float
    uncertainty_m: float
    clock_error: timedelta


_WORTH: Final = {
    ReportSource.HOTLINE: Worth(0.7, 30.0, timedelta(minutes=5)),
    ReportSource.CONDUCT: Worth(0.65, 50.0, timedelta(minutes=10)),
    # Not a case by itself: it waits on the room's list until a second source or a member agrees.
    ReportSource.TIP_OFF: Worth(0.55, 50.0, timedelta(minutes=15)),
    ReportSource.WORKER: Worth(0.9, 10.0, timedelta(seconds=10)),
    ReportSource.ROOM: Worth(0.85, 20.0, timedelta(minutes=2)),
}
Share = Annotated[float, Field(gt=0, lt=1)]
Metres = Annotated[float, Field(ge=0, le=_WIDEST_M)]


class ReportsPolicy(Config):
    """What a site may say about reports; a source that is left out is worth what is usual."""

    belief: dict[ReportSource, Share] = Field(default_factory=dict)
    uncertainty_m: dict[ReportSource, Metres] = Field(default_factory=dict)
    clock_error: dict[ReportSource, Duration] = Field(default_factory=dict)
    oldest: Duration = timedelta(days=7)  #: a thing that was seen earlier than this is refused

    def worth(self, source: ReportSource) -> Worth:
        """What a source's word is worth here."""
        usual = _WORTH[source]
        return Worth(
            self.belief.get(source, usual.belief),
            self.uncertainty_m.get(source, usual.uncertainty_m),
            self.clock_error.get(source, usual.clock_error),
        )


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What a report is checked against."""

    kinds: Collection[str]
    workers: Collection[str]
    to_wgs84: Callable[[float, float, str], GeoPoint]
    inside: Callable[[GeoPoint], bool]  #: whether a point lies in the zone


def checked(raw: RawReport, zone: ZoneFacts, policy: ReportsPolicy, now: datetime) -> Report:
    """A report that may be taken.

    Raises:
        ReportRefused: it says which of the source, key, kind, datum, place, time or text is wrong, and what is wanted.
    """
    source = _source(raw, zone)
    if not _KEY.fullmatch(raw.key):
        raise ReportRefused(WhyRefused.KEY, f"key {raw.key[:40]!r}; wanted: 1 to 128 letters, digits or . _ : / ( ) -")
    if raw.kind not in zone.kinds:
        known = ", ".join(sorted(zone.kinds))
        raise ReportRefused(WhyRefused.KIND, f"kind {raw.kind[:40]!r}; wanted: one of {known}")
    point, datum = _point(raw, zone)
    worth = policy.worth(source)
    clock_error = worth.clock_error if raw.clock_error is None else raw.clock_error
    at, since = _times(raw, policy, clock_error, now)
    uncertainty_m = worth.uncertainty_m if raw.uncertainty_m is None else raw.uncertainty_m
    if not 0 <= uncertainty_m <= _WIDEST_M:
        raise ReportRefused(WhyRefused.PLACE, f"uncertainty_m {uncertainty_m}; wanted: 0 to {_WIDEST_M:g}")
    text = plain(raw.text)
    if len(text) > LONGEST_TEXT or (not text and not raw.photo):
        raise ReportRefused(
            WhyRefused.TEXT, f"text of {len(text)} characters; wanted: 1 to {LONGEST_TEXT} (none only with a photo)"
        )
    return Report(
        id=f"r:{source}:{raw.worker_id}:{raw.key}" if raw.worker_id else f"r:{source}:{raw.key}",
        source=source,
        source_id=raw.worker_id or str(source),
        kind=raw.kind,
        at=at,
        since=since,
        clock_error=clock_error,
        received_at=now,
        place=Place(point, uncertainty_m),
        datum=datum,
        text=text,
        belief=worth.belief,
        entered_by=raw.entered_by,
        digest=digest_of(raw),
    )


def digest_of(raw: RawReport) -> str:
    """sha256 over what a report says, whoever hands it in."""
    said = [raw.source, raw.kind, raw.lon, raw.lat, raw.datum, raw.at.isoformat(), plain(raw.text), raw.worker_id]
    photo = hashlib.sha256(raw.photo).hexdigest()
    return hashlib.sha256(json.dumps([*said, photo], ensure_ascii=False).encode()).hexdigest()


def signal_of(report: Report, evidence: tuple[EvidenceRef, ...] = ()) -> Signal:
    """What a report says, as a signal of its own thing."""
    zh, en = _NAMES[report.source]
    quoted = isolated(shortened(report.text, _QUOTED))
    return Signal(
        id=report.id,
        kind=report.kind,
        phase=Phase.STARTED,
        source=_SIGNAL_SOURCE.get(report.source, str(report.source)),
        source_id=report.source_id,
        thing_id=report.id,
        at=report.at,
        since=report.since,
        met_at=report.at,
        place=report.place,
        belief=report.belief,
        zone_id=None,
        reason=Reason(f"{zh}：{quoted or '（照片）'}", f"{en}: {quoted or '(photo)'}"),
        evidence=evidence or report.evidence,
        clock_error=report.clock_error,
    )


def _source(raw: RawReport, zone: ZoneFacts) -> ReportSource:
    if raw.source not in tuple(ReportSource):
        wanted = ", ".join(ReportSource)
        raise ReportRefused(WhyRefused.SOURCE, f"source {raw.source[:40]!r}; wanted: one of {wanted}")
    source = ReportSource(raw.source)
    if (source is ReportSource.WORKER) != bool(raw.worker_id) or (raw.worker_id and raw.worker_id not in zone.workers):
        raise ReportRefused(
            WhyRefused.WORKER,
            f"worker {raw.worker_id[:40]!r} with source {source}; wanted: a worker of the roster with source worker",
        )
    return source


def _point(raw: RawReport, zone: ZoneFacts) -> tuple[GeoPoint, Datum]:
    if not raw.datum:
        raise ReportRefused(WhyRefused.DATUM, f"datum: missing; wanted: one of {', '.join(Datum)}")
    if raw.datum not in tuple(Datum):
        raise ReportRefused(WhyRefused.DATUM, f"datum: {raw.datum[:32]!r}; wanted: one of {', '.join(Datum)}")
    try:
        point = zone.to_wgs84(raw.lon, raw.lat, raw.datum)
    except SiteError as error:
        raise ReportRefused(WhyRefused.PLACE, str(error)) from error
    if not zone.inside(point):
        where = f"place {point.lat:.5f}, {point.lon:.5f} (WGS84, from {raw.datum})"
        raise ReportRefused(WhyRefused.OUTSIDE, f"{where}: outside the zone; wanted: a place in one of its grids")
    return point, Datum(raw.datum)


def _times(raw: RawReport, policy: ReportsPolicy, clock_error: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """(when it was seen, when it began at the earliest), both UTC."""
    for name, at in (("at", raw.at), ("since", raw.since)):
        if at is not None and at.tzinfo is None:
            raise ReportRefused(WhyRefused.TIME, f"{name} {at.isoformat()}: without its zone; wanted: …+08:00")
    # Compared before anything is converted: a time at the calendar's edge can only be compared.
    if raw.at > now + CLOCK_SLACK:
        raise ReportRefused(WhyRefused.FUTURE, f"at {raw.at.isoformat()}: in the future; wanted: when it was seen")
    for name, at in (("at", raw.at), ("since", raw.since or raw.at)):
        if at < now - policy.oldest:
            raise ReportRefused(
                WhyRefused.STALE, f"{name} {at.isoformat()}: too long ago; wanted: within the last {policy.oldest}"
            )
    if raw.since is not None and raw.since > raw.at:
        raise ReportRefused(WhyRefused.TIME, f"since {raw.since.isoformat()}; wanted: not after at")
    if not timedelta(0) <= clock_error <= timedelta(days=1):
        raise ReportRefused(WhyRefused.TIME, f"clock_error {clock_error}; wanted: 0 to one day")
    at = raw.at.astimezone(UTC)
    return at, min(at - clock_error, raw.since.astimezone(UTC) if raw.since else at)

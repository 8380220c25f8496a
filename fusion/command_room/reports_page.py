"""Reports of people: a small form to note one, and the list with what became of each."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from nicegui import events, run, ui

from fusion.command_room.desk import Desk
from fusion.command_room.frame import Visit, now, open_frame
from fusion.types.errors import PeerFault
from fusion.types.people import isolated
from fusion.types.place import Datum
from fusion.types.report import RawReport, ReportRefused, ReportSource, ReportStatus, WhyRefused

_EACH_S = 2.0
_SHOWN = 100
_LARGEST_PHOTO = 8 * 1024 * 1024
_PAIR = re.compile(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*[,，\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*")
_OF_TERMINAL_M = 50.0


def reports_page(visit: Visit, desk: Desk) -> None:
    """Build the page; the list follows while it is open."""
    open_frame(visit)
    with ui.element("main").classes("reports-main"):
        ui.html(
            f'<div class="case-head"><a href="/">← {escape(visit.word("back"))}</a>'
            f"<h1>{escape(visit.word('reports'))}</h1></div>",
            sanitize=False,
        )
        with ui.element("section").classes("report-form"):
            ui.label(visit.word("new_report")).classes("report-title")
            _Form(visit, desk)
        rows = ui.html("", sanitize=False).classes("report-rows")

    async def refresh() -> None:
        try:
            # None: the page is being left
            rows.set_content(reports_html(visit, await run.io_bound(desk.reports, limit=_SHOWN) or ()))
        except PeerFault:
            return  # the header says that the store is away; what was known stays

    ui.timer(_EACH_S, refresh)


def reports_html(visit: Visit, reports: Sequence[ReportStatus]) -> str:
    """The list; words of people are text, each by itself, whatever marks they hold."""
    if not reports:
        return f'<p class="empty">{escape(visit.word("no_reports"))}</p>'
    return "".join(_row(visit, status) for status in reports)


def _row(visit: Visit, status: ReportStatus) -> str:
    report = status.report
    photo = next((ref for ref in report.evidence if ref.media_type.startswith("image/")), None)
    image = f'<img loading="lazy" alt="" src="/api/v1/evidence/{escape(photo.id)}">' if photo else ""
    return (
        f'<article class="report" data-report="{escape(report.id)}">{image}<div>'
        f"<strong>{escape(visit.word(f'source.{report.source}'))}</strong> "
        f'<span class="dim">{escape(visit.speak.kind(report.kind))} · '
        f"{escape(visit.speak.time(report.at))} · <bdi>{escape(isolated(report.id))}</bdi></span>"
        f'<p><bdi dir="auto">{escape(isolated(report.text))}</bdi></p>{_became(visit, status)}</div></article>'
    )


def _became(visit: Visit, status: ReportStatus) -> str:
    if status.taken_at is None:
        return f'<span class="state">{escape(visit.word("report_waits"))}</span>'
    if status.case_id is None or status.case_number is None:
        return f'<span class="state">{escape(visit.word("report_unbelieved"))}</span>'
    word = visit.word("report_case", number=status.case_number)
    return f'<a class="state closed" href="/cases/{escape(status.case_id)}">{escape(word)}</a>'


class _Form:
    """The form's fields; one report at a time."""

    def __init__(self, visit: Visit, desk: Desk) -> None:
        self.visit, self.desk, self.photo = visit, desk, b""
        word = visit.word
        kinds = {kind: visit.speak.kind(kind) for kind in visit.backend.zone().kinds}
        sources = {str(source): word(f"source.{source}") for source in ReportSource}
        self.source = ui.select(sources, value=str(ReportSource.HOTLINE), label=word("report_source")).mark("source")
        self.number = ui.input(word("report_number")).mark("number")
        self.kind = ui.select(kinds, value=next(iter(kinds), None), label=word("report_kind")).mark("kind")
        self.place = ui.input(word("report_place"), placeholder="29.33210, 120.03240").mark("place")
        self.datum = ui.select([str(datum) for datum in Datum], label=word("report_datum")).mark("datum")
        self.terminal = ui.input(word("report_terminal"), placeholder="T-0001").mark("terminal")
        self.worker = ui.input(word("report_worker"), placeholder="W-001").mark("worker")
        self.time = ui.input(word("report_time"), value=f"{self._local():%Y-%m-%d %H:%M}").mark("time")
        self.text = ui.textarea(word("report_text")).props("autogrow maxlength=2000").classes("wide").mark("text")
        ui.upload(
            label=word("report_photo"), auto_upload=True, max_file_size=_LARGEST_PHOTO, on_upload=self._uploaded
        ).props('accept="image/jpeg,image/png" flat').classes("wide")
        ui.button(word("submit"), on_click=self._submit).props("data-submit").mark("submit")

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        self.photo = await event.file.read()

    async def _submit(self) -> None:
        word = self.visit.word
        try:
            taken = await run.io_bound(self.desk.take_report, self._raw())
        except ReportRefused as error:
            ui.notify(word("report_refused", why=word(f"refused.{error.why}")), type="warning")
        except PeerFault as error:
            ui.notify(word("report_refused", why=str(error)), type="negative")
        else:
            if taken is None:
                return  # the page is being left; the report is taken
            ui.notify(word("report_taken" if taken.fresh else "report_known"), type="positive")
            if taken.fresh:
                self.text.value, self.number.value, self.photo = "", "", b""

    def _raw(self) -> RawReport:
        lon, lat, datum, uncertainty_m = self._where()
        try:
            at = datetime.strptime(self.time.value.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=self._clock())
        except ValueError as error:
            raise ReportRefused(WhyRefused.TIME, str(error)) from error
        number = self.number.value.strip() or f"{self.visit.user}-{int(now().timestamp() * 1000)}"
        return RawReport(
            source=str(self.source.value),
            key=number,
            kind=str(self.kind.value),
            lon=lon,
            lat=lat,
            datum=datum,
            at=at,
            text=self.text.value,
            uncertainty_m=uncertainty_m,
            worker_id=self.worker.value.strip(),
            photo=self.photo,
            entered_by=f"user:{self.visit.user}",
        )

    def _where(self) -> tuple[float, float, str | None, float | None]:
        """(lon, lat, datum, uncertainty): as written, or where the named terminal stands."""
        wanted = self.terminal.value.strip()
        if wanted:
            terminal = next((t for t in self.visit.backend.zone().terminals if t.id == wanted), None)
            if terminal is None:
                raise ReportRefused(WhyRefused.PLACE, f"terminal {wanted[:64]}: there is none of this id")
            return *terminal.point, str(Datum.WGS84), _OF_TERMINAL_M
        found = _PAIR.fullmatch(self.place.value)
        if found is None:
            raise ReportRefused(WhyRefused.PLACE, "place; wanted: latitude, longitude")
        return float(found.group(2)), float(found.group(1)), self.datum.value, None

    def _clock(self) -> ZoneInfo:
        return ZoneInfo(self.visit.backend.zone().timezone)

    def _local(self) -> datetime:
        return now().astimezone(self._clock())

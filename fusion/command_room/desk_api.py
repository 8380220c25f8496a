"""REST beside cases: reports of people, sensors, hot spots, the month's report, and the register of stalls."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from fusion.command_room.desk import Desk
from fusion.command_room.rights import Right
from fusion.command_room.roles import RoleOf, actor_of, as_json
from fusion.command_room.stalls_api import add_stalls
from fusion.types.errors import SiteError
from fusion.types.report import RawReport, ReportRefused, ReportSource, WhyRefused

_FILES = {
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_LONGEST_SPAN = timedelta(days=400)
_LARGEST_PHOTO = 11 * 1024 * 1024  # 8 MiB as base64


class ReportForm(BaseModel):
    """Something that somebody reports. The datum is named, always."""

    model_config = ConfigDict(extra="forbid")

    source: ReportSource
    id: Annotated[str | None, Field(max_length=128, description="the giver's own number for it")] = None
    kind: Annotated[str, Field(max_length=64)]
    lon: float
    lat: float
    datum: Annotated[str | None, Field(max_length=32, description="wgs84, cgcs2000, gcj02 or bd09")] = None
    uncertainty_m: Annotated[float | None, Field(ge=0, le=2000)] = None
    at: Annotated[AwareDatetime, Field(description="when it was seen, with its zone")]
    since: AwareDatetime | None = None
    clock_error_s: Annotated[float | None, Field(ge=0, le=86_400, description="by how much `at` may be wrong")] = None
    text: Annotated[str, Field(max_length=4000)] = ""
    worker_id: Annotated[str, Field(max_length=64, description="with source worker: whose report it is")] = ""
    photo: Annotated[
        Base64Bytes, Field(max_length=_LARGEST_PHOTO, description="JPEG or PNG as base64, 8 MiB at most")
    ] = b""

    def raw(self, key: str, actor: str) -> RawReport:
        """As every door hands it on."""
        return RawReport(
            source=self.source,
            key=key,
            kind=self.kind,
            lon=self.lon,
            lat=self.lat,
            datum=self.datum,
            at=self.at,
            text=self.text,
            since=self.since,
            uncertainty_m=self.uncertainty_m,
            clock_error=None if self.clock_error_s is None else timedelta(seconds=self.clock_error_s),
            worker_id=self.worker_id,
            photo=self.photo,
            entered_by=actor,
        )


def router(desk: Desk, role_of: RoleOf) -> APIRouter:
    """All routes, under /api/v1."""
    routes = APIRouter(prefix="/api/v1")
    _reports(routes, desk, role_of)
    add_stalls(routes, desk, role_of)
    _figures(routes, desk, role_of)
    return routes


def _reports(routes: APIRouter, desk: Desk, role_of: RoleOf) -> None:
    @routes.post("/reports", summary="Hand in a report of a hotline, a tip-off, a worker or the room", status_code=201)
    def take(
        request: Request,
        form: ReportForm,
        idempotency_key: Annotated[str | None, Header(max_length=128)] = None,
    ) -> Response:
        actor = actor_of(request, role_of, Right.REPORT)
        key = form.id or idempotency_key
        if not key:
            raise HTTPException(422, "no id and no header Idempotency-Key; wanted: the giver's own number for it")
        try:
            taken = desk.take_report(form.raw(key, actor))
        except ReportRefused as error:
            status = 409 if error.why is WhyRefused.REUSED else 422
            return as_json({"error": str(error), "why": str(error.why)}, status)
        return as_json({"report": taken.report, "fresh": taken.fresh}, 201 if taken.fresh else 200)

    @routes.get("/reports", summary="Reports with the case that each came to, newest first")
    def reports(
        request: Request,
        source: Annotated[ReportSource | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        actor_of(request, role_of, Right.REPORT)
        return as_json(desk.reports(source=source, limit=limit, offset=offset))

    @routes.get("/sensors", summary="Every sensor, with what it measures and since when it is silent")
    def sensors() -> Response:
        return as_json(desk.sensors())


def _figures(routes: APIRouter, desk: Desk, role_of: RoleOf) -> None:
    @routes.get("/hot-spots", summary="Where and at which hours it happens again and again")
    def hot_spots(
        request: Request,
        since: Annotated[AwareDatetime | None, Query(description="30 days ago, if left out")] = None,
        until: Annotated[AwareDatetime | None, Query(description="now, if left out")] = None,
        kind: Annotated[str | None, Query(max_length=64)] = None,
    ) -> Response:
        actor_of(request, role_of, Right.ASSESS)
        end = until or datetime.now(UTC)
        # Compared before anything is subtracted: a time at the calendar's edge can only be compared.
        start = since or (end - timedelta(days=30) if end.year > 1 else end)
        if not start <= end or end - start > _LONGEST_SPAN:
            raise HTTPException(422, f"since {start}, until {end}; wanted: a span of {_LONGEST_SPAN.days} days at most")
        return as_json(desk.hot_spots(start, end, kind))

    @routes.get("/assessment/{month}", summary="The month's figures, as JSON, XLSX or PDF")
    def month(
        request: Request, month: str, form: Annotated[Literal["json", "xlsx", "pdf"], Query()] = "json"
    ) -> Response:
        actor_of(request, role_of, Right.ASSESS)
        try:
            made = desk.month(month, form)
        except SiteError as error:
            raise HTTPException(422, str(error)) from error
        name = {} if form == "json" else {"Content-Disposition": f'attachment; filename="fusion-{month[:7]}.{form}"'}
        return Response(made, media_type=_FILES[form], headers=name)

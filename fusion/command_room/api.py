"""The REST API beside the page: the same reads and deeds, as JSON (OpenAPI at /api/openapi.json)."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, BinaryIO

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field

from fusion.command_room.backend import Backend
from fusion.command_room.health import counts, troubled
from fusion.command_room.privacy import doer_of, for_role
from fusion.command_room.rights import Right, may
from fusion.types.case import CaseState, Deed
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.false_reason import FalseReason
from fusion.types.terminal import TroubleKind

#: Fusion's own, and the worker's own.
_NOT_BY_USERS = {Deed.ESCALATE, Deed.DECLINE}
BY_USERS = tuple(deed for deed in Deed if deed not in _NOT_BY_USERS)
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Thing = tuple[Annotated[str, Field(max_length=300)], Annotated[str, Field(max_length=300)]]


_CHUNK = 1 << 18


class DeedForm(BaseModel):
    """What somebody wants done to a case."""

    model_config = ConfigDict(extra="forbid")

    deed: Deed
    version: Annotated[int | None, Field(ge=0, description="the version that was looked at")] = None
    note: Annotated[str, Field(max_length=2000, description="the reason")] = ""
    worker_id: Annotated[_Id | None, Field(description="dispatch: this worker instead of the nearest")] = None
    other: Annotated[_Id | None, Field(description="merge: the id of the case that stays")] = None
    sources: Annotated[tuple[_Thing, ...], Field(max_length=32, description="split: [source, its name for it]")] = ()
    platforms: Annotated[
        tuple[_Id, ...], Field(max_length=8, description="join: the lead first; finish_part: whose part")
    ] = ()
    false_reason: Annotated[FalseReason | None, Field(description="of a false alarm (deed reject)")] = None

    def given(self) -> Given:
        """What the deed comes with."""
        return Given(
            reason=self.note,
            worker_id=self.worker_id,
            other=self.other,
            sources=self.sources,
            platforms=self.platforms,
            false_reason=self.false_reason,
        )


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def router(backend: Backend, schemas: Callable[[], Mapping[str, Any]]) -> APIRouter:  # noqa: C901 - a flat list of routes
    """All routes under /api/v1, and /metrics."""
    routes = APIRouter()

    @routes.get("/api/v1/zone", summary="The zone: boundary, grids, streets, terminals")
    def zone() -> Response:
        return _json(zone_facts(backend))

    @routes.get("/api/v1/terminals", summary="Health of every terminal of the register")
    def terminals() -> Response:
        return _json(backend.terminals())

    @routes.get("/api/v1/health", summary="Troubles of cameras, the longest lasting first, and how looking keeps up")
    def health(kind: Annotated[TroubleKind | None, Query()] = None) -> Response:
        statuses = backend.terminals()
        return _json(
            {
                "looking": backend.looking(),
                "counts": {str(k): n for k, n in counts(statuses).items()},
                "terminals": troubled(statuses, kind),
                "peers": backend.peers(),
            }
        )

    @routes.get("/api/v1/workers", summary="Workers with duty and newest position")
    def workers(request: Request) -> Response:
        return _json(for_role(backend.workers(), doer_of(backend, request.state.session.user)))

    @routes.get("/api/v1/cases", summary="Cases, newest first")
    def cases(
        state: Annotated[list[CaseState] | None, Query()] = None,
        kind: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        return _json(backend.cases(states=state or (), kind=kind, limit=limit, offset=offset))

    @routes.get("/api/v1/cases/{case_id}", summary="One case with its history")
    def case(request: Request, case_id: str) -> Response:
        found = backend.case(case_id)
        if found is None:
            raise HTTPException(404, f"case {case_id[:64]}: there is none of this id")
        allowed = backend.allowed(found[0], doer_of(backend, request.state.session.user))
        return _json(
            {
                "case": found[0],
                "events": found[1],
                "traces": backend.traces(case_id),
                "allowed": [{"deed": one.deed, "wants": sorted(one.wants)} for one in allowed],
            }
        )

    @routes.post("/api/v1/cases/{case_id}/deeds", summary="Do a deed to a case")
    def do(request: Request, case_id: str, form: DeedForm) -> Response:
        if form.deed not in BY_USERS:
            raise HTTPException(422, f"deed {form.deed}: not a person's; wanted: one of {', '.join(BY_USERS)}")
        if form.false_reason is not None and form.deed is not Deed.REJECT:
            raise HTTPException(422, f"false_reason: belongs to the deed {Deed.REJECT}, not to {form.deed}")
        if backend.case(case_id) is None:
            raise HTTPException(404, f"case {case_id[:64]}: there is none of this id")
        by = doer_of(backend, request.state.session.user)
        try:
            return _json(backend.act(case_id, form.deed, by=by, version=form.version, given=form.given()))
        except IllegalDeed as error:
            raise HTTPException(409, str(error)) from error

    @routes.get("/api/v1/learning", summary="What people's marks say: reliability of sources, and suggestions")
    def learning(terminal: Annotated[str | None, Query(max_length=64)] = None) -> Response:
        return _json(backend.learning(terminal))

    @routes.get("/api/v1/false-reasons", summary="The reasons for a false alarm, with their words")
    def false_reasons() -> Response:
        return _json([{"id": reason, "zh": reason.zh, "en": reason.en} for reason in FalseReason])

    @routes.get("/api/v1/peers", summary="Whether bus, broker and store are well")
    def peers() -> Response:
        return _json(backend.peers())

    @routes.get("/api/v1/evidence/{evidence_id}", summary="One file of evidence")
    def evidence(evidence_id: str) -> FileResponse:
        path = backend.evidence_file(evidence_id)
        if path is None:
            raise HTTPException(404, f"evidence {evidence_id[:64]}: there is none of this id")
        return FileResponse(path)

    @routes.get("/api/v1/cases/{case_id}/evidence.zip", summary="A case's evidence as a package that verifies offline")
    def package(request: Request, case_id: str) -> StreamingResponse:
        user = backend.user(request.state.session.user)
        if user is None or not may(user.role, Right.EVIDENCE):
            raise HTTPException(403, f"user {request.state.session.user}: may not {Right.EVIDENCE}")
        found = backend.case(case_id)
        try:
            file = backend.evidence_zip(case_id, actor=f"user:{user.name}") if found else None
        except IllegalDeed as error:
            raise HTTPException(409, str(error)) from error
        if found is None or file is None:
            raise HTTPException(404, f"case {case_id[:64]}: there is none of this id")
        return StreamingResponse(
            _pieces(file),
            media_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="evidence-{found[0].number}.zip"',
                "Content-Length": str(_length(file)),
            },
        )

    @routes.get("/api/v1/terminals/{terminal_id}/still.jpg", summary="The newest picture of a terminal")
    def still(terminal_id: str) -> Response:
        picture = backend.still(terminal_id)
        if picture is None:
            raise HTTPException(404, f"terminal {terminal_id[:64]}: no picture yet")
        return Response(picture, media_type="image/jpeg")

    @routes.get("/api/v1/schemas", summary="JSON Schemas of all MQTT messages, by topic")
    def message_schemas() -> Response:
        return _json(schemas())

    @routes.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(backend.metrics(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _length(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def zone_facts(backend: Backend) -> dict[str, Any]:
    """The zone for the map: compact, and without the addresses of streams."""
    zone = backend.zone()
    return {
        "name": {"zh": zone.name_zh, "en": zone.name_en},
        "boundary": zone.boundary,
        "streets": zone.streets,
        "grids": [{"id": g.id, "name": g.name, "kind": g.kind, "ring": g.ring} for g in zone.grids],
        "terminals": [
            {"id": t.id, "name": t.name, "point": t.point, "connected": t.connected, "bearing_deg": t.bearing_deg}
            for t in zone.terminals
        ],
        "kinds": zone.kinds,
    }

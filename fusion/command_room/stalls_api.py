"""REST of the register of stalls 摊点实名制: who may see whose a stall is, and who saw it."""

from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from fusion.command_room.desk import Desk
from fusion.command_room.rights import Right, may
from fusion.command_room.roles import RoleOf, actor_of, as_json
from fusion.types.errors import IllegalDeed, SiteError
from fusion.types.people import masked
from fusion.types.stall import Stall

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class PlaceForm(BaseModel):
    """Where and when a vendor may trade."""

    model_config = ConfigDict(extra="forbid")

    point: tuple[float, float]
    datum: Annotated[str, Field(max_length=32)]
    radius_m: Annotated[float, Field(gt=0, le=50)] = 3.0
    windows: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] = []


class StallForm(BaseModel):
    """A registered stall; `version` is the one that was looked at, 0 for a new one."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int | None, Field(ge=0)] = None
    vendor: Annotated[str, Field(min_length=1, max_length=100)]
    permit_no: Annotated[str, Field(max_length=100)] = ""
    phone: Annotated[str, Field(max_length=32)] = ""
    sells: Annotated[str, Field(max_length=100)] = ""
    places: Annotated[list[PlaceForm], Field(max_length=50)] = []
    valid_from: date | None = None
    valid_until: date | None = None


class LinkForm(BaseModel):
    """Which case was found to be a stall's."""

    model_config = ConfigDict(extra="forbid")

    case_id: Annotated[str, Field(max_length=64)]


def add_stalls(routes: APIRouter, desk: Desk, role_of: RoleOf) -> None:
    """Add the routes."""
    _reading(routes, desk, role_of)
    _changing(routes, desk, role_of)
    _linking(routes, desk, role_of)


def _reading(routes: APIRouter, desk: Desk, role_of: RoleOf) -> None:
    @routes.get("/stalls", summary="The register of stalls; who may not see personal data sees it masked")
    def stalls(request: Request) -> Response:
        found = desk.stalls()
        if not may(role_of(request.state.session.user), Right.PERSONAL):
            return as_json([without_person(stall) for stall in found])
        desk.viewed(f"user:{request.state.session.user}", "listed", "stalls")
        return as_json(found)

    @routes.get("/stalls/{stall_id}", summary="One stall with its past cases")
    def stall(request: Request, stall_id: str) -> Response:
        actor = actor_of(request, role_of, Right.PERSONAL)
        found = next((one for one in desk.stalls() if one.id == stall_id), None)
        if found is None:
            raise HTTPException(404, f"stall {stall_id[:64]}: there is none of this id")
        desk.viewed(actor, "viewed", f"stall:{found.id}")
        return as_json({"stall": found, "cases": desk.stall_cases(found.id)})


def _changing(routes: APIRouter, desk: Desk, role_of: RoleOf) -> None:
    @routes.put("/stalls/{stall_id}", summary="Add or replace a stall")
    def put(request: Request, stall_id: _Id, form: StallForm) -> Response:
        actor = actor_of(request, role_of, Right.REGISTER)
        facts = form.model_dump(exclude={"version"})
        try:
            return as_json(desk.put_stall(facts | {"id": stall_id}, actor, form.version))
        except IllegalDeed as error:
            raise HTTPException(409, str(error)) from error
        except SiteError as error:
            raise HTTPException(422, str(error)) from error

    @routes.delete("/stalls/{stall_id}", summary="End a stall's permit; its past cases stay", status_code=204)
    def withdraw(request: Request, stall_id: str) -> Response:
        if not desk.withdraw_stall(stall_id, actor_of(request, role_of, Right.REGISTER)):
            raise HTTPException(404, f"stall {stall_id[:64]}: there is none of this id")
        return Response(status_code=204)


def _linking(routes: APIRouter, desk: Desk, role_of: RoleOf) -> None:
    @routes.post("/stalls/{stall_id}/cases", summary="A case was found to be this stall's")
    def link(request: Request, stall_id: str, form: LinkForm) -> Response:
        actor = actor_of(request, role_of, Right.REGISTER)
        try:
            return as_json(desk.link_stall(stall_id, form.case_id, actor))
        except IllegalDeed as error:
            raise HTTPException(404, str(error)) from error

    @routes.get("/audit", summary="Who saw and changed personal data, newest first")
    def audit(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        actor_of(request, role_of, Right.AUDIT)
        lines, broken_at = desk.audit(limit=limit, offset=offset)
        return as_json({"lines": lines, "broken_at": broken_at})


def without_person(stall: Stall) -> dict[str, Any]:
    """A stall for those who may know that there is one, not whose."""
    shown: dict[str, Any] = msgspec.to_builtins(stall)
    return shown | {"vendor": masked(stall.vendor), "permit_no": masked(stall.permit_no), "phone": ""}

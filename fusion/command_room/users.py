"""Users by REST: an administrator makes them, each with a role, and a liaison with platforms or grids."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from fusion.command_room.backend import Backend
from fusion.command_room.privacy import doer_of
from fusion.command_room.sessions import Sessions
from fusion.types.errors import SiteError
from fusion.types.role import Role

_Scope = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class UserForm(BaseModel):
    """Somebody who may sign in."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=64)]
    role: Literal["administrator", "member", "platform_liaison", "grid_liaison"]
    scope: Annotated[tuple[_Scope, ...], Field(max_length=200, description="platforms or grids of a liaison")] = ()


def router(backend: Backend, sessions: Sessions) -> APIRouter:
    """All routes about users."""
    routes = APIRouter()

    def only_administrators(request: Request) -> None:
        if doer_of(backend, request.state.session.user).role is not Role.ADMINISTRATOR:
            raise HTTPException(403, "users: for administrators")

    @routes.get("/api/v1/users", summary="Who may sign in, with role and scope; for administrators")
    def users(request: Request) -> Response:
        only_administrators(request)
        return _json([{"name": u.name, "role": u.role, "scope": u.scope} for u in backend.users()])

    @routes.post("/api/v1/users", summary="Add or replace a user; the answer holds the first password, once")
    def make(request: Request, form: UserForm) -> Response:
        only_administrators(request)
        known = _known(backend, form.role)
        strangers = sorted(set(form.scope) - known)
        if strangers:
            raise HTTPException(422, f"scope: {', '.join(strangers)[:200]}; wanted: {_wanted(form.role)} of the site")
        try:
            password = sessions.make_user(form.name, Role(form.role), form.scope)
        except SiteError as error:
            raise HTTPException(422, str(error)) from error
        return _json({"name": form.name, "role": form.role, "scope": form.scope, "first_password": password})

    return routes


def _known(backend: Backend, role: str) -> set[str]:
    """What a scope may hold."""
    zone = backend.zone()
    return {
        Role.PLATFORM_LIAISON: set(zone.platforms),
        Role.GRID_LIAISON: {grid.id for grid in zone.grids},
    }.get(Role(role), set())


def _wanted(role: str) -> str:
    return {Role.PLATFORM_LIAISON: "platforms", Role.GRID_LIAISON: "grids"}.get(
        Role(role), "nothing for this role, none"
    )


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")

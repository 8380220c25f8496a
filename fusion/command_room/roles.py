"""Who asks, and whether the role allows it."""

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import HTTPException, Request
from fastapi.responses import Response

from fusion.command_room.rights import Right, may

RoleOf = Callable[[str], str | None]  #: the role of a user's name


def actor_of(request: Request, role_of: RoleOf, right: Right) -> str:
    """Who asks, as an actor; 403 where the role does not allow it."""
    user: str = request.state.session.user
    if not may(role_of(user), right):
        raise HTTPException(403, f"right {right}: not yours; wanted: a user whose role has it")
    return f"user:{user}"


def as_json(value: Any, status: int = 200) -> Response:
    """Any of our types as an answer."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")

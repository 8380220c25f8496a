"""Who may see where the workers are: those who send them, and the liaisons of their own grids."""

from collections.abc import Sequence
from dataclasses import replace

from fusion.command_room.backend import Backend
from fusion.types.case import WorkerStatus
from fusion.types.errors import IllegalDeed
from fusion.types.role import ROOM, Doer, Role


def doer_of(backend: Backend, name: str) -> Doer:
    """A signed-in user as somebody who acts.

    Raises:
        IllegalDeed: the user was taken away meanwhile.
    """
    user = backend.user(name)
    if user is None:
        raise IllegalDeed(f"user {name}: no longer there; sign in again")
    return user.doer


def for_role(statuses: Sequence[WorkerStatus], viewer: Doer) -> Sequence[WorkerStatus]:
    """The workers with their positions and phone numbers where this role needs them, and without elsewhere."""
    if viewer.role in ROOM:
        return statuses
    return [status if _needs(status, viewer) else _without(status) for status in statuses]


def _needs(status: WorkerStatus, viewer: Doer) -> bool:
    return viewer.role is Role.GRID_LIAISON and bool(set(status.worker.grid_ids) & set(viewer.scope))


def _without(status: WorkerStatus) -> WorkerStatus:
    return replace(status, worker=replace(status.worker, phone=""), point=None, position_at=None, accuracy_m=0.0)

"""Workers' positions and phone numbers stay with the roles that need them."""

from datetime import UTC, datetime

import pytest

from fusion.command_room.privacy import for_role
from fusion.types.case import Worker, WorkerStatus
from fusion.types.place import GeoPoint
from fusion.types.role import Doer, Role

_NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
STATUSES = [
    WorkerStatus(
        worker=Worker(id=name, name=name, grid_ids=(grid,), skills=(), duty=(), phone="100-0000-0001"),
        on_duty=True,
        point=GeoPoint(120.0, 29.3),
        position_at=_NOW,
        open_cases=2,
        accuracy_m=8.0,
    )
    for name, grid in (("W-1", "R-01"), ("W-2", "R-02"))
]


@pytest.mark.parametrize(
    ("role", "scope", "seen"),
    [
        (Role.ADMINISTRATOR, (), ["W-1", "W-2"]),
        (Role.MEMBER, (), ["W-1", "W-2"]),
        (Role.GRID_LIAISON, ("R-02",), ["W-2"]),
        (Role.GRID_LIAISON, (), []),
        (Role.PLATFORM_LIAISON, ("market",), []),
    ],
)
def test_a_position_is_shown_only_to_who_needs_it(role: Role, scope: tuple[str, ...], seen: list[str]) -> None:
    shown = for_role(STATUSES, Doer(name="user:x", role=role, scope=scope))
    assert [status.worker.id for status in shown] == ["W-1", "W-2"]
    assert [status.worker.id for status in shown if status.point is not None] == seen
    hidden = [status for status in shown if status.worker.id not in seen]
    assert all((s.position_at, s.accuracy_m, s.worker.phone) == (None, 0.0, "") for s in hidden)
    assert all(status.open_cases == 2 for status in shown)

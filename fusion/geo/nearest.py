"""Who goes: the nearest worker on duty with a fresh position, own grid first, and the sentence that says why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from fusion.geo.plane import distances_m
from fusion.geo.why import Nearness, Standing, reason_for
from fusion.plugins import Config, Duration
from fusion.types.case import Worker, WorkerStatus
from fusion.types.place import Place
from fusion.types.signal import Reason


class DispatchPolicy(Config):
    """How a worker is chosen."""

    #: A position older than this tells nothing of where the worker is.
    position_max_age: Duration = timedelta(minutes=10)
    #: A phone's clock may be ahead by this; a position from farther in the future is not believed.
    clock_slack: Duration = timedelta(minutes=1)
    #: Nobody is sent farther than this.
    max_distance_m: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 5000.0
    #: Each open case makes a worker count as this much farther away.
    open_case_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 300.0
    #: So does lacking the skill.
    no_skill_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 500.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Who goes, and why."""

    worker_id: str
    distance_m: float  #: from the worker's last position to the place, as the crow flies
    reason: Reason


def nearest_worker(
    place: Place,
    *,
    grid_id: str | None,
    small_grid_id: str | None,
    kind: str,
    statuses: Sequence[WorkerStatus],
    now: datetime,
    policy: DispatchPolicy,
    exclude: Collection[str] = (),
) -> Choice | None:
    """Choose among those on duty whose position is fresh and near enough; None when there is nobody.

    A worker of the place's small grid goes before one of its grid, and that one before any other. Among
    equals the least of distance + load + lacking skill (see `DispatchPolicy`) goes, then the lower id.

    Args:
        place: where the case is.
        grid_id: the full grid of the place; None outside every grid.
        small_grid_id: the small grid of the place, inside an enterprise grid.
        kind: event kind; a worker whose `skills` name it has the skill.
        statuses: all workers as they are at `now`.
        now: aware.
        policy: limits and weights.
        exclude: ids of workers who were told already or declined.
    """
    free = [status for status in statuses if status.worker.id not in exclude and _available(status, now, policy)]
    points = [status.point for status in free if status.point is not None]
    away_m = distances_m(place.point, [point.lon for point in points], [point.lat for point in points])
    standings = [
        Standing(
            worker_id=status.worker.id,
            name=status.worker.name,
            grid_ids=status.worker.grid_ids,
            nearness=_nearness(status.worker, grid_id, small_grid_id),
            distance_m=float(distance_m),
            position_age=now - status.position_at,
            open_cases=status.open_cases,
            skilled=kind in status.worker.skills,
        )
        for status, distance_m in zip(free, away_m, strict=True)
        if distance_m <= policy.max_distance_m and status.position_at is not None
    ]
    if not standings:
        return None
    chosen = min(standings, key=lambda standing: _rank(standing, policy))
    return Choice(chosen.worker_id, chosen.distance_m, reason_for(chosen, grid_id, small_grid_id, len(standings)))


def _available(status: WorkerStatus, now: datetime, policy: DispatchPolicy) -> bool:
    if not status.on_duty or status.point is None or status.position_at is None:
        return False
    return -policy.clock_slack <= now - status.position_at <= policy.position_max_age


def _nearness(worker: Worker, grid_id: str | None, small_grid_id: str | None) -> Nearness:
    if small_grid_id is not None and small_grid_id in worker.grid_ids:
        return Nearness.OWN_SMALL_GRID
    if grid_id is not None and grid_id in worker.grid_ids:
        return Nearness.OWN_GRID
    return Nearness.OTHER_GRID


def _rank(standing: Standing, policy: DispatchPolicy) -> tuple[int, float, str]:
    handicap_m = standing.open_cases * policy.open_case_m + (0.0 if standing.skilled else policy.no_skill_m)
    return standing.nearness, standing.distance_m + handicap_m, standing.worker_id

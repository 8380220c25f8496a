"""Who goes: the nearest worker on duty with a fresh position, own grid first, and the sentence that says why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from fusion.geo.plane import distances_m
from fusion.geo.why import Nearness, Standing, leader_reason, named_reason, reason_for
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
    #: A worker may have gone so far since the last position: its age counts as distance.
    walks_m_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.2
    #: Who declined, or did not answer, of late counts as so much farther away.
    declined_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 200.0
    silent_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 800.0
    answer_counts_for: Duration = timedelta(hours=2)
    #: Workers' positions are forgotten after this.
    position_kept: Duration = timedelta(hours=1)


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
    equals the least of distance + how far the worker may have gone since + load + lacking skill + a last
    answer that was none (see `DispatchPolicy`) goes, then the lower id.

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
            may_err_m=_may_err_m(status, now, policy),
            last_answer=_last_answer(status, now, policy),
        )
        for status, distance_m in zip(free, away_m, strict=True)
        if distance_m <= policy.max_distance_m and status.position_at is not None
    ]
    if not standings:
        return None
    chosen = min(standings, key=lambda standing: _rank(standing, policy))
    return Choice(chosen.worker_id, chosen.distance_m, reason_for(chosen, grid_id, small_grid_id, len(standings)))


def leader_of(
    *, grid_id: str | None, small_grid_id: str | None, statuses: Sequence[WorkerStatus], exclude: Collection[str] = ()
) -> Choice | None:
    """The leader of the place's grid who is on duty, wherever he or she is: asked when no worker is left."""
    grids = [grid for grid in (small_grid_id, grid_id) if grid is not None]
    for grid in grids:
        for status in statuses:
            worker = status.worker
            if worker.leader and status.on_duty and grid in worker.grid_ids and worker.id not in exclude:
                return Choice(worker.id, 0.0, leader_reason(worker.id, worker.name, grid))
    return None


def named_worker(worker_id: str, statuses: Sequence[WorkerStatus]) -> Choice | None:
    """Whom a person chose, when on the roster and on duty."""
    for status in statuses:
        if status.worker.id == worker_id and status.on_duty:
            return Choice(worker_id, 0.0, named_reason(worker_id, status.worker.name))
    return None


def _may_err_m(status: WorkerStatus, now: datetime, policy: DispatchPolicy) -> float:
    """How far from the last position the worker may be by now."""
    age_s = 0.0 if status.position_at is None else max(0.0, (now - status.position_at).total_seconds())
    return min(status.accuracy_m, policy.max_distance_m) + age_s * policy.walks_m_s


def _last_answer(status: WorkerStatus, now: datetime, policy: DispatchPolicy) -> str:
    """The last answer while it counts."""
    if status.last_answer_at is None or now - status.last_answer_at > policy.answer_counts_for:
        return ""
    return status.last_answer


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
    handicap_m += {"decline": policy.declined_m, "silent": policy.silent_m}.get(standing.last_answer, 0.0)
    return standing.nearness, standing.distance_m + standing.may_err_m + handicap_m, standing.worker_id

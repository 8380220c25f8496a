"""The roster now: who is on duty, where, with how much in hand; and who is to be told of a case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from fusion.geo.duty import on_duty
from fusion.geo.nearest import Choice, DispatchPolicy, leader_of, named_worker, nearest_worker
from fusion.storage import Store
from fusion.storage.store import Position
from fusion.types.case import Case, Worker, WorkerStatus


class Roster:
    """The site's workers together with what the store knows of them."""

    def __init__(self, workers: Sequence[Worker], store: Store, policy: DispatchPolicy, clock: ZoneInfo) -> None:
        self._workers, self._store, self._policy, self._clock = tuple(workers), store, policy, clock

    def statuses(self, now: datetime) -> list[WorkerStatus]:
        """Every worker; positions that are older than they are kept for are not there any more."""
        positions, load, answers = self._store.positions(), self._store.open_cases_by_worker(), self._store.answers()
        local, kept_since = now.astimezone(self._clock).time(), now - self._policy.position_kept
        return [
            WorkerStatus(
                worker=worker,
                on_duty=on_duty(worker, local),
                point=position.point if position else None,
                position_at=position.at if position else None,
                open_cases=load.get(worker.id, 0),
                accuracy_m=position.accuracy_m if position else 0.0,
                last_answer=answers.get(worker.id, ("", now))[0],
                last_answer_at=answers[worker.id][1] if worker.id in answers else None,
            )
            for worker in self._workers
            for position in [_fresh(positions.get(worker.id), kept_since)]
        ]

    def choose(self, case: Case, told: Collection[str], now: datetime) -> Choice | None:
        """Who goes."""
        return nearest_worker(
            case.place,
            grid_id=case.grid_id,
            small_grid_id=case.small_grid_id,
            kind=case.kind,
            statuses=self.statuses(now),
            now=now,
            policy=self._policy,
            exclude=told,
        )

    def leader(self, case: Case, told: Collection[str], now: datetime) -> Choice | None:
        """The grid's leader, when no worker is left."""
        return leader_of(
            grid_id=case.grid_id, small_grid_id=case.small_grid_id, statuses=self.statuses(now), exclude=told
        )

    def named(self, worker_id: str, now: datetime) -> Choice | None:
        """Whom a person chose, when on the roster and on duty."""
        return named_worker(worker_id, self.statuses(now))


def _fresh(position: Position | None, since: datetime) -> Position | None:
    return position if position is not None and position.at >= since else None

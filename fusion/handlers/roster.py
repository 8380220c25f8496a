"""The roster now: who is on duty, where, with how much in hand; and who is to be told of a case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from fusion.geo.duty import on_duty
from fusion.geo.nearest import Choice, DispatchPolicy, nearest_worker
from fusion.storage import Store
from fusion.types.case import Case, Worker, WorkerStatus


class Roster:
    """The site's workers together with what the store knows of them."""

    def __init__(self, workers: Sequence[Worker], store: Store, policy: DispatchPolicy, clock: ZoneInfo) -> None:
        self._workers, self._store, self._policy, self._clock = tuple(workers), store, policy, clock

    def statuses(self, now: datetime) -> list[WorkerStatus]:
        """Every worker."""
        positions, load = self._store.positions(), self._store.open_cases_by_worker()
        local = now.astimezone(self._clock).time()
        return [
            WorkerStatus(
                worker=worker,
                on_duty=on_duty(worker, local),
                point=positions[worker.id].point if worker.id in positions else None,
                position_at=positions[worker.id].at if worker.id in positions else None,
                open_cases=load.get(worker.id, 0),
            )
            for worker in self._workers
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

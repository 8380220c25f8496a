"""Simulated phones beside a running system."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from fusion.app.system import System
from fusion.geo.duty import on_duty
from fusion.rehearsal.phones import PhoneFleet

_SEED = 8890


@contextmanager
def phones(system: System, seed: int = _SEED) -> Iterator[PhoneFleet]:
    """Phones of all workers who are on duty now."""
    local = datetime.now(UTC).astimezone(system.clock).time()
    workers = [worker for worker in system.site.workers if on_duty(worker, local)]
    grids = {grid.id: grid for grid in system.site.grids}
    addresses = {worker.id: system.phone_address(worker.id) for worker in workers}
    fleet = PhoneFleet(workers, grids, addresses, seed)
    fleet.start()
    try:
        yield fleet
    finally:
        fleet.stop()

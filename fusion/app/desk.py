"""The parts for what people say and what is counted, put together from a site and its store."""

from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from fusion.geo.datum import to_wgs84
from fusion.geo.grids import GridIndex
from fusion.handlers.desk import RoomDesk
from fusion.handlers.engine import Engine
from fusion.handlers.month import MonthReport
from fusion.handlers.reports_in import ReportDoor
from fusion.incidents.reports import ZoneFacts
from fusion.settings.site import Site
from fusion.settings.stalls import stall_of
from fusion.storage import Store
from fusion.types.sensor import SensorStatus


def door_of(site: Site, store: Store, evidence: Path) -> ReportDoor:
    """The door for reports of a site."""
    grids = GridIndex(site.grids)
    facts = ZoneFacts(
        kinds=tuple(site.config.kinds),
        workers=frozenset(worker.id for worker in site.workers),
        to_wgs84=to_wgs84,
        inside=lambda point: grids.find(point) is not None,
    )
    return ReportDoor(store, facts, site.config.reports, evidence, ZoneInfo(site.config.site.timezone))


def month_of(site: Site, store: Store) -> MonthReport:
    """The month's report of a site."""
    return MonthReport(
        store,
        ZoneInfo(site.config.site.timezone),
        zone=site.config.site.name_zh,
        grids={grid.id: grid.name for grid in site.grids},
        workers={worker.id: worker.name for worker in site.workers},
        kinds={kind: entry.zh for kind, entry in site.config.kinds.items()},
    )


def desk_of(
    site: Site,
    store: Store,
    engine: Engine,
    door: ReportDoor,
    sensors: Callable[[], Sequence[SensorStatus]],
    changed: Callable[[], None],
) -> RoomDesk:
    """The command room's desk; `changed` is told of each change of the register of stalls."""
    return RoomDesk(store, engine, door, month_of(site, store), sensors=sensors, stall_of=stall_of, changed=changed)

"""The page over a real store and engine, with camera troubles and peers as the test wants them."""

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

from fusion.alerts.builders import alert_for, update_for
from fusion.app.desk import desk_of, door_of
from fusion.app.keeping import Keeping
from fusion.bus import Bus
from fusion.cli.sites import demo_zone
from fusion.command_room.backend import KindName, LookingState, PeerState, ZoneMap
from fusion.command_room.server import Room, RoomConfig
from fusion.geo.grids import GridIndex
from fusion.handlers.cases import Zone
from fusion.handlers.engine import Engine
from fusion.handlers.learning import Learner
from fusion.handlers.room import RoomBackend
from fusion.handlers.roster import Roster
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.settings.site import Site, read_site
from fusion.storage import Store
from fusion.types.place import Place
from fusion.types.sensor import SensorStatus
from fusion.types.signal import Phase, Reason, Signal
from fusion.types.terminal import Health, TerminalStatus, Trouble, TroubleKind

STARTED = datetime.now(UTC)


@dataclass
class Served:
    """A demo zone that nobody reads, with its page on loopback."""

    room: Room
    engine: Engine
    site: Site
    store: Store
    keeping: Keeping
    backend: RoomBackend
    sensors: list[SensorStatus] = field(default_factory=list)
    statuses: dict[str, TerminalStatus] = field(default_factory=dict)
    peers: list[PeerState] = field(default_factory=list)
    looking: LookingState = field(default_factory=LookingState)
    password: str = ""

    @property
    def url(self) -> str:
        return self.room.url.rstrip("/")

    def trouble(self, number: int, health: Health, *troubles: Trouble, reader: str = "fusion") -> None:
        """How the terminal of a number is doing."""
        name = self.site.terminals[number].id
        self.statuses[name] = TerminalStatus(
            terminal_id=name, health=health, since=STARTED, detail="english", troubles=troubles, reader=reader
        )

    def report(self) -> None:
        """A thing is seen on which nobody is on duty: the case is escalated at once."""
        now = datetime.now(UTC)
        self.engine.handle(
            Signal(
                id="v:1",
                kind="waste_dumping",
                phase=Phase.STARTED,
                source="video",
                source_id=self.site.terminals[0].id,
                thing_id="Z/1",
                at=now,
                since=now,
                met_at=now,
                place=Place(self.site.terminals[0].point, 5.0),
                belief=0.9,
                zone_id="S-01",
                reason=Reason("有袋子遗留", "bags were left"),
            )
        )


def trouble(kind: TroubleKind, zh: str, en: str, **ago: float) -> Trouble:
    return Trouble(kind=kind, since=datetime.now(UTC) - timedelta(**ago), zh=zh, en=en)


def serve(folder: Path, stack: ExitStack) -> Served:
    """Start it; `stack` ends it."""
    site = read_site(demo_zone())
    clock = ZoneInfo(site.config.site.timezone)
    store = Store(URL.create("sqlite", database=str(folder / "fusion.db")))
    stack.callback(store.close)
    bus = Bus("embedded", folder / "bus")
    stack.callback(bus.close)
    roster = Roster((), store, site.config.dispatch, clock)
    zone = Zone(
        locate=GridIndex(site.grids).find,
        choose=roster.choose,
        alert=lambda case, now: alert_for(case, {}, now),
        update=lambda case, worker, now, withdrawn: update_for(case, worker, now, withdrawn=withdrawn),
        clock=clock,
        book=site.book,
    )
    engine = Engine(store, bus, zone, FusionPolicy(), DispatchTimes(try_again_after=timedelta(minutes=10)))
    zone_map = ZoneMap(
        name_zh=site.config.site.name_zh,
        name_en=site.config.site.name_en,
        timezone=site.config.site.timezone,
        boundary=site.boundary,
        streets=site.streets,
        grids=site.grids,
        terminals=site.terminals,
        workers=(),
        kinds={kind: KindName(zh=e.zh, en=e.en, code=e.code) for kind, e in site.config.kinds.items()},
        platforms={name: (entry.zh, entry.en) for name, entry in site.config.cases.platforms.items()},
    )
    keeping = Keeping(replace(site, data_override=folder), store)
    backend = RoomBackend(
        zone_map,
        store,
        engine,
        roster,
        folder,
        statuses=lambda: list(served.statuses.values()),
        still=lambda _terminal: None,
        peers=lambda: served.peers,
        metrics=lambda: b"",
        looking=lambda: served.looking,
        learner=Learner(store, FusionPolicy(), clock),
        export=keeping.exporter.write,
    )
    door = door_of(site, store, folder)
    desk = desk_of(site, store, engine, door, lambda: served.sensors, lambda: None)
    room = Room(RoomConfig(port=0), folder, backend, dict, desk)
    served = Served(room, engine, site, store, keeping, backend)
    served.password = room.sessions.first_password() or ""
    thread = threading.Thread(target=room.serve, name="room", daemon=True)
    thread.start()
    stack.callback(thread.join, 10)
    stack.callback(room.stop)
    pause, until = threading.Event(), datetime.now(UTC) + timedelta(seconds=20)
    while not room.started and datetime.now(UTC) < until:
        pause.wait(0.02)
    assert room.started
    return served

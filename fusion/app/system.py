"""The whole engine of a site, without its page: servers, store, engine, alerts, eyes."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from fusion import metrics
from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.builders import alert_for, update_for
from fusion.alerts.inbound import Inbound
from fusion.alerts.link import EMBEDDED, Address, Link, address_of
from fusion.alerts.messages import FromPhone
from fusion.alerts.publisher import Publisher
from fusion.alerts.topics import ENGINE
from fusion.app.demo import fleet_of, with_real_urls
from fusion.bus import Bus
from fusion.command_room.backend import KindName, PeerState, ZoneMap
from fusion.detectors.pool import DetectorPool
from fusion.geo.datum import to_wgs84
from fusion.geo.grids import GridIndex
from fusion.handlers.cases import Zone
from fusion.handlers.engine import Engine
from fusion.handlers.room import RoomBackend
from fusion.handlers.roster import Roster
from fusion.handlers.wire import PHONES, SIGNALS, pack
from fusion.ingest.live import as_jpeg
from fusion.ingest.looking import Looker
from fusion.ingest.reader import StreamSpec
from fusion.pipeline.eyes import Eyes
from fusion.pipeline.judge import TerminalJudge
from fusion.pipeline.photographer import Photographer
from fusion.settings.site import Site
from fusion.storage import Store
from fusion.types.errors import SiteError
from fusion.types.signal import Signal
from fusion.types.terminal import Health, Terminal

_LOG = structlog.get_logger()
Progress = Callable[[str], None]


class System:
    """Started once from a thread that lives as long as it: its child servers die with that thread."""

    def __init__(self, site: Site, progress: Progress = lambda _what: None) -> None:
        self.site = site
        self._progress = progress
        self._stack = contextlib.ExitStack()

    def start(self) -> None:
        """Start everything in order; whatever fails ends what had started, and says why."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything in the reverse order; twice is harmless."""
        self._stack.close()

    def _start(self) -> None:
        site, config = self.site, self.site.config
        site.data.mkdir(parents=True, exist_ok=True)
        self.clock = ZoneInfo(config.site.timezone)
        self.evidence = site.data / "evidence"
        self._progress("terminals")
        self.fleet = fleet_of(site)
        if self.fleet is not None:
            self._stack.enter_context(self.fleet)
        self.terminals = with_real_urls(site.terminals, self.fleet)
        self._progress("bus and store")
        self.bus = Bus(config.bus.resolved(site.folder), site.data / "bus")
        self._stack.callback(self.bus.close)
        self.store = Store(config.store.resolved(site.folder, site.data))
        self._stack.callback(self.store.close)
        self._progress("broker")
        self._start_link()
        self._progress("engine")
        self._start_engine()
        self._progress("detectors")
        self._start_eyes()

    def _start_link(self) -> None:
        config, folder = self.site.config.broker, self.site.folder
        self.broker: EmbeddedBroker | None = None
        if config.url == EMBEDDED:
            workers = [worker.id for worker in self.site.workers]
            self.broker = EmbeddedBroker(self.site.data / "broker", workers, config.port)
            self._stack.callback(self.broker.stop)
            address = self.phone_address(ENGINE)
        else:
            address = address_of(config, folder)
        inbound = Inbound(self._from_phone, to_wgs84)
        self.link = Link(address, self.broker.client_id if self.broker else config.client_id, inbound)
        self.publisher = Publisher(self.store, self.link)

    def phone_address(self, user: str) -> Address:
        """How a user of the embedded broker connects; for a broker by URL, the engine's own address."""
        if self.broker is None:
            return address_of(self.site.config.broker, self.site.folder)
        return Address(self.broker.host, self.broker.port, user, self.broker.passwords[user])

    def _from_phone(self, message: FromPhone) -> None:
        self.bus.put(PHONES, pack(message))  # the broker forgets it only when the bus has it

    def _start_engine(self) -> None:
        config = self.site.config
        self.grids = GridIndex(self.site.grids)
        self.roster = Roster(self.site.workers, self.store, config.dispatch, self.clock)
        names = {kind: (entry.zh, entry.en) for kind, entry in config.kinds.items()}
        zone = Zone(
            locate=self.grids.find,
            choose=self.roster.choose,
            alert=lambda case, now: alert_for(case, names, now),
            update=lambda case, worker, now, withdrawn: update_for(case, worker, now, withdrawn=withdrawn),
            clock=self.clock,
        )
        self.engine = Engine(self.store, self.bus, zone, config.fusion, config.dispatch, written=self.publisher.notify)
        self.link.start()
        self._stack.callback(self.link.stop)
        self.publisher.start()
        self._stack.callback(self.publisher.stop)
        self.engine.start()
        self._stack.callback(self.engine.stop)

    def _start_eyes(self) -> None:
        config = self.site.config
        model = config.detectors.chosen(self.site.folder)
        self.pool = DetectorPool(model, config.detectors)
        self._stack.callback(self.pool.close)
        connected = {terminal.id: terminal for terminal in self.terminals if terminal.sub_url is not None}
        judges = {terminal.id: self._judge(terminal) for terminal in connected.values()}
        self.eyes = Eyes(connected, judges, self.pool, self.grids, self.evidence, self.clock, self._publish)
        streams = [StreamSpec(terminal.id, terminal.sub_url or "") for terminal in connected.values()]
        self.looker = Looker(streams, config.looking, self.eyes.on_look)
        self.eyes.use(self.looker)
        photographer = Photographer(
            connected, self.evidence, self.clock, (model.name, model.entry.sha256), self.engine.add_evidence
        )
        self._stack.callback(self.engine.subscribe(photographer.on_case))
        photographer.start()
        self._stack.callback(photographer.stop)
        self.looker.start()
        self._stack.callback(self.looker.stop)
        _LOG.info("looking", connected=len(connected), registered=len(self.terminals))

    def _judge(self, terminal: Terminal) -> TerminalJudge:
        return TerminalJudge(
            terminal.id,
            zones=terminal.zones,
            rules=[rule.start() for rule in self.site.rules],
            detect=lambda images: self.pool.detect(images, of=terminal.id),
            site_tz=self.clock,
            follow=self.site.config.follow,
        )

    def _publish(self, signal: Signal) -> None:
        self.bus.publish(SIGNALS, pack(signal))

    def peers(self) -> list[PeerState]:
        """How bus, broker and store are."""
        return [
            PeerState(name=name, well=part.well, since=part.since, detail=part.detail)
            for name, part in (("bus", self.bus), ("broker", self.link), ("store", self.store))
        ]

    def still(self, terminal_id: str) -> bytes | None:
        """The newest looked picture as JPEG."""
        picture = self.looker.newest(terminal_id)
        return None if picture is None else as_jpeg(picture)

    def backend(self) -> RoomBackend:
        """What the command room works on."""
        config = self.site.config
        zone = ZoneMap(
            name_zh=config.site.name_zh,
            name_en=config.site.name_en,
            timezone=config.site.timezone,
            boundary=self.site.boundary or self.site.grids[0].ring,
            streets=self.site.streets,
            grids=self.site.grids,
            terminals=self.site.terminals,
            workers=self.site.workers,
            kinds={kind: KindName(zh=e.zh, en=e.en, code=e.code) for kind, e in config.kinds.items()},
        )
        return RoomBackend(
            zone,
            self.store,
            self.engine,
            self.roster,
            self.evidence,
            statuses=self.looker.statuses,
            still=self.still,
            peers=self.peers,
        )

    def measure(self) -> None:
        """Bring the gauges up to date."""
        by_health = dict.fromkeys(Health, 0)
        for status in self.looker.statuses():
            by_health[status.health] += 1
        by_health[Health.REGISTERED] = len(self.terminals) - sum(by_health.values())
        for health, count in by_health.items():
            metrics.TERMINALS.labels(str(health)).set(count)


def check_clock(now: datetime) -> None:
    """A box whose clock was never set would date evidence wrongly."""
    if now < datetime(2025, 1, 1, tzinfo=UTC):
        raise SiteError(f"clock: it says {now:%Y-%m-%d}; wanted: the right time, since evidence is dated by it")

"""The whole engine of a site, without its page: servers, store, engine, alerts, eyes."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from fusion import metrics
from fusion.alerts.broker import EmbeddedBroker
from fusion.alerts.builders import alert_for, update_for
from fusion.alerts.inbound import Inbound
from fusion.alerts.link import EMBEDDED, Address, Link, address_of
from fusion.alerts.messages import FromPhone
from fusion.alerts.notifier import copies
from fusion.alerts.notifier_beside import Beside
from fusion.alerts.publisher import Publisher
from fusion.alerts.topics import ENGINE
from fusion.app.demo import fleet_of, with_real_urls
from fusion.app.desk import desk_of, door_of
from fusion.app.gauges import gauge
from fusion.app.health_signals import HealthSignals
from fusion.app.history import times_of
from fusion.app.keeping import Keeping
from fusion.app.learning import site_teaching
from fusion.app.permits import Permits
from fusion.app.zone_map import looking_of, zone_map_of
from fusion.bus import Bus
from fusion.command_room.backend import PeerState
from fusion.geo.datum import to_wgs84
from fusion.geo.grids import GridIndex
from fusion.handlers.cases import Zone
from fusion.handlers.desk import RoomDesk
from fusion.handlers.engine import Engine
from fusion.handlers.learning import Learner
from fusion.handlers.room import RoomBackend
from fusion.handlers.roster import Roster
from fusion.handlers.sensors import Sensors, topic_of
from fusion.handlers.wire import PHONES, SIGNALS, pack
from fusion.pipeline.clipper import Clipper, Clips
from fusion.pipeline.photographer import Photographer
from fusion.pipeline.second_look import SecondLook
from fusion.settings.site import Site
from fusion.shards.order import Order
from fusion.shards.shards import Shards
from fusion.storage import Store
from fusion.types.case import CaseState
from fusion.types.errors import SiteError
from fusion.types.report import RawReport, ReportRefused
from fusion.types.signal import Signal
from fusion.types.terminal import Terminal, TerminalStatus

_LOG = structlog.get_logger()
_COPY_LASTS = timedelta(days=1)  #: a notifier's copy of what has no expiry of its own
_HISTORY = timedelta(days=14)  #: of cases that tell where and when to look more often
Progress = Callable[[str], None]


class System:
    """Started once from a thread that lives as long as it: its child servers die with that thread."""

    def __init__(self, site: Site, progress: Progress = lambda _what: None) -> None:
        self.site = site
        self._progress = progress
        self._stack = contextlib.ExitStack()
        self._register_changed: list[Callable[[], None]] = []
        self._changing = threading.Lock()  # of the register of terminals

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
        self.started_at = datetime.now(UTC)
        site.data.mkdir(parents=True, exist_ok=True)
        self.clock = ZoneInfo(config.site.timezone)
        self._progress("terminals")
        self.fleet = fleet_of(site)
        if self.fleet is not None:
            self._stack.enter_context(self.fleet)
        registered = with_real_urls(site.terminals, self.fleet)
        self._progress("bus and store")
        self.bus = Bus(config.bus.resolved(site.folder), site.data / "bus")
        self._stack.callback(self.bus.close)
        self.store = Store(config.store.resolved(site.folder, site.data))
        self._stack.callback(self.store.close)
        self._by_id: dict[str, Terminal] = {}
        self.keeping = Keeping(site, self.store, terminal=self._by_id.get, status=self._status)
        self.evidence = self.keeping.folder
        self.door = door_of(site, self.store, self.evidence)
        self.permits = Permits(self.store, self.clock)
        self.terminals = self.permits.put_on(registered)
        self._progress("broker")
        self._start_link()
        self._progress("engine")
        self._start_engine()
        self._progress("terminals' shards")
        self._start_looking()

    def _start_link(self) -> None:
        config, folder = self.site.config.broker, self.site.folder
        self.broker: EmbeddedBroker | None = None
        if config.url == EMBEDDED:
            workers = [worker.id for worker in self.site.workers]
            sensors = {sensor.id: topic_of(sensor) for sensor, _place in self.site.sensors}
            self.broker = EmbeddedBroker(self.site.data / "broker", workers, config.port, sensors)
            self._stack.callback(self.broker.stop)
            address = self.phone_address(ENGINE)
        else:
            address = address_of(config, folder)
        inbound = self.sensors = Sensors(self.site.sensors, self._from_sensor, Inbound(self._from_phone, to_wgs84))
        client_id = self.broker.client_id if self.broker else config.client_id
        self.link = Link(address, client_id, inbound, inbound.subscriptions)
        self.notifiers: dict[str, Beside] = {}
        for name, notifier in self.site.notifiers:
            try:
                self.notifiers[name] = Beside(name, notifier.start(folder))
            except SiteError as error:
                raise SiteError(f"notifiers.{name}: {error}") from error
            self._stack.callback(self.notifiers[name].stop)
        self.publisher = Publisher(self.store, self.link, self.notifiers)

    def phone_address(self, user: str) -> Address:
        """How a user of the embedded broker connects; for a broker by URL, the engine's own address."""
        if self.broker is None:
            return address_of(self.site.config.broker, self.site.folder)
        return Address(self.broker.host, self.broker.port, user, self.broker.passwords[user])

    def _from_phone(self, message: FromPhone) -> None:
        if isinstance(message, RawReport):
            with contextlib.suppress(ReportRefused):  # which the door has counted and logged
                self.door.take(message)  # the broker forgets it only when the store has it
            return
        self.bus.put(PHONES, pack(message))  # the broker forgets it only when the bus has it

    def _from_sensor(self, signal: Signal) -> None:
        self.bus.put(SIGNALS, pack(signal))  # the broker forgets its message only when the bus has it

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
            rows=lambda message, now: copies(message, self.notifiers, now + _COPY_LASTS),
            repeats=config.repeats,
            leader=self.roster.leader,
            named=self.roster.named,
            book=self.site.book,
        )
        self.engine = Engine(
            self.store,
            self.bus,
            zone,
            config.fusion,
            config.dispatch,
            written=self.publisher.notify,
            positions_kept=config.dispatch.position_kept,
        )
        self.link.start()
        self._stack.callback(self.link.stop)
        self.publisher.start()
        self._stack.callback(self.publisher.stop)
        self.engine.start()
        self._stack.callback(self.engine.stop)

    def _status(self, terminal_id: str) -> TerminalStatus | None:
        return next((status for status in self.shards.statuses() if status.terminal_id == terminal_id), None)

    def _start_looking(self) -> None:
        config, folder = self.site.config, self.site.folder
        model, now = config.detectors.chosen(folder), datetime.now(UTC)
        order = Order(
            number=0,
            folder=folder,
            plugins=tuple(config.plugins),
            detectors=config.detectors,
            looking=config.looking,
            follow=config.follow,
            rules=self.site.rules,
            grids=self.site.grids,
            timezone=config.site.timezone,
            evidence=self.evidence,
            memories=self.site.data / "memories",
            reserve_bytes=config.evidence.reserve_bytes,
            terminals=self.terminals,
            history=times_of(self.store.cases_opened(now - _HISTORY, now)),
            teaching=site_teaching(self.site),
            second_stage=config.second_stage,
            believed=config.fusion.believed,
        )
        self.shards = Shards(order, self._heard, self.site.data)
        self._stack.callback(self.shards.stop)
        self._by_id.update((terminal.id, terminal) for terminal in self.terminals)
        self._start_photographing((model.name, model.entry.sha256))
        self._start_second_look()
        self.shards.start()
        self.keeping.start()
        self._stack.callback(self.keeping.stop)
        health = HealthSignals(self.shards.statuses, self.link.send)
        health.start()
        self._stack.callback(health.stop)
        connected = sum(terminal.connected for terminal in self.terminals)
        _LOG.info("looking", connected=connected, registered=len(self.terminals), shards=len(self.shards.pids))

    def _size_px(self, terminal_id: str) -> tuple[int, int] | None:
        return next((s.size_px for s in self.shards.statuses() if s.terminal_id == terminal_id), None)

    def _start_second_look(self) -> None:
        policy = self.site.config.cases.closing
        if policy.by_eye == "off":
            return
        second_look = SecondLook(
            self._by_id,
            self.evidence,
            self.clock,
            policy,
            still=self.shards.still,
            statuses=self.shards.statuses,
            traces=lambda case_id: [trace for one in self.store.incidents_of(case_id) for trace in one.traces],
            answer=lambda verdict: self.bus.put(SIGNALS, pack(verdict)),
        )
        self._stack.callback(self.engine.subscribe(second_look.on_case))
        second_look.start(self.store.cases(states=[CaseState.FEEDBACK], limit=1000))
        self._stack.callback(second_look.stop)

    def _start_photographing(self, model: tuple[str, str]) -> None:
        reserve_bytes = self.site.config.evidence.reserve_bytes
        photographer = Photographer(
            self._by_id,
            self.evidence,
            self.clock,
            model,
            self.engine.add_evidence,
            self._size_px,
            reserve_bytes=reserve_bytes,
        )
        clipper = Clipper(
            self._by_id,
            self.evidence,
            self.clock,
            model,
            Clips(self.shards.hold, self.shards.clip),
            self.engine.add_evidence,
            lambda case_id: found[0] if (found := self.store.case(case_id)) else None,
            after=self.site.config.evidence.after,
            reserve_bytes=reserve_bytes,
        )
        self._stack.callback(self.engine.subscribe(self.keeping.sealer.on_case))
        for part in (photographer, clipper):
            self._stack.callback(self.engine.subscribe(part.on_case))
            part.start()
            self._stack.callback(part.stop)

    def use_terminals(self, terminals: tuple[Terminal, ...]) -> tuple[int, int, int]:
        """Change the register of terminals; how many streams were added, changed and removed.

        Raises:
            SiteError: the demo's fleet has no such stream.
        """
        with self._changing:
            real = self.permits.put_on(with_real_urls(terminals, self.fleet))
            self.site = replace(self.site, terminals=terminals)
            self.terminals = real
            self._by_id.clear()
            self._by_id.update((terminal.id, terminal) for terminal in real)
            done = self.shards.update(real)
        for changed in self._register_changed:
            changed()
        return done

    def use_permits(self) -> None:
        """Take up the register of stalls if it, or the day, has changed."""
        if self.permits.stale():
            _, changed, _ = self.use_terminals(self.site.terminals)
            _LOG.info("register of stalls taken up", terminals=changed)

    def _heard(self, signal: bytes) -> None:
        self.bus.publish(SIGNALS, signal)

    def peers(self) -> list[PeerState]:
        """How bus, broker, store and detector are, and the notifiers beside MQTT."""
        parts = [
            PeerState(name=name, well=part.well, since=part.since, detail=part.detail)
            for name, part in (("bus", self.bus), ("broker", self.link), ("store", self.store))
        ]
        beside = [
            PeerState(name=name, well=part.well, since=part.since, detail=part.detail, notifier=True)
            for name, part in self.notifiers.items()
        ]
        kept = self.keeping.condition
        evidence = PeerState(name="evidence", well=kept.well, since=kept.since, detail=kept.detail, needed=False)
        return [*parts, evidence, self._detector(), *beside]

    def _detector(self) -> PeerState:
        """Not well while it runs on another execution provider than the site wants first: it works, and slowly."""
        reason = self.shards.detector_fallback
        well = reason is None
        return PeerState(name="detector", well=well, since=self.started_at, detail=reason or "", stands_in=not well)

    def backend(self) -> RoomBackend:
        """What the command room works on."""
        backend = RoomBackend(
            zone_map_of(self.site),
            self.store,
            self.engine,
            self.roster,
            self.evidence,
            statuses=self.shards.statuses,
            still=self.shards.still,
            peers=self.peers,
            looking=lambda: looking_of(self.shards),
            learner=Learner(self.store, self.site.config.fusion, self.clock),
            export=self.keeping.exporter.write,
            metrics=lambda: metrics.exposition(self.shards.metrics()),
        )
        self._register_changed.append(lambda: backend.use_zone(zone_map_of(self.site)))
        return backend

    def desk(self) -> RoomDesk:
        """Reports, sensors, stalls and figures for the command room."""
        return desk_of(self.site, self.store, self.engine, self.door, self.sensors.statuses, self.use_permits)

    def measure(self) -> None:
        """Bring the gauges up to date."""
        self.use_permits()
        gauge(self.shards, len(self.terminals), self.sensors.statuses())

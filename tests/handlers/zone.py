"""A small zone: one grid, three workers, things that cameras say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

from fusion.alerts.builders import alert_for, update_for
from fusion.bus import Bus
from fusion.geo.nearest import DispatchPolicy
from fusion.handlers.cases import Zone
from fusion.handlers.engine import Engine
from fusion.handlers.roster import Roster
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.incidents.table import FIRST, leads
from fusion.storage import Store
from fusion.types.case import Case, CaseEvent, Deed, Worker
from fusion.types.phone import Answer, OutboxMessage, PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.place import GeoPoint, Place
from fusion.types.role import Doer, Role
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Phase, Reason, Signal

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
HERE = GeoPoint(120.03, 29.33)
BOX = Box(0.4, 0.4, 0.5, 0.6)
KINDS = {"street_stall": ("占道经营", "Street stall")}
ADMIN = Doer(name="user:admin", role=Role.ADMINISTRATOR)
_NAMES = count()


def away(east_m: float) -> GeoPoint:
    return GeoPoint(HERE.lon + east_m / 111_194.9 / math.cos(math.radians(HERE.lat)), HERE.lat)


def said(
    at: datetime,
    *,
    source: str = "T-1",
    thing: str = "Z/P1",
    phase: Phase = Phase.STARTED,
    since: datetime | None = None,
    east_m: float = 0.0,
    evidence: tuple[EvidenceRef, ...] = (),
) -> Signal:
    since = since or at
    return Signal(
        id=f"v:{source}:{thing}:{phase}:{at.timestamp()}",
        kind="street_stall",
        phase=phase,
        source="video",
        source_id=source,
        thing_id=thing,
        at=at,
        since=since,
        met_at=since,
        place=Place(away(east_m), 2.0),
        belief=0.8,
        zone_id="Z",
        reason=Reason("摊点停留", "a stall stayed"),
        box=BOX,
        evidence=evidence,
    )


def answered(case: Case, answer: Answer, worker: str | None = None, alert: str | None = None) -> PhoneAnswer:
    return PhoneAnswer(
        id=f"answer-{next(_NAMES)}",
        worker_id=worker or case.worker_id or "",
        case_id=case.id,
        alert_id=alert or case.alert_id or "",
        answer=answer,
        at=NOON,
        reason="",
    )


def received(case: Case, worker: str | None = None) -> PhoneReceipt:
    return PhoneReceipt(
        id=f"receipt-{next(_NAMES)}",
        worker_id=worker or case.worker_id or "",
        case_id=case.id,
        alert_id=case.alert_id or "",
        at=NOON,
    )


def a_picture(name: str, path: str | None = None) -> EvidenceRef:
    return EvidenceRef(id=name, kind="plain", path=path or f"{name}.jpg", sha256="ab" * 32, at=NOON)


def workers(names: Sequence[str]) -> list[Worker]:
    return [
        Worker(id=name, name=name, grid_ids=("G-1",), skills=("street_stall",), duty=(("00:00", "00:00"),))
        for name in names
    ]


@dataclass(frozen=True)
class Hit:
    grid_id: str = "G-1"
    small_grid_id: str | None = None


def path_of(history: Sequence[CaseEvent]) -> list[str]:
    """The deeds of a history; fails where it is no path of the table."""
    state, path = FIRST, []
    for event in history:
        if event.deed in set(Deed):
            assert leads(state, Deed(event.deed), event.state), (state, event)
            state = event.state
            path.append(event.deed)
        assert event.state is state, event
    return path


def the_zone(store: Store, names: Sequence[str] = ("W-1", "W-2", "W-3")) -> Zone:
    roster = Roster(workers(names), store, DispatchPolicy(), SHANGHAI)
    return Zone(
        locate=lambda _point: Hit(),
        choose=roster.choose,
        alert=lambda case, now: alert_for(case, KINDS, now),
        update=lambda case, worker, now, withdrawn: update_for(case, worker, now, withdrawn=withdrawn),
        clock=SHANGHAI,
    )


def sqlite(folder: Path) -> Store:
    return Store(URL.create("sqlite", database=str(folder / "fusion.db")))


class Site:
    """An engine whose clock the test turns."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self.now = NOON
        self.store, self.bus = store, bus
        self.times, self.policy = DispatchTimes(), FusionPolicy()
        self.told: list[Case] = []
        self.engine = self.restarted()

    def restarted(self) -> Engine:
        """Another engine on the same store, as after a restart."""
        self.engine = Engine(
            self.store, self.bus, the_zone(self.store), self.policy, self.times, clock=lambda: self.now
        )
        self.engine.subscribe(self.told.append)
        return self.engine

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.engine.tick()

    def stand(self, worker: str, east_m: float) -> None:
        """A worker tells the own position."""
        at = PhonePosition(id=f"p-{next(_NAMES)}", worker_id=worker, point=away(east_m), accuracy_m=5, at=self.now)
        self.engine.handle(at)

    def hear(self, signal: Signal | None = None) -> Case:
        """A signal, and the newest case after it."""
        self.engine.handle(signal or said(self.now))
        return self.case

    @property
    def case(self) -> Case:
        return self.store.cases(limit=1)[0]

    @property
    def history(self) -> list[CaseEvent]:
        found = self.store.case(self.case.id)
        assert found is not None
        return found[1]

    @property
    def deeds(self) -> list[str]:
        return [event.deed for event in self.history]

    def outbox(self) -> list[tuple[str, str]]:
        """(what, to whom) of each message, oldest first."""
        return [_what_and_whom(message) for message in self.store.unsent(1000)]


def _what_and_whom(message: OutboxMessage) -> tuple[str, str]:
    parts = message.topic.split("/")
    return parts[-1], parts[-2]

"""What the page and the REST API ask of the engine. `fusion.handlers.room` implements it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from fusion.types.case import Case, CaseEvent, CaseState, Deed, Trace, Worker, WorkerStatus
from fusion.types.deed import Allowed, Given
from fusion.types.false_reason import FalseReason
from fusion.types.place import GeoPoint, Grid
from fusion.types.role import USERS, Doer, Role
from fusion.types.terminal import Terminal, TerminalStatus

NOTHING = Given()


@dataclass(frozen=True, slots=True, kw_only=True)
class KindName:
    """What an event kind is called and its code in the site's table (GB/T 30428)."""

    zh: str
    en: str
    code: str = ""
    class_zh: str = ""  #: the major and minor class in that table, with their codes
    class_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneMap:
    """What does not change while the engine runs."""

    name_zh: str
    name_en: str
    timezone: str  #: IANA name, such as "Asia/Shanghai"
    boundary: tuple[GeoPoint, ...]
    streets: tuple[tuple[str, tuple[GeoPoint, ...]], ...]  #: (name, line); may be empty
    grids: tuple[Grid, ...]
    terminals: tuple[Terminal, ...]
    workers: tuple[Worker, ...]
    kinds: dict[str, KindName]
    platforms: dict[str, tuple[str, str]] = field(default_factory=dict)  #: Chinese and English name by id


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may log in."""

    name: str
    password_hash: str  #: Argon2id, PHC string
    role: str  #: one of `fusion.types.role.USERS`
    created_at: datetime
    must_change: bool = False  #: the first password was made by fusion and shown once
    scope: tuple[str, ...] = ()  #: a platform liaison's platforms, a grid liaison's grids

    @property
    def doer(self) -> Doer:
        """As somebody who acts; one whose role this release does not know may do nothing."""
        known = self.role in set(USERS)
        role = Role(self.role) if known else Role.GRID_LIAISON
        return Doer(name=f"user:{self.name}", role=role, scope=self.scope if known else ())

    def __repr__(self) -> str:
        return f"User({self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerState:
    """Whether a part that the engine leans on is well."""

    name: str  #: "bus", "broker", "store", "detector", or a notifier's name in the site's YAML
    well: bool
    since: datetime
    detail: str = ""  #: English, without secrets
    notifier: bool = False  #: a way to tell people beside MQTT: the engine does its work without it
    stands_in: bool = False  #: when not well, something else does the work in its place, only slower
    needed: bool = True  #: the engine cannot do its work without it

    @property
    def holds_up(self) -> bool:
        """The engine does not do its work."""
        return self.needed and not (self.well or self.notifier or self.stands_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingState:
    """How looking keeps up with the terminals."""

    stretch: float = 1.0  #: by how much gaps between looks are longer than the site allows; 1: they are not
    longest_gap_s: float = 0.0  #: between two looks at one terminal, of late
    budget_cores: float = 0.0  #: processor time that looking may use, in cores
    used_cores: float = 0.0
    overloaded: bool = False
    zh: str = ""  #: a sentence when it is overloaded
    en: str = ""


def looking_state(
    *, stretch: float, longest_gap_s: float, budget_cores: float, used_cores: float, overloaded: bool
) -> LookingState:
    """The state with its sentence in both languages."""
    zh = (
        f"查看能力不足：预算 {budget_cores:.1f} 核（已用 {used_cores:.1f} 核），"
        f"各终端查看间隔均匀拉长至 {stretch:.1f} 倍，最长 {longest_gap_s:.0f} 秒。"
    )
    en = (
        f"Looking is overloaded: of a budget of {budget_cores:.1f} cores {used_cores:.1f} are in use, "
        f"gaps between looks are {stretch:.1f} times as long for all terminals, {longest_gap_s:.0f} s at most."
    )
    return LookingState(
        stretch=stretch,
        longest_gap_s=longest_gap_s,
        budget_cores=budget_cores,
        used_cores=used_cores,
        overloaded=overloaded,
        zh=zh if overloaded else "",
        en=en if overloaded else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """How far the word of one source, in one zone and of one kind, has held good."""

    source_id: str
    zone_id: str | None
    kind: str
    trues: int  #: marks of people
    falses: int
    reliability: float  #: 0-1, as it weighs now
    false_reasons: dict[FalseReason, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A change that marks suggest, with what it would have done; `fusion replay` tries it."""

    source_id: str | None  #: None: all terminals
    zone_id: str | None
    kind: str
    change: str
    zh: str
    en: str
    falses: int
    falses_less: int
    trues: int
    trues_lost: int
    patch: dict[str, Any]  #: for `fusion replay --rules`, as YAML


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What people's marks say."""

    sources: tuple[SourceRecord, ...] = ()  #: most false ones first
    suggestions: tuple[Advice, ...] = ()  #: what would spare most first


class Backend(Protocol):
    """Reads never raise for what is unknown (they give None or nothing); deeds raise `IllegalDeed`.

    All methods may be called from any thread and return within a database query's time.
    """

    def zone(self) -> ZoneMap:
        """The zone as configured."""

    def terminals(self) -> Sequence[TerminalStatus]:
        """Every terminal of the register, also those that are registered but not connected."""

    def workers(self) -> Sequence[WorkerStatus]:
        """Every worker of the roster with duty and newest position."""

    def cases(
        self, *, states: Sequence[CaseState] = (), kind: str | None = None, limit: int = 100, offset: int = 0
    ) -> Sequence[Case]:
        """Cases, newest first; no states means all."""

    def case_counts(self) -> dict[CaseState, int]:
        """How many cases stand in each state."""

    def case(self, case_id: str) -> tuple[Case, Sequence[CaseEvent]] | None:
        """One case with its history, oldest first."""

    def allowed(self, case: Case, by: Doer) -> Sequence[Allowed]:
        """What somebody may do to a case now."""

    def traces(self, case_id: str) -> Sequence[Trace]:
        """Who told of the case's thing, each under its own name for it."""

    def act(self, case_id: str, deed: Deed, *, by: Doer, given: Given = NOTHING, version: int | None = None) -> Case:
        """Do a deed; IllegalDeed says in words why not. A version that is no longer the case's is refused."""

    def evidence_file(self, evidence_id: str) -> Path | None:
        """The file of an evidence id, checked to lie in the evidence folder."""

    def evidence_zip(self, case_id: str, *, actor: str) -> BinaryIO | None:
        """The package of a case's evidence, open at its start, for the caller to close; None: there is no such case.

        Raises `IllegalDeed` where nothing of it is left, and as the store does.
        """

    def still(self, terminal_id: str) -> bytes | None:
        """The newest looked picture of a terminal as JPEG, for live view."""

    def metrics(self) -> bytes:
        """Everything measured, in Prometheus's text format."""

    def peers(self) -> Sequence[PeerState]:
        """Bus, broker and store, and the notifiers beside MQTT."""

    def looking(self) -> LookingState:
        """How looking keeps up with the terminals."""

    def learning(self, terminal_id: str | None = None) -> Learning:
        """What people's marks say of a terminal (with what they say of the rules of all), or of the whole zone."""

    def subscribe(self, changed: Callable[[str], None]) -> Callable[[], None]:
        """Call `changed(case_id)` after each committed change, from the engine's thread; returns how to stop."""

    def user(self, name: str) -> User | None:
        """A user by name."""

    def users(self) -> Sequence[User]:
        """All users."""

    def put_user(self, user: User) -> None:
        """Add or replace a user."""

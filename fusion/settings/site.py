"""A whole site: the folder read, checked, and put together from what each package wants to be configured."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from fusion.alerts.link import BrokerConfig
from fusion.alerts.notifier import NotifierConfig
from fusion.bus import BusConfig
from fusion.command_room.server import RoomConfig
from fusion.detectors.pool import OnnxConfig
from fusion.evidence.config import EvidenceConfig
from fusion.geo.datum import to_wgs84
from fusion.geo.nearest import DispatchPolicy
from fusion.incidents.codes import Book, CasesConfig, CodeEntry
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.incidents.repeats import RepeatPolicy
from fusion.incidents.reports import ReportsPolicy
from fusion.ingest.looking_policy import LookingPolicy
from fusion.plugins import Config, Registries, Registry, load_file
from fusion.rules import dumping, stall  # noqa: F401 - the shipped rules register themselves
from fusion.rules.base import RuleConfig
from fusion.sensors import fill_level, noise, parking, smoke, tilt  # noqa: F401 - so do the shipped sensors
from fusion.sensors.base import SensorConfig
from fusion.settings.case_checks import of_codes, of_routes
from fusion.settings.checks import of_evidence, of_fleet, of_kinds, of_notifiers, of_sensors, of_terminals, of_workers
from fusion.settings.geojson import Line, read_boundary, read_grids, read_streets
from fusion.settings.kinds import rows_of
from fusion.settings.marks import Marked
from fusion.settings.problems import Problem, SiteProblems, from_validation
from fusion.settings.registers import (
    Files,
    KindEntry,
    LogFormat,
    SiteNames,
    StreamEntry,
    TerminalEntry,
    WorkerEntry,
)
from fusion.settings.tables import Row, read_marked, read_table
from fusion.storage import StoreConfig
from fusion.tracking.config import FollowerConfig
from fusion.types.case import Worker
from fusion.types.errors import SiteError
from fusion.types.place import Datum, Grid, Place
from fusion.types.terminal import Terminal

SITE_FILE = "site.yaml"
_T = TypeVar("_T")
#: stands before ids in the outbox, and beside bus, broker and store on the page
NotifierName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class DispatchConfig(DispatchPolicy, DispatchTimes):
    """Who is told, and how long an answer may take."""


class SiteConfig(Config):
    """site.yaml."""

    site: SiteNames
    kinds: dict[str, KindEntry]
    files: Files
    plugins: tuple[str, ...] = ()  #: Python files of the site's own rules, detectors, sensors, notifiers
    rules: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]
    sensors: tuple[dict[str, Any], ...] = ()
    notifiers: dict[NotifierName, dict[str, Any]] = Field(default_factory=dict)  #: beside MQTT, by a name for each
    looking: LookingPolicy = LookingPolicy()
    follow: FollowerConfig = FollowerConfig()
    detectors: OnnxConfig = OnnxConfig()
    fusion: FusionPolicy = FusionPolicy()
    dispatch: DispatchConfig = DispatchConfig()
    cases: CasesConfig = CasesConfig()
    bus: BusConfig = BusConfig()
    store: StoreConfig = StoreConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    broker: BrokerConfig = BrokerConfig()
    reports: ReportsPolicy = ReportsPolicy()
    repeats: RepeatPolicy = RepeatPolicy()
    command_room: RoomConfig = RoomConfig()
    data_dir: str = "var"  #: relative to the site's folder; FUSION_DATA overrides it
    log: LogFormat = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A checked site."""

    folder: Path
    config: SiteConfig
    rules: tuple[RuleConfig, ...]
    boundary: Line
    streets: tuple[tuple[str, Line], ...]
    grids: tuple[Grid, ...]
    terminals: tuple[Terminal, ...]
    workers: tuple[Worker, ...]
    fleet: tuple[StreamEntry, ...]
    sensors: tuple[tuple[SensorConfig, Place], ...] = ()  #: with where each stands
    notifiers: tuple[tuple[str, NotifierConfig], ...] = ()  #: beside MQTT, with the site's name for each
    case_codes: tuple[CodeEntry, ...] = ()
    data_override: Path | None = None

    @property
    def book(self) -> Book:
        """The code table with what the site says about cases."""
        return Book(self.config.cases, self.case_codes)

    @property
    def data(self) -> Path:
        """Where everything that is written goes; FUSION_DATA says otherwise than site.yaml."""
        override = self.data_override or os.environ.get("FUSION_DATA")
        return Path(override or self.folder / self.config.data_dir).resolve()


def read_site(folder: Path) -> Site:
    """Read and check a site's folder.

    Raises:
        SiteProblems: every fault, with file, line and key.
        SiteError: a file is missing or no YAML, or a plug-in is broken.
    """
    document = read_marked(folder / SITE_FILE)
    try:
        config = SiteConfig.model_validate(document.data)
    except ValidationError as error:
        raise SiteProblems(from_validation(error, document, (), SiteConfig.model_fields)) from error
    for plugin in config.plugins:
        load_file(folder / plugin)
    problems: list[Problem] = []
    files, datum = config.files, config.site.datum
    listed, named = partial(_listed, document=document, problems=problems), config.notifiers.items()
    rules: list[Row[RuleConfig]] = listed(Registries.rules, "rules", enumerate(config.rules))
    sensors: list[Row[SensorConfig]] = listed(Registries.sensors, "sensors", enumerate(config.sensors))
    notifiers: list[Row[NotifierConfig]] = listed(Registries.notifiers, "notifiers", named)
    before = len(problems)
    terminals = read_table(folder / files.terminals, TerminalEntry, problems)
    complete = len(problems) == before
    workers = read_table(folder / files.workers, WorkerEntry, problems)
    fleet = read_table(folder / files.fleet, StreamEntry, problems, key="terminal") if files.fleet else []
    codes = read_table(folder / files.case_codes, CodeEntry, problems, key="kind") if files.case_codes else []
    grids = _shape(read_grids, folder / files.grids, problems)
    boundary = _shape(read_boundary, folder / files.boundary, problems) if files.boundary else ()
    streets = _shape(read_streets, folder / files.streets, problems) if files.streets else ()
    grid_ids = {grid.id for grid in grids} if grids is not None else None
    problems += of_terminals(terminals, grid_ids, datum)
    problems += of_workers(workers, grid_ids)
    problems += of_sensors(sensors, {row.entry.id for row in workers}, grid_ids, config.broker.url)
    problems += of_notifiers(notifiers)
    problems += of_kinds([*rules, *sensors], config.kinds)
    problems += of_codes(codes, config.kinds, config.cases.platforms)
    problems += of_routes(document, config.cases, config.kinds, grid_ids)
    problems += of_evidence(config.evidence, config.kinds, document)
    problems += of_fleet(fleet, terminals, folder / "clips", complete=complete)
    places = list(_places(sensors, datum, problems))
    if problems or grids is None or boundary is None or streets is None:
        raise SiteProblems(problems)
    return Site(
        folder=folder,
        config=config,
        rules=tuple(row.entry for row in rules),
        boundary=boundary,
        streets=streets,
        grids=grids,
        terminals=tuple(row.entry.terminal(datum) for row in terminals),
        workers=tuple(row.entry.worker() for row in workers),
        fleet=tuple(row.entry for row in fleet),
        sensors=tuple(places),
        case_codes=tuple(row.entry for row in codes),
        notifiers=tuple((str(row.loc[1]), row.entry) for row in notifiers),
    )


def _listed(
    registry: Registry,
    key: str,
    entries: Iterable[tuple[str | int, Mapping[str, Any]]],
    document: Marked,
    problems: list[Problem],
) -> list[Row[Any]]:
    return list(rows_of(registry, (((key, its), raw) for its, raw in entries), document, problems))


def _shape(read: Callable[[Path], _T], file: Path, problems: list[Problem]) -> _T | None:
    """What a GeoJSON file holds; None where it has faults, which are added to `problems`."""
    try:
        return read(file)
    except SiteProblems as error:
        problems += error.problems
        return None


def _places(
    rows: Sequence[Row[SensorConfig]], datum: Datum, problems: list[Problem]
) -> Iterator[tuple[SensorConfig, Place]]:
    for row in rows:
        try:
            point = to_wgs84(*row.entry.point, row.entry.datum or datum)
        except SiteError as error:
            problems.append(row.problem(str(error), "point"))
            continue
        yield row.entry, Place(point, row.entry.uncertainty_m)


def json_schema() -> dict[str, Any]:
    """JSON Schema of site.yaml for editors, with the kinds of rules, sensors and notifiers spelled out."""
    schema = SiteConfig.model_json_schema()
    kinds = [Registries.rules.config(kind).model_json_schema() for kind in Registries.rules.kinds]
    schema["properties"]["rules"] = {"type": "array", "minItems": 1, "items": {"anyOf": kinds}}
    sensors = [Registries.sensors.config(kind).model_json_schema() for kind in Registries.sensors.kinds]
    schema["properties"]["sensors"] = {"type": "array", "items": {"anyOf": sensors}}
    notifiers = [Registries.notifiers.config(kind).model_json_schema() for kind in Registries.notifiers.kinds]
    schema["properties"]["notifiers"] = {"type": "object", "additionalProperties": {"anyOf": notifiers}}
    return schema

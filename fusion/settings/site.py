"""A whole site: the folder read, checked, and put together from what each package wants to be configured."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from fusion.alerts.link import BrokerConfig
from fusion.bus import BusConfig
from fusion.command_room.server import RoomConfig
from fusion.detectors.pool import OnnxConfig
from fusion.geo.nearest import DispatchPolicy
from fusion.incidents.dispatching import DispatchTimes
from fusion.incidents.fuse import FusionPolicy
from fusion.ingest.looking_policy import LookingPolicy
from fusion.plugins import Config, Registries, load_file
from fusion.rules import dumping, stall  # noqa: F401 - the shipped rules register themselves
from fusion.rules.base import RuleConfig
from fusion.settings.geojson import Line, read_boundary, read_grids, read_streets
from fusion.settings.marks import Marked, read_yaml
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
from fusion.storage import StoreConfig
from fusion.tracking.config import FollowerConfig
from fusion.types.case import Worker
from fusion.types.errors import SiteError
from fusion.types.place import Grid
from fusion.types.terminal import Terminal

SITE_FILE = "site.yaml"
_ENTRY = TypeVar("_ENTRY", bound=Config)
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class DispatchConfig(DispatchPolicy, DispatchTimes):
    """Who is told, and how long an answer may take."""


class SiteConfig(Config):
    """site.yaml."""

    site: SiteNames
    kinds: dict[str, KindEntry]
    files: Files
    plugins: tuple[str, ...] = ()  #: Python files of the site's own rules, detectors, sensors, notifiers
    rules: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]
    looking: LookingPolicy = LookingPolicy()
    follow: FollowerConfig = FollowerConfig()
    detectors: OnnxConfig = OnnxConfig()
    fusion: FusionPolicy = FusionPolicy()
    dispatch: DispatchConfig = DispatchConfig()
    bus: BusConfig = BusConfig()
    store: StoreConfig = StoreConfig()
    broker: BrokerConfig = BrokerConfig()
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
    data_override: Path | None = None

    @property
    def data(self) -> Path:
        """Where everything that is written goes; FUSION_DATA says otherwise than site.yaml."""
        override = self.data_override or os.environ.get("FUSION_DATA")
        return Path(override or self.folder / self.config.data_dir).resolve()


def read_site(folder: Path) -> Site:
    """Read and check a site's folder; SiteProblems lists every fault with file, line and key."""
    document = _with_variables(read_yaml(folder / SITE_FILE))
    try:
        config = SiteConfig.model_validate(document.data)
    except ValidationError as error:
        raise SiteProblems(from_validation(error, document, (), SiteConfig.model_fields)) from error
    problems: list[Problem] = []
    for plugin in config.plugins:
        load_file(folder / plugin)
    rules = tuple(_rules(config, document, problems))
    files = config.files
    terminals = tuple(entry.terminal() for entry in _entries(folder / files.terminals, TerminalEntry, problems))
    workers = tuple(_worker(entry) for entry in _entries(folder / files.workers, WorkerEntry, problems))
    fleet = tuple(_entries(folder / files.fleet, StreamEntry, problems, key="terminal")) if files.fleet else ()
    grids = read_grids(folder / files.grids)
    site = Site(
        folder=folder,
        config=config,
        rules=rules,
        boundary=read_boundary(folder / files.boundary) if files.boundary else (),
        streets=read_streets(folder / files.streets) if files.streets else (),
        grids=grids,
        terminals=terminals,
        workers=workers,
        fleet=fleet,
    )
    problems += _mismatches(site)
    if problems:
        raise SiteProblems(problems)
    return site


def _with_variables(document: Marked) -> Marked:
    """`${NAME}` in a text is the environment's NAME, so that passwords need not stand in files."""

    def put_in(value: Any, loc: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {key: put_in(entry, (*loc, key)) for key, entry in value.items()}
        if isinstance(value, list):
            return [put_in(entry, (*loc, index)) for index, entry in enumerate(value)]
        if not isinstance(value, str):
            return value
        for name in _VARIABLE.findall(value):
            if name not in os.environ:
                where = f"{document.file}:{document.line(loc)}: {'.'.join(map(str, loc))}"
                raise SiteError(f"{where}: ${{{name}}} is not set; wanted: the environment variable {name}")
        return _VARIABLE.sub(lambda match: os.environ[match.group(1)], value)

    return Marked(document.file, put_in(document.data, ()), document.lines)


def _rules(config: SiteConfig, document: Marked, problems: list[Problem]) -> Iterator[RuleConfig]:
    for index, raw in enumerate(config.rules):
        loc = ("rules", index)
        try:
            kind = Registries.rules.config(raw.get("kind"))
        except ValueError as error:
            line = document.line((*loc, "kind"))
            problems.append(Problem(document.file, line, f"rules.{index}.kind", str(error)))
            continue
        try:
            rule = kind.model_validate(raw)
        except ValidationError as error:
            problems += from_validation(error, document, loc, kind.model_fields)
            continue
        if isinstance(rule, RuleConfig):
            yield rule


def _entries(file: Path, kind: type[_ENTRY], problems: list[Problem], key: str = "id") -> Iterator[_ENTRY]:
    document = _with_variables(read_yaml(file))
    if not isinstance(document.data, list):
        problems.append(Problem(file, 1, "", f"found {type(document.data).__name__}; wanted: a list, one entry a line"))
        return
    seen: set[object] = set()
    for index, raw in enumerate(document.data):
        try:
            entry = kind.model_validate(raw)
        except ValidationError as error:
            problems += from_validation(error, document, (index,), kind.model_fields)
            continue
        name = getattr(entry, key)
        if name in seen:
            problems.append(
                Problem(file, document.line((index, key)), f"{index}.{key}", f"{name} stands twice; wanted: once")
            )
            continue
        seen.add(name)
        yield entry


def _worker(entry: WorkerEntry) -> Worker:
    duty = tuple((start, end) for start, _, end in (window.partition("-") for window in entry.duty))
    return Worker(
        id=entry.id,
        name=entry.name,
        grid_ids=entry.grids,
        skills=entry.skills,
        duty=duty,
        phone=entry.phone,
        leader=entry.leader,
    )


def _mismatches(site: Site) -> Iterable[Problem]:
    """What each file says of another."""
    grids, terminals = {grid.id for grid in site.grids}, {terminal.id for terminal in site.terminals}
    files, folder = site.config.files, site.folder
    wanted = [
        (folder / files.terminals, terminal.id, grid_id)
        for terminal in site.terminals
        for grid_id in (terminal.grid_id, terminal.small_grid_id)
    ] + [(folder / files.workers, worker.id, grid_id) for worker in site.workers for grid_id in worker.grid_ids]
    for file, name, grid_id in wanted:
        if grid_id is not None and grid_id not in grids:
            yield Problem(file, 0, name, f"grid {grid_id} is not in {files.grids}")
    for entry in site.fleet:
        if entry.terminal not in terminals:
            yield Problem(folder / str(files.fleet), 0, entry.terminal, f"no such terminal in {files.terminals}")
    for rule in site.rules:
        if rule.event not in site.config.kinds:
            yield Problem(folder / SITE_FILE, 0, f"rules.{rule.kind}", f"kind {rule.event} has no entry under kinds")


def json_schema() -> dict[str, Any]:
    """JSON Schema of site.yaml for editors, with the rules' kinds spelled out."""
    schema = SiteConfig.model_json_schema()
    kinds = [Registries.rules.config(kind).model_json_schema() for kind in Registries.rules.kinds]
    schema["properties"]["rules"] = {"type": "array", "minItems": 1, "items": {"anyOf": kinds}}
    return schema

"""What each file of a site says of another, and what only shows when it is put to use."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import shapely

from fusion.alerts.link import EMBEDDED
from fusion.alerts.notifier import NotifierConfig
from fusion.alerts.topics import ALERTS, ENGINE, ROOT
from fusion.evidence.config import EvidenceConfig
from fusion.geo.place import ground_of
from fusion.rules.base import RuleConfig
from fusion.sensors.base import SensorConfig
from fusion.settings.marks import Marked
from fusion.settings.problems import Problem
from fusion.settings.registers import StreamEntry, TerminalEntry, WorkerEntry
from fusion.settings.tables import Row, problem_at
from fusion.types.errors import SiteError
from fusion.types.place import Datum

_FLEET = "fleet:"
_LEAST_SEEN = 0.02  #: of a zone; less is a line along a mask's edge
_PARTS = ("bus", "broker", "store")


def of_terminals(rows: Sequence[Row[TerminalEntry]], grids: Collection[str] | None, datum: Datum) -> Iterator[Problem]:
    """Grids, positions, ground points and zones of terminals; `grids` is None where they could not be read."""
    for row in rows:
        for key, grid in (("grid", row.entry.grid), ("small_grid", row.entry.small_grid)):
            if grids is not None and grid is not None and grid not in grids:
                yield row.problem(f"grid {grid} is not in the site's grids", key)
        twice = [name for name, count in Counter(zone.id for zone in row.entry.zones).items() if count > 1]
        for name in twice:
            last = max(index for index, zone in enumerate(row.entry.zones) if zone.id == name)
            yield row.problem(f"{name} stands twice in {row.entry.id}; wanted: once", "zones", last, "id")
        yield from _position(row, datum)
        yield from _masked(row)


def _masked(row: Row[TerminalEntry]) -> Iterator[Problem]:
    """Zones of which masks leave nothing to be seen."""
    entry = row.entry
    if not (entry.masks or entry.privacy_masks):
        return
    areas = shapely.union_all([shapely.Polygon(area) for area in (*entry.masks, *entry.privacy_masks)])
    for index, zone in enumerate(entry.zones):
        polygon = shapely.Polygon(zone.polygon)
        if polygon.difference(areas).area < _LEAST_SEEN * polygon.area:
            yield row.problem(f"{zone.id}: masks cover it; wanted: a part that can be seen", "zones", index, "polygon")


def _position(row: Row[TerminalEntry], datum: Datum) -> Iterator[Problem]:
    try:
        terminal = row.entry.terminal(datum)
    except SiteError as error:
        yield row.problem(str(error), "point")
        return
    points = len(terminal.ground_points)
    if 0 < points < 4:
        yield row.problem(f"{points} of them; wanted: none, or four or more", "ground_points")
        return
    try:
        ground_of(terminal)
    except SiteError as error:
        yield row.problem(str(error).removeprefix(f"terminal {terminal.id}: ground points: "), "ground_points")


def of_workers(rows: Sequence[Row[WorkerEntry]], grids: Collection[str] | None) -> Iterator[Problem]:
    """Grids of workers, and ids that can be users of a broker."""
    for row in rows:
        yield from _user(row.entry.id, row)
        for index, grid in enumerate(row.entry.grids):
            if grids is not None and grid not in grids:
                yield row.problem(f"grid {grid} is not in the site's grids", "grids", index)


def of_sensors(
    rows: Sequence[Row[SensorConfig]], workers: Collection[str], grids: Collection[str] | None, broker: str
) -> Iterator[Problem]:
    """Ids, topics and grids of sensors."""
    ids, topics = set[str](), set[str]()
    for row in rows:
        entry = row.entry
        yield from _user(entry.id, row)
        if entry.id in ids:
            yield row.problem(f"{entry.id} stands twice; wanted: once", "id")
        if entry.id in workers:
            yield row.problem(f"{entry.id} is a worker's id too; wanted: one of its own", "id")
        if entry.topic is not None:
            if entry.topic in topics:
                yield row.problem(f"{entry.topic} is another sensor's too; wanted: one each", "topic")
            if entry.topic.startswith(f"{ROOT}/"):
                yield row.problem(f"{entry.topic} is fusion's own; wanted: another, or no key topic", "topic")
            if broker == EMBEDDED and "." in entry.topic:
                yield row.problem("has a dot, which the embedded broker takes for a level; wanted: none", "topic")
            topics.add(entry.topic)
        ids.add(entry.id)
        if grids is not None and entry.grid is not None and entry.grid not in grids:
            yield row.problem(f"grid {entry.grid} is not in the site's grids", "grid")


def of_kinds(rows: Sequence[Row[RuleConfig] | Row[SensorConfig]], kinds: Collection[str]) -> Iterator[Problem]:
    """Events that the site has no name for."""
    for row in rows:
        if row.entry.event not in kinds:
            key = "event" if "event" in row.entry.model_fields_set else "kind"
            yield row.problem(f"kind {row.entry.event} has no entry under kinds", key)


def of_evidence(config: EvidenceConfig, kinds: Collection[str], document: Marked) -> Iterator[Problem]:
    """Kinds that are kept for a time of their own, and that the site has no name for."""
    for kind in sorted(config.keep_by_kind.keys() - set(kinds)):
        yield problem_at(document, ("evidence", "keep_by_kind", kind), f"kind {kind} has no entry under kinds")


def of_notifiers(rows: Sequence[Row[NotifierConfig]]) -> Iterator[Problem]:
    """Names that would stand for something else on the page."""
    for row in rows:
        if row.loc[-1] in _PARTS:
            yield row.problem("is a part of fusion; wanted: another name")


def of_fleet(
    rows: Sequence[Row[StreamEntry]], terminals: Sequence[Row[TerminalEntry]], clips: Path, *, complete: bool
) -> Iterator[Problem]:
    """Streams without a terminal or a clip, and terminals without their stream.

    With terminals that could not be read (not `complete`), nothing is said of streams without one.
    """
    known = {row.entry.id for row in terminals}
    served = set()
    for row in rows:
        if complete and row.entry.terminal not in known:
            yield row.problem(f"no terminal {row.entry.terminal} is in the register", "terminal")
        streams = {which: clips / f"{row.entry.clip}.{which}.mp4" for which in ("sub", "main")}
        missing = not streams["sub"].is_file()
        if missing:
            yield row.problem(f"{streams['sub']} is missing; wanted: a clip", "clip")
        # What is missing is told once, not again for each terminal that would be served from it.
        served |= {f"{_FLEET}/{row.entry.terminal}/{which}" for which in streams if missing or streams[which].is_file()}
    for terminal in terminals:
        for key, url in (("sub", terminal.entry.sub), ("main", terminal.entry.main)):
            if url is not None and url.startswith(_FLEET) and url not in served:
                yield terminal.problem("the site's fleet serves no such stream; wanted: an entry in files.fleet", key)


def _user(name: str, row: Row[WorkerEntry] | Row[SensorConfig]) -> Iterator[Problem]:
    try:
        ALERTS.of(name)
    except SiteError:
        yield row.problem(f"{name}: is part of MQTT topics; wanted: letters, digits, - or _, 64 at most", "id")
    if name == ENGINE:
        yield row.problem(f"{name} is the engine's own; wanted: another id", "id")

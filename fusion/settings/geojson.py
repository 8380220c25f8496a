"""GeoJSON (RFC 7946, so WGS84) of a site: the boundary, the grids and the streets."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from fusion.geo.grids import GridIndex
from fusion.geo.overlaps import beyond_parent, overlapping
from fusion.settings.marks import Loc, read_yaml
from fusion.settings.problems import Problem, SiteProblems
from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint, Grid

Line = tuple[GeoPoint, ...]

_GRID_KINDS = ("rural", "enterprise", "small")
_T = TypeVar("_T")
_Fault = tuple[Loc, str]  #: (path in the document, what was wrong and what is wanted)


class _Wrong(Exception):
    """One fault of one feature."""

    def __init__(self, loc: Loc, wrong: str) -> None:
        self.fault: _Fault = (loc, wrong)


def read_boundary(file: Path) -> Line:
    """The zone's outer ring, closed.

    Raises:
        SiteProblems: every fault of the file, with its line.
    """
    features = _features(file)
    if len(features) != 1:
        _refuse(file, [(("features",), f"{len(features)} of them; wanted: exactly one, the boundary")])
    return _all(file, features, _ring)[0]


def read_grids(file: Path) -> tuple[Grid, ...]:
    """All grids, each ring sound, none over another, each small one in its enterprise grid.

    Raises:
        SiteProblems: every fault of the file, with its line.
    """
    grids = _all(file, _features(file), _grid)
    _refuse(file, [*_twice(grids), *_orphans(grids), *_crossed(grids)])
    at = {grid.id: index for index, grid in enumerate(grids)}
    faults = [
        (("features", at[name], "geometry"), f"{name} lies over {other} by {m2:.0f} m²; wanted: each point in one grid")
        for name, other, m2 in overlapping(grids)
    ]
    faults += [
        (("features", at[name], "geometry"), f"{name} reaches {m2:.0f} m² beyond {other}; wanted: a part of it")
        for name, other, m2 in beyond_parent(grids)
    ]
    _refuse(file, faults)
    return tuple(grids)


def read_streets(file: Path) -> tuple[tuple[str, Line], ...]:
    """Named lines for the map; drawn only, never decided on.

    Raises:
        SiteProblems: every fault of the file, with its line.
    """
    return tuple(_all(file, _features(file), _street))


def _features(file: Path) -> list[Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError(f"{file}: {error.strerror}; wanted: a readable GeoJSON file") from error
    except (ValueError, RecursionError) as error:
        raise SiteError(f"{file}: not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise SiteError(f"{file}: features: missing; wanted: a GeoJSON FeatureCollection")
    features: list[Any] = document["features"]
    return features


def _all(file: Path, features: Iterable[Any], read: Callable[[dict[str, Any], Loc], _T]) -> list[_T]:
    """Each feature read, or every fault of them."""
    found: list[_T] = []
    faults: list[_Fault] = []
    for index, feature in enumerate(features):
        loc: Loc = ("features", index)
        if not isinstance(feature, dict):
            faults.append((loc, f"found {type(feature).__name__}; wanted: a Feature"))
            continue
        try:
            found.append(read(feature, loc))
        except _Wrong as error:
            faults.append(error.fault)
    _refuse(file, faults)
    return found


def _refuse(file: Path, faults: Iterable[_Fault]) -> None:
    faults = list(faults)
    if faults:
        _raise(file, faults)


def _raise(file: Path, faults: list[_Fault]) -> NoReturn:
    """JSON is YAML enough to ask for lines, and only a file with a fault has to be read twice."""
    try:
        marked = read_yaml(file)
    except SiteError:
        marked = None
    line = marked.line if marked else lambda _loc: 0
    raise SiteProblems([Problem(file, line(loc), ".".join(map(str, loc)), wrong) for loc, wrong in faults])


def _grid(feature: dict[str, Any], loc: Loc) -> Grid:
    facts = feature.get("properties")
    facts = facts if isinstance(facts, dict) else {}
    for key in ("id", "name", "kind"):
        if not isinstance(facts.get(key), str) or not facts[key]:
            raise _Wrong((*loc, "properties", key), f"{facts.get(key)!r}; wanted: text")
    kind = facts["kind"]
    if kind not in _GRID_KINDS:
        raise _Wrong((*loc, "properties", "kind"), f"{kind!r}; wanted: one of {', '.join(_GRID_KINDS)}")
    parent = facts.get("parent")
    return Grid(id=facts["id"], name=facts["name"], kind=kind, parent_id=parent, ring=_ring(feature, loc))


def _street(feature: dict[str, Any], loc: Loc) -> tuple[str, Line]:
    kind, coordinates = _geometry(feature, loc)
    if kind != "LineString":
        raise _Wrong((*loc, "geometry", "type"), f"{kind!r}; wanted: a LineString")
    facts = feature.get("properties")
    name = facts.get("name", "") if isinstance(facts, dict) else ""
    return str(name), _line(coordinates, (*loc, "geometry", "coordinates"))


def _geometry(feature: dict[str, Any], loc: Loc) -> tuple[Any, Any]:
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        raise _Wrong((*loc, "geometry"), "missing; wanted: a geometry")
    return geometry.get("type"), geometry.get("coordinates")


def _ring(feature: dict[str, Any], loc: Loc) -> Line:
    kind, coordinates = _geometry(feature, loc)
    if kind != "Polygon" or not isinstance(coordinates, list) or len(coordinates) != 1:
        raise _Wrong((*loc, "geometry", "type"), f"{kind!r}; wanted: a Polygon without holes")
    loc = (*loc, "geometry", "coordinates", 0)
    ring = _line(coordinates[0], loc)
    if len(ring) < 4 or ring[0] != ring[-1]:  # RFC 7946 3.1.6
        raise _Wrong(loc, "ring not closed; wanted: four positions or more, the first and the last equal")
    return ring


def _line(coordinates: Any, loc: Loc) -> Line:
    try:
        points = tuple(GeoPoint(float(lon), float(lat)) for lon, lat, *_ in coordinates)
    except (TypeError, ValueError):
        raise _Wrong(loc, "wanted [[lon, lat], …]") from None
    if any(not (-180 <= lon <= 180 and -90 <= lat <= 90) for lon, lat in points):
        raise _Wrong(loc, "out of range; wanted degrees of longitude, latitude")
    return points


def _twice(grids: list[Grid]) -> list[_Fault]:
    seen: set[str] = set()
    faults: list[_Fault] = []
    for index, grid in enumerate(grids):
        if grid.id in seen:
            faults.append((("features", index, "properties", "id"), f"{grid.id} stands twice; wanted: once"))
        seen.add(grid.id)
    return faults


def _orphans(grids: list[Grid]) -> list[_Fault]:
    homes = {grid.id for grid in grids if grid.kind == "enterprise"}
    return [
        (
            ("features", index, "properties", "parent"),
            f"{grid.id}: {grid.parent_id!r}; wanted: the id of an enterprise grid of this file",
        )
        for index, grid in enumerate(grids)
        if grid.kind == "small" and grid.parent_id not in homes
    ]


def _crossed(grids: list[Grid]) -> list[_Fault]:
    faults: list[_Fault] = []
    for index, grid in enumerate(grids):
        try:
            GridIndex([grid])
        except SiteError as error:
            faults.append((("features", index, "geometry"), str(error)))
    return faults

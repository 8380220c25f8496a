"""GeoJSON (RFC 7946) of a site: the boundary, the grids and the streets."""

import json
from pathlib import Path
from typing import Any

from fusion.types.errors import SiteError
from fusion.types.place import GeoPoint, Grid

Line = tuple[GeoPoint, ...]

_GRID_KINDS = ("rural", "enterprise", "small")


def _features(file: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError(f"{file}: {error.strerror}; wanted: a readable GeoJSON file") from error
    except ValueError as error:
        raise SiteError(f"{file}: not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise SiteError(f"{file}: features: missing; wanted: a GeoJSON FeatureCollection")
    return [feature for feature in document["features"] if isinstance(feature, dict)]


def _line(coordinates: Any, where: str) -> Line:
    try:
        points = tuple(GeoPoint(float(lon), float(lat)) for lon, lat, *_ in coordinates)
    except (TypeError, ValueError) as error:
        raise SiteError(f"{where}: coordinates: wanted [[lon, lat], …]") from error
    if any(not (-180 <= lon <= 180 and -90 <= lat <= 90) for lon, lat in points):
        raise SiteError(f"{where}: coordinates: out of range; wanted degrees of longitude, latitude")
    return points


def _ring(feature: dict[str, Any], where: str) -> Line:
    geometry = feature.get("geometry") or {}
    if geometry.get("type") != "Polygon" or not geometry.get("coordinates"):
        raise SiteError(f"{where}: geometry: {geometry.get('type')!r}; wanted: a Polygon without holes")
    ring = _line(geometry["coordinates"][0], where)
    if len(ring) < 4 or ring[0] != ring[-1]:  # RFC 7946 3.1.6
        raise SiteError(f"{where}: geometry: ring not closed; wanted: first and last position equal")
    return ring


def read_boundary(file: Path) -> Line:
    """The zone's outer ring, closed."""
    features = _features(file)
    if len(features) != 1:
        raise SiteError(f"{file}: features: {len(features)}; wanted: exactly one, the boundary")
    return _ring(features[0], f"{file}: feature 0")


def read_grids(file: Path) -> tuple[Grid, ...]:
    """All grids; an id twice, an unknown kind or a parent that is missing is refused."""
    grids: dict[str, Grid] = {}
    for index, feature in enumerate(_features(file)):
        facts = feature.get("properties") or {}
        where = f"{file}: feature {index}"
        for key in ("id", "name", "kind"):
            if not isinstance(facts.get(key), str):
                raise SiteError(f"{where}: properties.{key}: {facts.get(key)!r}; wanted: text")
        where = f"{where} ({facts['id']})"
        if facts["kind"] not in _GRID_KINDS:
            raise SiteError(f"{where}: properties.kind: {facts['kind']!r}; wanted: one of {', '.join(_GRID_KINDS)}")
        if facts["id"] in grids:
            raise SiteError(f"{where}: properties.id: stands twice; wanted: once")
        grids[facts["id"]] = Grid(
            id=facts["id"],
            name=facts["name"],
            kind=facts["kind"],
            parent_id=facts.get("parent"),
            ring=_ring(feature, where),
        )
    for grid in grids.values():
        if grid.kind == "small" and grid.parent_id not in grids:
            raise SiteError(f"{file}: {grid.id}: properties.parent: {grid.parent_id!r} is no grid of this file")
    return tuple(grids.values())


def read_streets(file: Path) -> tuple[tuple[str, Line], ...]:
    """Named lines for the map; drawn only, never decided on."""
    streets = []
    for index, feature in enumerate(_features(file)):
        geometry = feature.get("geometry") or {}
        name = str((feature.get("properties") or {}).get("name", ""))
        if geometry.get("type") != "LineString":
            raise SiteError(f"{file}: feature {index}: geometry: {geometry.get('type')!r}; wanted: a LineString")
        streets.append((name, _line(geometry.get("coordinates"), f"{file}: feature {index}")))
    return tuple(streets)

"""Writes the zone's files so that a diff reads well: one feature or one entry a line."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from demo_zone.grids import DECIMALS, Grids
from demo_zone.streets import Street
from fusion.geo.plane import LocalPlane
from fusion.types.place import GeoPoint

_HEAD = "# Made by script/make_demo_zone.py; change that and run it again.\n"


class _Plain(yaml.SafeDumper):
    """Writes each value where it stands: readers of a site's files refuse aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """None is wanted."""
        return True


def write_boundary(folder: Path, ring: Sequence[GeoPoint]) -> None:
    """boundary.geojson."""
    _write_features(folder / "boundary.geojson", [_feature({"name": "示范经济开发区"}, "Polygon", [list(ring)])])


def write_grids(folder: Path, grids: Grids) -> None:
    """grids.geojson."""
    features = []
    for grid in grids.all:
        facts = {"id": grid.id, "name": grid.name, "kind": grid.kind}
        features.append(_feature(facts | {"parent": grid.parent_id}, "Polygon", [list(grid.ring)]))
    _write_features(folder / "grids.geojson", features)


def write_streets(folder: Path, streets: Iterable[Street], plane: LocalPlane) -> None:
    """streets.geojson."""
    features = []
    for street in streets:
        east_m, north_m = street.line.xy
        lon, lat = plane.to_lon_lat(east_m, north_m)
        line = [[round(float(x), DECIMALS - 1), round(float(y), DECIMALS - 1)] for x, y in zip(lon, lat, strict=True)]
        features.append(_feature({"name": street.name, "kind": street.kind}, "LineString", line))
    _write_features(folder / "streets.geojson", features)


def write_list(file: Path, entries: Iterable[dict[str, Any]]) -> None:
    """A YAML list with one flow-style mapping a line."""
    lines = [
        "- "
        + yaml.dump(entry, Dumper=_Plain, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**9)
        for entry in entries
    ]
    file.write_text(_HEAD + "".join(lines), encoding="utf-8")


def _feature(properties: dict[str, Any], kind: str, coordinates: list[Any]) -> str:
    geometry = {"type": kind, "coordinates": coordinates}
    document = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _write_features(file: Path, features: list[str]) -> None:
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
    file.write_text(text, encoding="utf-8")

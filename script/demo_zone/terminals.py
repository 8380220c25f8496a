"""The register of 1,677 terminals: sixteen that stream, the rest registered and not connected."""

from pathlib import Path
from typing import Any

import numpy as np
from shapely import Point

from demo_zone.grids import DECIMALS
from demo_zone.poles import TERMINALS, Numbers, Pole, poles_of
from demo_zone.streams import streams_of, with_shift_hours
from demo_zone.streets import Street
from fusion.geo.grids import GridIndex
from fusion.geo.plane import LocalPlane
from fusion.types.place import GeoPoint

_CROSSING = "北湖路-铁岭路口"


def terminals_of(
    rng: np.random.Generator,
    streets: list[Street],
    *,
    middle: Point,
    plane: LocalPlane,
    index: GridIndex,
    clips: Path,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Entries of terminals.yaml and of fleet.yaml."""
    streaming, fleet = streams_of(rng, streets, middle, plane, clips)

    def inside(pole: Pole) -> bool:
        return index.find(_point(plane, pole.east_m, pole.north_m)) is not None

    poles = poles_of(rng, streets, inside, TERMINALS - len(streaming))
    # The crossing that everybody knows comes right after the terminals that stream.
    poles.sort(key=lambda pole: pole.group != _CROSSING)
    entries = [*streaming, *(_entry(number, pole) for number, pole in enumerate(poles, start=len(streaming) + 1))]
    numbers = Numbers()
    register = [_placed(entry, numbers, plane, index) for entry in entries]
    first = next(i for i, entry in enumerate(register) if "sub" not in entry and entry["name"].startswith(_CROSSING))
    register[first] = with_shift_hours(register[first], clips)
    return register, fleet


def _entry(number: int, pole: Pole) -> dict[str, Any]:
    return {
        "id": f"T-{number:04}",
        "group": pole.group,
        "east_m": pole.east_m,
        "north_m": pole.north_m,
        "height_m": pole.height_m,
        "bearing_deg": round(pole.bearing_deg, 1) % 360,
    }


def _point(plane: LocalPlane, east_m: float, north_m: float) -> GeoPoint:
    lon, lat = plane.point(east_m, north_m)
    return GeoPoint(round(lon, DECIMALS), round(lat, DECIMALS))


def _placed(entry: dict[str, Any], numbers: Numbers, plane: LocalPlane, index: GridIndex) -> dict[str, Any]:
    """In degrees, with its grid, as the register wants it."""
    point = _point(plane, entry["east_m"], entry["north_m"])
    hit = index.find(point)
    if hit is None:
        raise RuntimeError(f"terminal {entry['id']} lies outside the zone")
    found = {"id": entry["id"], "name": numbers.next(entry["group"]), "point": list(point)}
    found |= {"height_m": entry["height_m"], "bearing_deg": entry["bearing_deg"], "grid": hit.grid_id}
    if hit.small_grid_id:
        found["small_grid"] = hit.small_grid_id
    return found | {key: entry[key] for key in ("sub", "main", "zones", "ground_points") if key in entry}

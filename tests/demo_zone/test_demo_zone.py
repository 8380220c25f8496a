"""The demo zone is what its description says."""

import subprocess
import sys
from collections import Counter
from datetime import time
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from pyproj import Geod

from fusion.geo.duty import on_duty
from fusion.geo.grids import GridIndex
from fusion.geo.place import ground_of, place_of
from fusion.geo.plane import LocalPlane, distances_m
from fusion.settings.geojson import read_boundary, read_grids, read_streets
from fusion.settings.registers import StreamEntry, TerminalEntry, WorkerEntry
from fusion.types.case import Worker
from fusion.types.place import GeoPoint, Grid
from fusion.types.sighting import Box
from fusion.types.terminal import Terminal

_ROOT = Path(__file__).resolve().parents[2]
_DEMO = _ROOT / "configs" / "demo"
_MADE = ("boundary.geojson", "grids.geojson", "streets.geojson", "terminals.yaml", "workers.yaml", "fleet.yaml")
_FULL = ("rural", "enterprise")


@cache
def _grids() -> tuple[Grid, ...]:
    return read_grids(_DEMO / "grids.geojson")


@cache
def _areas() -> dict[str, shapely.Polygon]:
    return {grid.id: shapely.Polygon(grid.ring) for grid in _grids()}


@cache
def _boundary() -> shapely.Polygon:
    return shapely.Polygon(read_boundary(_DEMO / "boundary.geojson"))


def _yaml(name: str) -> list[Any]:
    found = yaml.load((_DEMO / name).read_text("utf-8"), Loader=yaml.CSafeLoader)
    assert isinstance(found, list)
    return found


@cache
def _terminals() -> tuple[Terminal, ...]:
    return tuple(TerminalEntry.model_validate(entry).terminal() for entry in _yaml("terminals.yaml"))


@cache
def _workers() -> tuple[Worker, ...]:
    entries = [WorkerEntry.model_validate(entry) for entry in _yaml("workers.yaml")]
    return tuple(
        Worker(
            id=entry.id,
            name=entry.name,
            grid_ids=entry.grids,
            skills=entry.skills,
            duty=tuple((hours[:5], hours[6:]) for hours in entry.duty),
            phone=entry.phone,
            leader=entry.leader,
        )
        for entry in entries
    )


def _of(*kinds: str) -> list[Grid]:
    return [grid for grid in _grids() if grid.kind in kinds]


def test_the_script_makes_the_same_bytes_again(tmp_path: Path) -> None:
    script = _ROOT / "script" / "make_demo_zone.py"
    subprocess.run([sys.executable, script, tmp_path, "--clips", _DEMO / "clips"], check=True, capture_output=True)
    assert {name: (tmp_path / name).read_bytes() == (_DEMO / name).read_bytes() for name in _MADE} == dict.fromkeys(
        _MADE, True
    )


def test_the_zone_has_26_1_square_kilometres() -> None:
    area_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(_boundary())
    assert area_m2 / 1e6 == pytest.approx(26.1, abs=0.05)


def test_it_has_44_rural_and_13_enterprise_grids_and_7_small_ones_in_each_of_these() -> None:
    assert Counter(grid.kind for grid in _grids()) == {"rural": 44, "enterprise": 13, "small": 91}
    assert {grid.id for grid in _of("rural")} == {f"R-{n:02}" for n in range(1, 45)}
    assert Counter(grid.parent_id for grid in _of("small")) == {f"E-{n:02}": 7 for n in range(1, 14)}
    assert len({grid.name for grid in _grids()}) == 44 + 13 + 91
    assert len({grid.name.split("村")[0] for grid in _of("rural")}) == 29


def test_every_ring_is_sound_and_counter_clockwise() -> None:
    assert all(area.is_valid and area.exterior.is_ccw for area in _areas().values())


def test_the_full_grids_fill_the_zone_without_a_gap() -> None:
    whole = shapely.union_all([_areas()[grid.id] for grid in _of(*_FULL)])
    assert isinstance(whole, shapely.Polygon)
    assert not whole.interiors
    assert whole.symmetric_difference(_boundary()).area == 0


@pytest.mark.parametrize("kinds", [_FULL, ("small",)])
def test_no_two_grids_overlap(kinds: tuple[str, ...]) -> None:
    overlaps = {
        (a.id, b.id): _areas()[a.id].intersection(_areas()[b.id]).area
        for a, b in combinations(_of(*kinds), 2)
        if _areas()[a.id].intersects(_areas()[b.id])
    }
    assert overlaps
    assert {pair: area for pair, area in overlaps.items() if area > 0} == {}


def test_neighbours_share_their_corners_exactly() -> None:
    for a, b in combinations(_of(*_FULL), 2):
        border = _areas()[a.id].intersection(_areas()[b.id])
        corners = {tuple(point) for point in shapely.get_coordinates(border)}
        assert corners <= set(a.ring)
        assert corners <= set(b.ring)


def test_small_grids_tile_their_enterprise_grid() -> None:
    for parent in _of("enterprise"):
        cells = shapely.union_all([_areas()[grid.id] for grid in _of("small") if grid.parent_id == parent.id])
        assert cells.symmetric_difference(_areas()[parent.id]).area == 0


def test_no_grid_is_a_sliver() -> None:
    plane = LocalPlane.around(_boundary().exterior.coords)
    for grid in _grids():
        area = shapely.Polygon(np.column_stack(plane.to_metres(*np.array(grid.ring).T)))
        least_m2, most_m2 = (15_000, 150_000) if grid.kind == "small" else (250_000, 900_000)
        assert least_m2 < area.area < most_m2, grid.id
        assert 4 * np.pi * area.area / area.length**2 > 0.3, grid.id


def test_1677_terminals_each_have_a_name_of_their_own_and_lie_in_their_grid() -> None:
    assert len(_terminals()) == 1677
    assert len({terminal.id for terminal in _terminals()}) == len({terminal.name for terminal in _terminals()}) == 1677
    index = GridIndex(_grids())
    for terminal in _terminals():
        hit = index.find(terminal.point)
        assert hit is not None
        assert (hit.grid_id, hit.small_grid_id) == (terminal.grid_id, terminal.small_grid_id)


def test_every_grid_has_a_terminal() -> None:
    assert {terminal.grid_id for terminal in _terminals()} == {grid.id for grid in _of(*_FULL)}
    assert len({terminal.small_grid_id for terminal in _terminals() if terminal.small_grid_id}) > 80


def test_every_terminal_stands_beside_a_street() -> None:
    plane = LocalPlane(GeoPoint(120.03, 29.33))
    lines = [np.column_stack(plane.to_metres(*np.array(line).T)) for _, line in read_streets(_DEMO / "streets.geojson")]
    network = shapely.union_all([shapely.LineString(line) for line in lines])
    points = shapely.points(*plane.to_metres(*np.array([terminal.point for terminal in _terminals()]).T))
    assert shapely.distance(points, network).max() < 8


def test_beihu_road_and_tieling_road_cross_where_the_strict_control_section_is() -> None:
    streets = {name: shapely.LineString(line) for name, line in read_streets(_DEMO / "streets.geojson")}
    spot = streets["北湖路"].intersection(streets["铁岭路"])
    assert isinstance(spot, shapely.Point)
    section = [t for t in _terminals() if any(zone.id == "S-01" for zone in t.zones)]
    assert sum(terminal.connected for terminal in section) == 2
    crossing = GeoPoint(spot.x, spot.y)
    assert all(distances_m(crossing, [t.point.lon], [t.point.lat])[0] < 50 for t in section)


def test_the_section_holds_at_shift_hours_where_nothing_streams_and_always_where_the_demo_shows_it() -> None:
    zones = [(t.connected, zone) for t in _terminals() for zone in t.zones]
    assert all(not zone.windows for connected, zone in zones if connected)
    (real,) = [zone for connected, zone in zones if not connected]
    assert real.kind == "no_stall"
    assert [(w.start, w.end) for w in real.windows] == [
        (time(6, 30), time(8, 30)),
        (time(11), time(13)),
        (time(16, 30), time(19, 30)),
    ]


def test_sixteen_terminals_stream_the_eight_clips_twice_at_different_times() -> None:
    fleet = [StreamEntry.model_validate(entry) for entry in _yaml("fleet.yaml")]
    connected = [terminal for terminal in _terminals() if terminal.connected]
    assert [entry.terminal for entry in fleet] == [terminal.id for terminal in connected]
    assert len(connected) == 16
    assert set(Counter(entry.clip for entry in fleet).values()) == {2}
    assert len({(entry.clip, entry.phase) for entry in fleet}) == 16
    assert sum(entry.password is not None for entry in fleet) == 8
    for terminal, entry in zip(connected, fleet, strict=True):
        assert terminal.sub_url == f"fleet:/{entry.terminal}/sub"
        kinds = {zone.kind for zone in terminal.zones}
        wanted = {"stall": {"no_stall"}, "dump": {"no_dumping"}}.get(
            entry.clip.split("_")[0], {"no_stall", "no_dumping"}
        )
        assert kinds == wanted


def test_things_in_different_streams_are_things_at_different_places() -> None:
    connected = [terminal for terminal in _terminals() if terminal.connected]
    places = [place_of(terminal, Box(0.4, 0.4, 0.6, 0.7)).point for terminal in connected]
    for a, b in combinations(places, 2):
        assert distances_m(a, [b.lon], [b.lat])[0] > 40


def test_a_calibrated_terminal_places_what_it_sees_ahead_of_itself() -> None:
    calibrated = [terminal for terminal in _terminals() if terminal.ground_points]
    assert calibrated
    for terminal in calibrated:
        ground = ground_of(terminal)
        assert ground is not None
        assert ground.residual_m < 0.05
        place = place_of(terminal, Box(0.4, 0.3, 0.6, 0.6))
        east_m, north_m = LocalPlane(terminal.point).to_metres(*place.point)
        assert 5 < np.hypot(east_m, north_m) < 30
        off_deg = np.degrees(np.arctan2(east_m, north_m)) - terminal.bearing_deg
        assert abs((off_deg + 180) % 360 - 180) < 10
        assert place.uncertainty_m < 5


def test_workers_have_different_names_known_grids_and_numbers_that_nobody_has() -> None:
    assert 140 <= len(_workers()) <= 160
    assert len({worker.name for worker in _workers()}) == len(_workers())
    grids = {grid.id for grid in _of(*_FULL)}
    assert all(set(worker.grid_ids) <= grids and worker.grid_ids and worker.skills for worker in _workers())
    assert all(worker.phone.startswith("100-0000-") for worker in _workers())


@pytest.mark.parametrize("hour", range(24))
def test_at_any_hour_enough_are_on_duty_and_every_grid_has_somebody(hour: int) -> None:
    for minute in (0, 29, 59):
        duty = [worker for worker in _workers() if on_duty(worker, time(hour, minute))]
        assert len(duty) >= 35
        assert {grid_id for worker in duty for grid_id in worker.grid_ids} == {grid.id for grid in _of(*_FULL)}
        assert all(len(worker.grid_ids) <= 2 for worker in duty if worker.id < "W-152")
        assert sum(worker.leader for worker in duty) >= 6

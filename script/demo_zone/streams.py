"""The sixteen terminals that stream: which clip, where, and which zones they watch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from shapely import Point

from demo_zone.poles import beside
from demo_zone.scenes import WITH_MAIN, Scene, scene_of
from demo_zone.streets import Street
from fusion.geo.plane import LocalPlane

_CROSSING = "北湖路-铁岭路口"
_SECTION = "北湖路-铁岭路严管路段"
SHIFT_HOURS = ("06:30-08:30", "11:00-13:00", "16:30-19:30")
_CAMERA_FROM_KERB_M = 2.4  # the clips' camera hangs so far over the road
_ARM_M = 35.0  # far enough out that the stalls of two arms are two things


@dataclass(frozen=True)
class _Show:
    """One stream: the clip, its phase, and the street that it is on."""

    clip: str
    phase_s: int
    street: str
    share: float = 0.5  #: of the street's length
    arm_m: float = 0.0  #: on the crossing's arm instead, so far out; negative: the way the street comes from


# A clip's event begins 11 s or more into it. Streams with one start before that, so that whoever starts the demo
# sees each event from its beginning.
_SHOWS = (
    _Show("stall_cart", 7, "北湖路", arm_m=_ARM_M),
    _Show("stall_tricycle", 5, "铁岭路", arm_m=-_ARM_M),
    _Show("stall_cart", 3, "北湖路", arm_m=-430),
    _Show("stall_tricycle", 1, "铁岭路", arm_m=390),
    _Show("dump_bags", 8, "柳塘村二巷"),
    _Show("dump_truck", 6, "锦程大街"),
    _Show("dump_bags", 2, "石桥村二巷"),
    _Show("dump_truck", 0, "长兴大街"),
    _Show("chat", 13, "机场路", 0.45),
    _Show("chat", 38, "枫林村中街"),
    _Show("rain", 20, "工人路", 0.4),
    _Show("rain", 45, "东畈村中街"),
    _Show("dusk_parking", 27, "望江路", 0.35),
    _Show("dusk_parking", 2, "华彩大街"),
    _Show("night", 34, "香山路", 0.5),
    _Show("night", 9, "金沙村中街"),
)


def streams_of(
    rng: np.random.Generator, streets: list[Street], middle: Point, plane: LocalPlane, clips: Path
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Entries of the register (without point's grid, but with `east_m` and `north_m`) and of the fleet."""
    by_name = {street.name: street for street in sorted(streets, key=lambda street: street.line.length)}
    terminals, fleet = [], []
    for number, show in enumerate(_SHOWS, start=1):
        terminal_id = f"T-{number:04}"
        spot = _spot(show, by_name[show.street], middle)
        terminals.append(_terminal(number, show, spot, plane, scene_of(clips, show.clip)))
        entry: dict[str, Any] = {"terminal": terminal_id, "clip": show.clip, "phase": f"{show.phase_s}s"}
        if number % 2 == 0:
            entry |= {"user": "viewer", "password": f"demo-{rng.integers(0x1000, 0xFFFF):x}"}
        fleet.append(entry)
    return terminals, fleet


def _spot(show: _Show, street: Street, middle: Point) -> tuple[float, float, float]:
    """Where the camera hangs and which way its street runs: (east, north, bearing)."""
    along_m = street.line.project(middle) + show.arm_m if show.arm_m else show.share * street.line.length
    return beside(street, along_m, street.half_width_m - _CAMERA_FROM_KERB_M, back=show.arm_m < 0)


def _terminal(
    number: int, show: _Show, spot: tuple[float, float, float], plane: LocalPlane, scene: Scene
) -> dict[str, Any]:
    terminal_id = f"T-{number:04}"
    east_m, north_m, street_deg = spot
    group = _CROSSING if abs(show.arm_m) == _ARM_M else show.street
    entry = {
        "id": terminal_id,
        "group": group,
        "east_m": east_m,
        "north_m": north_m,
        "height_m": round(scene.eye_m[2], 1),
        "bearing_deg": round((street_deg + scene.turned_deg) % 360, 1),
        "sub": f"fleet:/{terminal_id}/sub",
    }
    if show.clip in WITH_MAIN:
        entry["main"] = f"fleet:/{terminal_id}/main"
    entry["zones"] = [
        {"id": zone_id, "name": name, "kind": kind, "polygon": scene.polygon(kind)}
        for zone_id, name, kind in _zones(number, show, group)
    ]
    points = scene.ground_points(plane, east_m, north_m, street_deg)
    return entry | ({"ground_points": points} if points else {})


def _zones(number: int, show: _Show, group: str) -> list[tuple[str, str, str]]:
    """A stall shows in a strict-control section, a dumping where dumping is forbidden, nothing where both are."""
    section = ("S-01", _SECTION) if group == _CROSSING else (f"S-{number:02}", f"{group}严管路段")
    stall, dumping = (*section, "no_stall"), (f"N-{number:02}", f"{group}禁倒点", "no_dumping")
    if show.clip.startswith("stall"):
        return [stall]
    return [dumping] if show.clip.startswith("dump") else [stall, dumping]


def with_shift_hours(entry: dict[str, Any], clips: Path) -> dict[str, Any]:
    """A terminal of the crossing that does not stream, with the section as it really holds: at shift hours."""
    polygon = scene_of(clips, "stall_cart").polygon("no_stall")
    zone = {"id": "S-01", "name": _SECTION, "kind": "no_stall", "polygon": polygon, "windows": list(SHIFT_HOURS)}
    return entry | {"zones": [zone]}

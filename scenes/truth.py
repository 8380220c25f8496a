"""What is really to be seen in a clip, as JSON; README.md says what each field means.

Everything but boxes and visible shares comes from the script alone: the same seed gives the same, without any picture.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.meshes import Floats
from scenes.scripts.script import Event, Point, Script

FORMAT = 2
LEAST_PX = 22  #: fewer visible pixels than this (of 640 x 360) are no box
_USUAL_PLACE = (1.2, 12.4)
#: corners on the ground, metres: the pavement and the road's edge where the camera sees them well
_ZONE = ((-1.6, 8.4), (3.1, 8.4), (3.1, 18.4), (-1.6, 18.4))
_LARGEST_FROM_S = 3.0  #: of a stall: by then it has been set up in part

Box = dict[str, Any]
Document = dict[str, Any]


def of_script(script: Script, size_px: tuple[int, int], fps: int) -> Document:
    """The truth without boxes: what a seed says before anything is drawn."""
    setting, duration_s = script.setting, script.duration_s
    at = script.events[0].at if script.events else _USUAL_PLACE
    person_px = setting.camera.person_px(*at, size_px)
    return {
        "format": FORMAT,
        "kind": script.kind,
        "seed": script.seed,
        "clip": f"{name_of(script.kind, script.seed)}.mp4",
        "difficulty": "hard" if script.hard else "easy",
        "fps": fps,
        "duration_s": duration_s,
        "size_px": list(size_px),
        "starts_at": setting.starts_at.isoformat(),
        "camera": _camera(script),
        "homography": homography(script, size_px),
        "zones": zones(script, size_px),
        "conditions": {
            "street": setting.street.kind,
            "camera": setting.camera_name,
            "light": setting.sky[0],
            "weather": setting.sky[1],
            "person_px": person_px,
            "fault": setting.fault,
            "codec": setting.codec,
            "clock": setting.clock,
        },
        "events": [_event(script, event, index) for index, event in enumerate(script.events, 1)],
        "happenings": [
            {"name": h.name, "start_s": h.start_s, "end_s": h.end_s, "box_ids": list(h.box_ids)}
            for h in script.happenings
        ],
    }


def name_of(kind: str, seed: int) -> str:
    """What a clip and its truth are called, without their endings."""
    return f"{kind}-{seed}"


def boxes(labels: NDArray[np.uint8], names: dict[int, str], whole: dict[int, int] | None = None) -> list[Box]:
    """The visible extent of each named label, in pixels, and the share of it that nothing hides."""
    found = []
    for label in np.unique(labels).tolist():
        if label not in names:
            continue
        ys, xs = np.nonzero(labels == label)
        if len(xs) < LEAST_PX * labels.size / (640 * 360):
            continue
        box: Box = {
            "id": label,
            "class": names[label],
            "box_px": [int(v) for v in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)],
        }
        if whole:
            box["visible_share"] = round(min(1.0, len(xs) / max(whole.get(label, 0), 1)), 2)
            box["visible_px"] = len(xs)
        found.append(box)
    return found


def finished(document: Document, frames: Sequence[list[Box]], step: int) -> Document:
    """The truth with the boxes of every `step`-th frame, the others empty, and where each event is largest."""
    events = [event | _largest(event, frames, document["fps"], document["size_px"]) for event in document["events"]]
    slim = [[{key: value for key, value in box.items() if key != "visible_px"} for box in frame] for frame in frames]
    return document | {"events": events, "frame_step": step, "frames": slim}


def write(path: Path, document: Document) -> None:
    """Write a truth; the file has its name only once it is whole."""
    part = path.with_suffix(".part.json")
    part.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n")
    part.rename(path)


def homography(script: Script, size_px: tuple[int, int]) -> list[list[float]]:
    """3x3, pixels of the picture to metres of the world, at the pavement's height."""
    matrix = script.setting.camera.homography(size_px, script.setting.street.kerb_m)
    if script.setting.mirrored:
        flip_px = np.array([[-1, 0, size_px[0]], [0, 1, 0], [0, 0, 1]])
        matrix = np.diag([-1.0, 1.0, 1.0]) @ matrix @ flip_px
        matrix = matrix / matrix[2, 2]
    rounded: list[list[float]] = matrix.round(9).tolist()
    return rounded


def zones(script: Script, size_px: tuple[int, int]) -> list[Document]:
    """Both kinds of zones over the pavement, and the places where a stall is permitted."""
    polygon = _polygon(script, _ZONE, size_px)
    found: list[Document] = [
        {"name": f"{kind}-1", "kind": kind, "polygon": polygon} for kind in ("no_stall", "no_dumping")
    ]
    for index, place in enumerate(script.permitted, 1):
        (x0, y0), (x1, y1) = place.corner, place.opposite
        corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        windows = [list(window) for window in place.windows]
        permit = {"name": f"permitted_stall-{index}", "kind": "permitted_stall", "windows": windows}
        found.append(permit | {"polygon": _polygon(script, corners, size_px)})
    return found


def _camera(script: Script) -> Document:
    camera, side = script.setting.camera, -1.0 if script.setting.mirrored else 1.0
    eye, target = ([side * point[0], *point[1:]] for point in (camera.eye, camera.target))
    return {"eye_m": eye, "target_m": target, "fov_deg": camera.fov_deg}


def _event(script: Script, event: Event, index: int) -> Document:
    left = {} if event.left_s is None else {"left_s": event.left_s}
    times = {"id": f"{event.kind}-{index}", "kind": event.kind, "start_s": event.start_s}
    x = -event.at[0] if script.setting.mirrored else event.at[0]
    return times | left | {"end_s": script.duration_s, "box_ids": list(event.box_ids), "ground_m": [x, event.at[1]]}


def _polygon(script: Script, ground: Sequence[Point], size_px: tuple[int, int]) -> list[list[float]]:
    """Corners on the ground as shares of the picture, cut off at its edges."""
    z = script.setting.street.kerb_m
    corners = script.setting.camera.project([(x, y, z) for x, y in ground], size_px) / np.array(size_px)
    if script.setting.mirrored:
        corners[:, 0] = 1 - corners[:, 0]
    return [[round(float(v), 4) for v in corner] for corner in _clipped(corners)]


def _clipped(polygon: Floats) -> Floats:
    """A polygon within the unit square (Sutherland and Hodgman, 1974)."""
    points = [np.asarray(point) for point in polygon]
    for axis, limit, sign in ((0, 0.0, 1), (0, 1.0, -1), (1, 0.0, 1), (1, 1.0, -1)):
        kept = []
        for a, b in zip(points, points[1:] + points[:1], strict=True):
            inside_a, inside_b = (sign * (p[axis] - limit) >= 0 for p in (a, b))
            if inside_a:
                kept.append(a)
            if inside_a != inside_b:
                kept.append(a + (b - a) * (limit - a[axis]) / (b[axis] - a[axis]))
        points = kept
    return np.array(points).clip(0, 1)


def _largest(event: Document, frames: Sequence[list[Box]], fps: int, size_px: Sequence[int]) -> Document:
    """The union of an event's boxes in the frame in which most of it is seen."""
    after_s = event.get("left_s", event["start_s"] + _LARGEST_FROM_S)
    seen = [
        [box for box in frame if box["id"] in event["box_ids"]]
        for index, frame in enumerate(frames)
        if index / fps >= after_s
    ]
    best = max(seen, key=lambda found: sum(box["visible_px"] for box in found), default=[])
    if not best:
        return {"box": None, "visible_share": 0.0}
    left, top = (min(box["box_px"][k] for box in best) for k in (0, 1))
    right, bottom = (max(box["box_px"][k] for box in best) for k in (2, 3))
    width, height = size_px
    whole = sum(box["visible_px"] / max(box["visible_share"], 0.01) for box in best)
    share = sum(box["visible_px"] for box in best) / whole
    corners = (left / width, top / height, right / width, bottom / height)
    return {"box": [round(v, 4) for v in corners], "visible_share": round(share, 2)}

"""What is really to be seen in a clip, as JSON; README.md says what each field means."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.camera import HIGH, Camera
from scenes.scripts import DURATION_S, Script
from scenes.street import KERB_M
from scenes.video import FPS

Box = dict[str, Any]

_LEAST_PX = 90  #: fewer visible pixels of the main picture than this are no box
#: corners on the ground, metres: the pavement and the road's edge as far as the camera sees them well
_NEAR_ZONE = ((-0.9, 8.6), (3.1, 8.6), (3.1, 18.0), (-0.9, 18.0))
_HIGH_ZONE = ((-1.6, 8.8), (3.1, 8.8), (3.1, 18.5), (-1.6, 18.5))


def boxes(labels: NDArray[np.uint8], names: dict[int, str]) -> list[Box]:
    """The visible extent of each named label, in pixels of the sub-stream, which is half as wide as the labels."""
    found = []
    for label in np.unique(labels):
        if int(label) not in names:
            continue
        ys, xs = np.nonzero(labels == label)
        if len(xs) >= _LEAST_PX:
            box = [int(v) // 2 for v in (xs.min(), ys.min(), xs.max() + 2, ys.max() + 2)]
            found.append({"id": int(label), "class": names[int(label)], "box_px": box})
    return found


def write(path: Path, kind: str, seed: int, script: Script, size_px: tuple[int, int], frames: list[list[Box]]) -> None:
    """Write the truth of a rendered clip."""
    camera, polygon = script.camera, _zone(script.camera, size_px)
    events = []
    for event in script.events:
        left = {} if event.left_s is None else {"left_s": event.left_s}
        times = {"kind": event.kind, "start_s": event.start_s, "end_s": DURATION_S}
        events.append(times | {"box_ids": list(event.box_ids)} | left)
    document = {
        "format": 1,
        "kind": kind,
        "seed": seed,
        "fps": FPS,
        "duration_s": DURATION_S,
        "size_px": list(size_px),
        "camera": {"eye_m": camera.eye, "target_m": camera.target, "fov_deg": camera.fov_deg},
        "homography": camera.homography(size_px).round(9).tolist(),
        "zones": [{"name": f"{kind} {zone}", "kind": zone, "polygon": polygon} for zone in ("no_stall", "no_dumping")],
        "events": events,
        "frames": frames,
    }
    part = path.with_suffix(".part.json")
    part.write_text(json.dumps(document, separators=(",", ":")))
    part.rename(path)


def _zone(camera: Camera, size_px: tuple[int, int]) -> list[list[float]]:
    ground = _HIGH_ZONE if camera == HIGH else _NEAR_ZONE
    corners = camera.project([(x, y, KERB_M) for x, y in ground], size_px) / np.array(size_px)
    return [[round(float(v), 4) for v in corner.clip(0, 1)] for corner in corners]

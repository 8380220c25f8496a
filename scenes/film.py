"""Renders a script to clips and truth: a sub-stream for every kind, a main stream where evidence is wanted."""

import json
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from scenes.bodies import people
from scenes.renderer import Renderer, Thing, developed
from scenes.scripts import DURATION_S, SCRIPTS, Script, posed
from scenes.street import street

FPS, GOP = 8, 16  # a keyframe every 2 s
MAIN_PX, SUB_PX = (1280, 720), (640, 360)
_LEAST_PX = 30  #: fewer visible pixels of the main picture than this are no box
_HEVC = {"stall_tricycle", "dump_truck", "rain", "night"}


def render(kind: str, seed: int, folder: Path, *, stills: list[float] | None = None) -> None:
    """Write KIND.sub.mp4, for kinds with events KIND.main.mp4, and KIND.json; or only PNGs at given seconds."""
    rng = np.random.default_rng(seed)
    script = SCRIPTS[kind](people(), rng)
    renderer = Renderer(MAIN_PX, script.camera, [Thing(street(script.street_seed)), *script.still])
    folder.mkdir(parents=True, exist_ok=True)
    if stills:
        for time_s in stills:
            picture, labels = _frame(renderer, script, time_s, rng)
            cv2.imwrite(str(folder / f"{kind}-{time_s:04.1f}.png"), _boxed(picture, _boxes(labels, script)))
        return
    sub = _Writer(folder / f"{kind}.sub.mp4", SUB_PX, "libx265" if kind in _HEVC else "libx264", crf=26)
    main = _Writer(folder / f"{kind}.main.mp4", MAIN_PX, "libx264", crf=29) if script.events else None
    frames = []
    count = int(DURATION_S * FPS)
    for index in range(count):
        picture, labels = _frame(renderer, script, index / FPS, rng)
        sub.add(cv2.resize(picture, SUB_PX, interpolation=cv2.INTER_AREA))
        if main:
            main.add(picture)
        frames.append(_boxes(labels, script))
        if index % (FPS * 5) == 0:
            print(f"{kind}: {index / FPS:.0f} of {DURATION_S:.0f} s", file=sys.stderr, flush=True)
    for writer in (sub, main):
        if writer:
            writer.close()
    truth = json.dumps(_truth(kind, seed, script, frames), separators=(",", ":"))
    (folder / f"{kind}.json").write_text(truth)


def _frame(
    renderer: Renderer, script: Script, time_s: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    light = script.light(time_s)
    radiance, labels = renderer.draw(posed(script, time_s), light)
    picture = developed(radiance, light, rng)
    return (_rained(picture, script.rain, rng) if script.rain else picture), labels


def _rained(picture: NDArray[np.uint8], amount: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    for _ in range(int(300 * amount)):
        x, y, length = int(rng.integers(width)), int(rng.integers(-40, height)), int(rng.integers(16, 50))
        cv2.line(streaks, (x, y), (x - length // 6, y + length), int(rng.integers(50, 120)), 1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(streaks, (0, 0), 0.9)[..., None].astype(np.float32)
    return np.asarray(np.clip(picture * 0.94 + soft * 0.5 + 4, 0, 255), np.uint8)


def _boxes(labels: NDArray[np.uint8], script: Script) -> list[dict[str, Any]]:
    found = []
    for label in np.unique(labels):
        if int(label) not in script.names:
            continue
        ys, xs = np.nonzero(labels == label)
        if len(xs) >= _LEAST_PX:
            box = [int(v) // 2 for v in (xs.min(), ys.min(), xs.max() + 2, ys.max() + 2)]
            found.append({"id": int(label), "class": script.names[int(label)], "box_px": box})
    return found


def _truth(kind: str, seed: int, script: Script, frames: list[list[dict[str, Any]]]) -> dict[str, Any]:
    ground = [(-0.9, 8.6), (3.1, 8.6), (3.1, 18.0), (-0.9, 18.0)]
    if script.camera.eye[2] > 5:  # the higher camera sees the edge of the road better
        ground = [(-1.6, 8.8), (3.1, 8.8), (3.1, 18.5), (-1.6, 18.5)]
    corners = script.camera.project([(x, y, 0.14) for x, y in ground], SUB_PX) / np.array(SUB_PX)
    polygon = [[round(float(v), 4) for v in point.clip(0, 1)] for point in corners]
    zones = [{"name": f"{kind} {zone}", "kind": zone, "polygon": polygon} for zone in ("no_stall", "no_dumping")]
    return {
        "format": 1,
        "kind": kind,
        "seed": seed,
        "fps": FPS,
        "duration_s": DURATION_S,
        "size_px": list(SUB_PX),
        "camera": {"eye_m": script.camera.eye, "target_m": script.camera.target, "fov_deg": script.camera.fov_deg},
        "homography": script.camera.homography(SUB_PX).round(9).tolist(),
        "zones": zones,
        "events": [
            {"kind": e.kind, "start_s": e.start_s, "end_s": DURATION_S, "box_ids": e.box_ids}
            | ({"left_s": e.left_s} if e.left_s is not None else {})
            for e in script.events
        ],
        "frames": frames,
    }


def _boxed(picture: NDArray[np.uint8], boxes: list[dict[str, Any]]) -> NDArray[np.uint8]:
    shown = picture.copy()
    for box in boxes:
        left, top, right, bottom = (2 * v for v in box["box_px"])
        cv2.rectangle(shown, (left, top), (right, bottom), (0, 200, 255), 1)
        cv2.putText(shown, box["class"], (left, max(12, top - 4)), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 200, 255), 1)
    return shown


class _Writer:
    """One MP4 with a keyframe exactly every GOP frames and no B-frames, as cameras send it."""

    def __init__(self, path: Path, size_px: tuple[int, int], codec: str, crf: int) -> None:
        self._path, self._part = path, path.with_suffix(".part.mp4")
        self._container = av.open(str(self._part), "w")
        options = {"crf": str(crf), "preset": "slow"}
        if codec == "libx265":
            options["x265-params"] = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0:open-gop=0:log-level=error"
        else:
            options["x264-params"] = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0"
        self._stream = self._container.add_stream(codec, rate=FPS, options=options)
        self._stream.width, self._stream.height, self._stream.pix_fmt = *size_px, "yuv420p"

    def add(self, picture: NDArray[np.uint8]) -> None:
        """One more frame, BGR."""
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._container.mux(self._stream.encode())
        self._container.close()
        self._part.rename(self._path)

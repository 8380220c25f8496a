"""What the streaming terminals show: the rendered clips and how their ground lies under a terminal."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusion.geo.plane import LocalPlane

#: where a zone lies until its clip is rendered
_WHOLE_GROUND = [[0.05, 0.45], [0.95, 0.45], [0.95, 0.97], [0.05, 0.97]]
#: six points of the picture, spread over the ground that every clip shows; shares
_CALIBRATION = [(0.15, 0.95), (0.5, 0.95), (0.85, 0.95), (0.2, 0.45), (0.5, 0.42), (0.75, 0.5)]
#: the clips that have a main stream, for evidence
WITH_MAIN = ("stall_cart", "stall_tricycle", "dump_bags", "dump_truck")


@dataclass(frozen=True)
class Scene:
    """The truth of one clip; its world is in metres, x to the right of the street, y along it."""

    polygons: dict[str, list[list[float]]]  #: by kind of zone
    camera: dict[str, Any] | None = None  #: eye_m, target_m
    homography: list[list[float]] | None = None  #: pixels to (x, y)
    size_px: tuple[int, int] = (640, 360)

    def polygon(self, kind: str) -> list[list[float]]:
        """The corners of the zone of a kind, shares of the picture."""
        return self.polygons.get(kind, _WHOLE_GROUND)

    @property
    def eye_m(self) -> tuple[float, float, float]:
        """Where the camera hangs."""
        x, y, z = self.camera["eye_m"] if self.camera else (-3.4, 1.5, 4.0)
        return x, y, z

    @property
    def turned_deg(self) -> float:
        """How far to the right of the street's direction the camera looks."""
        if not self.camera:
            return 20.0
        dx, dy = (self.camera["target_m"][i] - self.camera["eye_m"][i] for i in (0, 1))
        return float(np.degrees(np.arctan2(dx, dy)))

    def ground_points(self, plane: LocalPlane, east_m: float, north_m: float, street_deg: float) -> list[list[float]]:
        """[x, y, lon, lat] of six points, for a camera that hangs at (east, north) over a street."""
        if self.homography is None:
            return []
        shares = np.array(_CALIBRATION)
        pixels = np.column_stack([shares * self.size_px, np.ones(len(shares))])
        world = pixels @ np.array(self.homography).T
        ahead = world[:, :2] / world[:, 2:] - self.eye_m[:2]
        turn = np.radians(street_deg)
        east = east_m + ahead[:, 0] * np.cos(turn) + ahead[:, 1] * np.sin(turn)
        north = north_m - ahead[:, 0] * np.sin(turn) + ahead[:, 1] * np.cos(turn)
        lon, lat = plane.to_lon_lat(east, north)
        return [
            [x, y, round(float(a), 7), round(float(b), 7)] for (x, y), a, b in zip(_CALIBRATION, lon, lat, strict=True)
        ]


def scene_of(folder: Path, kind: str) -> Scene:
    """The truth of a clip as the renderer wrote it, or a plain zone where it is not rendered yet."""
    file = folder / f"{kind}.json"
    if not file.is_file():
        return Scene({})
    truth = json.loads(file.read_text("utf-8"))
    width, height = truth["size_px"]
    polygons = {zone["kind"]: zone["polygon"] for zone in truth["zones"]}
    return Scene(polygons, truth["camera"], truth["homography"], (width, height))

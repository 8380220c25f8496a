"""How a simulated worker moves: strolls about the grid, hurries to a case. On a plane tangent at the worker."""

import math
import random
from dataclasses import dataclass

from fusion.types.place import GeoPoint, Grid

_M_PER_DEG = 111_320.0  # of latitude, mean sphere; a stroll needs no better
_STROLL_M_S = 1.3
_NEAR_M = 2.0


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Metres between two points that are near each other."""
    return math.hypot(*_offset_m(a, b))


def towards(a: GeoPoint, b: GeoPoint, step_m: float) -> GeoPoint:
    """The point `step_m` from `a` on the straight way to `b`, not beyond `b`."""
    whole_m = distance_m(a, b)
    share = 1.0 if whole_m <= step_m else step_m / whole_m
    return GeoPoint(a.lon + (b.lon - a.lon) * share, a.lat + (b.lat - a.lat) * share)


def point_within(grid: Grid, rng: random.Random) -> GeoPoint:
    """A point between the middle and a corner of the grid."""
    ring = grid.ring[:-1]
    lon, lat = sum(p.lon for p in ring) / len(ring), sum(p.lat for p in ring) / len(ring)
    corner, share = rng.choice(ring), rng.uniform(0, 0.6)
    return GeoPoint(lon + (corner.lon - lon) * share, lat + (corner.lat - lat) * share)


@dataclass(slots=True)
class Walker:
    """Where a worker is, and goes."""

    grid: Grid
    rng: random.Random
    point: GeoPoint
    goal: GeoPoint
    speed_m_s: float = _STROLL_M_S

    def walk(self, elapsed_s: float) -> GeoPoint:
        """Go on for a while; having arrived, stroll to another place of the grid."""
        self.point = towards(self.point, self.goal, self.speed_m_s * elapsed_s)
        if distance_m(self.point, self.goal) < _NEAR_M:
            self.goal, self.speed_m_s = point_within(self.grid, self.rng), _STROLL_M_S
        return self.point

    def hurry(self, goal: GeoPoint, within_s: float) -> None:
        """Go to a case so fast as to be there in time, as nobody could outside a rehearsal."""
        self.goal = goal
        self.speed_m_s = max(_STROLL_M_S, distance_m(self.point, goal) / max(within_s, 1.0))


def walker_in(grid: Grid, rng: random.Random) -> Walker:
    """A worker somewhere in the grid."""
    return Walker(grid=grid, rng=rng, point=point_within(grid, rng), goal=point_within(grid, rng))


def _offset_m(a: GeoPoint, b: GeoPoint) -> tuple[float, float]:
    east_m = (b.lon - a.lon) * _M_PER_DEG * math.cos(math.radians(a.lat))
    return east_m, (b.lat - a.lat) * _M_PER_DEG

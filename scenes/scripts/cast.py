"""Who plays: nobody is seen twice in one scene."""

from dataclasses import dataclass

import numpy as np

from scenes.actors import BEHIND_M, FAR_M, Course, Walker
from scenes.bodies import Body
from scenes.poses import Arms

_ABREAST_Y_M = 12.0  #: where the camera sees people best


@dataclass
class Cast:
    """The people who are still free to play, and the dice."""

    free: list[Body]
    rng: np.random.Generator

    def lead(self, *indices: int) -> list[Body]:
        """The people with these numbers, to be taken before the others."""
        chosen = [self.free[index] for index in indices]
        self.free = [body for index, body in enumerate(self.free) if index not in indices]
        return chosen

    def anyone(self) -> Body:
        """Somebody who does not play yet."""
        return self.free.pop(int(self.rng.integers(len(self.free))))

    def number(self) -> int:
        """A seed for a prop."""
        return int(self.rng.integers(1000))


def passer(
    cast: Cast, label: int, x: float, abreast_s: float, *, away: bool, speed_m_s: float = 1.3, arms: Arms | None = None
) -> Walker:
    """Somebody who walks through along x and passes y = 12 at a time; `away` from the camera, or towards it."""
    speed = speed_m_s * float(cast.rng.uniform(0.93, 1.07))
    start, end = (BEHIND_M, FAR_M) if away else (FAR_M, BEHIND_M)
    start_s = abreast_s - abs(start - _ABREAST_Y_M) / speed
    return Walker(cast.anyone(), label, Course(speed, ((start_s, x, start), (start_s, x, end)), leaves=True), arms=arms)


def visitor(
    body: Body,
    label: int,
    spot: tuple[float, float],
    stays_s: tuple[float, float],
    *,
    lane_x: float,
    away: tuple[bool, bool] = (False, True),
    faces_deg: float = 90.0,
    gesture: float = 0.6,
    speed_m_s: float = 1.3,
) -> Walker:
    """Somebody who comes along a lane, stands at a spot from one time to another, and goes.

    `away`: whether he or she comes, and goes, in the direction that leads away from the camera.
    """
    x, y = spot
    coming, going = (BEHIND_M if away[0] else FAR_M), (FAR_M if away[1] else BEHIND_M)
    turn_in, turn_out = y + (-1.2 if away[0] else 1.2), y + (1.2 if away[1] else -1.2)
    path_m = abs(coming - turn_in) + float(np.hypot(lane_x - x, turn_in - y))
    start_s, go_s = stays_s[0] - path_m / speed_m_s, stays_s[1]
    points = (
        (start_s, lane_x, coming), (start_s, lane_x, turn_in), (start_s, x, y),
        (go_s, lane_x, turn_out), (go_s, lane_x, going),
    )  # fmt: skip
    return Walker(body, label, Course(speed_m_s, points, leaves=True), faces_deg, gesture)

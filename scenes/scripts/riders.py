"""People on bicycles."""

import numpy as np

from scenes import vehicles
from scenes.actors import Course, Walker
from scenes.poses import Pose, cycling
from scenes.scripts.script import driven
from scenes.scripts.stage import Stage

_PEDAL_M = 3.2  #: way of one turn of the pedals
_SEAT = (0.12, 0.36)  #: where the rider's feet are, behind the bicycle's middle and over the ground


def rider(
    stage: Stage, course: Course, faces_deg: float, until_s: float = np.inf, stays: Course | None = None
) -> tuple[Walker, int]:
    """Somebody who rides along a course until a time: (the person, the label of the bicycle, which may stay)."""

    def pose(time_s: float) -> Pose:
        place = course.at(time_s)
        return cycling(0.0 if place is None else place.gone_m / _PEDAL_M * 2 * np.pi)

    person = stage.person(
        course, faces_deg=faces_deg, poses=((-np.inf, until_s, pose),), seat=_SEAT, seated_s=(-np.inf, until_s)
    )
    return person, stage.prop("bicycle", vehicles.bicycle(stage.colour()), driven(stays or course, faces_deg))


def cyclists(stage: Stage, count: int) -> None:
    """People who ride by at the road's edge, spread over the clip."""
    for index in range(count):
        speed, way = stage.between(3.2, 4.5), stage.ahead
        start, end = (-16.0, 58.0) if way > 0 else (58.0, -16.0)
        start_s = stage.duration_s * (index + stage.between(0.2, 0.8)) / count - abs(start - 12) / speed
        course = Course(speed, ((start_s, -1.75, start), (start_s, -1.75, end)), leaves=True)
        rider(stage, course, 180.0 if way > 0 else 0.0)

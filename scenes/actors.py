"""People who walk along waypoints, and things that are driven along them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scenes.bodies import Body
from scenes.poses import Pose, bending, riding, standing, walking
from scenes.renderer import Thing
from scenes.street import ground_z

_STRIDE_M = 1.35


@dataclass(frozen=True)
class Waypoint:
    """Leave for (x, y) at `start_s`, or when the one before is reached, whichever is later."""

    start_s: float
    x: float
    y: float


@dataclass(frozen=True)
class Course:
    """Where something is as time passes; it appears at the first waypoint."""

    points: Sequence[Waypoint]
    speed_m_s: float

    def at(self, time_s: float) -> tuple[float, float, float | None, float] | None:
        """(x, y, heading in degrees or None when it stands, metres gone), or None before it appears."""
        first = self.points[0]
        if time_s < first.start_s:
            return None
        x, y, free_s, gone = first.x, first.y, first.start_s, 0.0
        for point in self.points[1:]:
            start_s = max(point.start_s, free_s)
            if time_s < start_s:
                break
            length = float(np.hypot(point.x - x, point.y - y))
            walked = self.speed_m_s * (time_s - start_s)
            if walked < length:
                ux, uy = (point.x - x) / length, (point.y - y) / length
                return x + ux * walked, y + uy * walked, float(np.rad2deg(np.arctan2(ux, -uy))), gone + walked
            x, y, free_s, gone = point.x, point.y, start_s + length / self.speed_m_s, gone + length
        return x, y, None, gone


def course(speed_m_s: float, *points: tuple[float, float, float]) -> Course:
    """A course from (start_s, x, y) triples."""
    return Course([Waypoint(*point) for point in points], speed_m_s)


@dataclass
class Walker:
    """One person on a course."""

    body: Body
    label: int
    course: Course
    faces_deg: float = 0.0  #: while standing
    gesture: float = 0.0  #: while standing, 0-1
    pushes_until_s: float = 0.0
    bends: Sequence[tuple[float, float]] = ()  #: (start, end) seconds
    rides_until_s: float = 0.0  #: seated on what it drives
    seat: tuple[float, float] = field(default=(0.0, 0.0))  #: behind the course's point, height, metres

    def position(self, time_s: float) -> tuple[float, float] | None:
        """Where the person stands, when in the street at all."""
        place = self.course.at(time_s)
        return None if place is None or not 3 < place[1] < 42 else place[:2]

    def thing(self, time_s: float) -> Thing | None:
        """The posed body."""
        place = self.course.at(time_s)
        if place is None or not 3 < place[1] < 42:
            return None
        x, y, heading, gone = place
        pose = self._pose(time_s, None if heading is None else gone / _STRIDE_M * 2 * np.pi)
        z = ground_z(x)
        if time_s < self.rides_until_s:
            pose, z, y = riding(), self.seat[1], y + self.seat[0]
        posed = self.body.posed(pose).at((x, y, z), self.faces_deg if heading is None else heading)
        return Thing(posed, self.label, smooth=True, rest=self.body.rest)

    def _pose(self, time_s: float, phase: float | None) -> Pose:
        for start_s, end_s in self.bends:
            if start_s < time_s < end_s:
                return bending(float(np.sin(np.pi * (time_s - start_s) / (end_s - start_s))))
        if phase is not None:
            return walking(phase, pushing=time_s < self.pushes_until_s)
        return standing(time_s, self.label, self.gesture * max(0.0, float(np.sin(time_s * 0.9 + self.label))))

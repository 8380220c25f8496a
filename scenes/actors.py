"""People who walk along waypoints, and things that are driven along them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from scenes.people import Looks
from scenes.poses import Arms, Pose, bending, standing, walking

FAR_M, BEHIND_M = 58.0, -16.0  #: y where people come and go: small in the distance, or below the picture
_STRIDE_M = 1.35
_GONE_M = 3.0  #: a bringer this far away has left


@dataclass(frozen=True)
class Place:
    """Where something is; it heads to where it goes (0 is -y, 90 is +x), nowhere while it stands."""

    x: float
    y: float
    heading_deg: float | None
    gone_m: float

    def beside(self, forward_m: float, right_m: float, faces_deg: float) -> tuple[float, float]:
        """(x, y) of a point relative to somebody here, who looks where it heads, or to `faces_deg`."""
        turn = np.deg2rad(faces_deg if self.heading_deg is None else self.heading_deg)
        x = self.x + forward_m * np.sin(turn) - right_m * np.cos(turn)
        y = self.y - forward_m * np.cos(turn) - right_m * np.sin(turn)
        return float(x), float(y)


@dataclass(frozen=True)
class Course:
    """Where something is as time passes.

    `points` are (start_s, x, y): leave for there at that time, or when the point before is reached, whichever is
    later. It is nowhere before the first point's time and, when it `leaves`, after it has reached the last.
    """

    speed_m_s: float
    points: Sequence[tuple[float, float, float]]
    leaves: bool = False

    def at(self, time_s: float) -> Place | None:
        """The place at a time, None when it is nowhere."""
        free_s, x, y = self.points[0]
        gone_m = 0.0
        if time_s < free_s:
            return None
        for wanted_s, to_x, to_y in self.points[1:]:
            start_s = max(wanted_s, free_s)
            if time_s < start_s:
                return Place(x, y, None, gone_m)
            length = float(np.hypot(to_x - x, to_y - y))
            walked = self.speed_m_s * (time_s - start_s)
            if walked < length:
                ux, uy = (to_x - x) / length, (to_y - y) / length
                return Place(x + ux * walked, y + uy * walked, float(np.rad2deg(np.arctan2(ux, -uy))), gone_m + walked)
            x, y, free_s, gone_m = to_x, to_y, start_s + length / self.speed_m_s, gone_m + length
        return None if self.leaves else Place(x, y, None, gone_m)

    def left_s(self, x: float, y: float, until_s: float, half_length_m: float = 0.0) -> float:
        """The tenth of a second before `until_s` from which on it is more than 3 m away from (x, y)."""
        for tenth in range(int(until_s * 10), 0, -1):
            place = self.at(tenth / 10)
            if place is not None and np.hypot(place.x - x, place.y - y) - half_length_m <= _GONE_M:
                return (tenth + 1) / 10
        raise ValueError(f"scenes: nothing on this course comes near ({x}, {y}) before {until_s} s")

    def reached_s(self, x: float, y: float) -> float:
        """When it first comes within 5 cm of (x, y), to a twentieth of a second."""
        for twentieth in range(int(self.points[0][0] * 20) - 1, 2400):
            place = self.at(twentieth / 20)
            if place is not None and np.hypot(place.x - x, place.y - y) < 0.05:
                return twentieth / 20
        raise ValueError(f"scenes: this course does not lead to ({x}, {y})")


@dataclass(frozen=True)
class Walker:
    """One person on a course."""

    looks: Looks
    label: int
    course: Course
    faces_deg: float = 0.0  #: while standing
    gesture: float = 0.0  #: while standing, 0-1
    bends: Sequence[tuple[float, float]] = ()  #: (start, end) seconds
    arms: Arms | None = None  #: what they do while walking, when they do not swing
    arms_s: Sequence[tuple[float, float]] = ((-np.inf, np.inf),)  #: (start, end) seconds of that
    poses: Sequence[tuple[float, float, Callable[[float], Pose]]] = ()  #: (start, end, pose of a moment)
    seat: tuple[float, float] = (0.0, 0.0)  #: behind the course's point, height, metres; during `seated_s`
    seated_s: tuple[float, float] = field(default=(np.inf, np.inf))
    stays_visible_s: float = np.inf  #: from then on it is out of sight, inside a bus or a car

    def place(self, time_s: float) -> Place | None:
        """Where the person is, when near the street's visible part at all."""
        place = self.course.at(time_s)
        if place is None or time_s >= self.stays_visible_s or not BEHIND_M <= place.y <= FAR_M:
            return None
        return place

    def beside(self, time_s: float, forward_m: float, right_m: float) -> tuple[float, float] | None:
        """(x, y) of something that the person holds."""
        place = self.place(time_s)
        return None if place is None else place.beside(forward_m, right_m, self.faces_deg)

    def heading(self, time_s: float) -> float:
        """Degrees that the person looks to."""
        place = self.place(time_s)
        return self.faces_deg if place is None or place.heading_deg is None else place.heading_deg

    def on(self, time_s: float) -> tuple[float, float, float] | None:
        """(x, y, height over the ground) of the feet."""
        place = self.place(time_s)
        if place is None:
            return None
        if not self.seated_s[0] <= time_s < self.seated_s[1]:
            return place.x, place.y, 0.0
        x, y = place.beside(-self.seat[0], 0.0, self.faces_deg)
        return x, y, self.seat[1]

    def pose(self, time_s: float) -> Pose:
        """What the body does."""
        for start_s, end_s, pose in self.poses:
            if start_s <= time_s < end_s:
                return pose(time_s)
        for start_s, end_s in self.bends:
            if start_s < time_s < end_s:
                return bending(float(np.sin(np.pi * (time_s - start_s) / (end_s - start_s))))
        place = self.course.at(time_s)
        arms = self.arms if any(start_s <= time_s < end_s for start_s, end_s in self.arms_s) else None
        if place is not None and place.heading_deg is not None:
            return walking(place.gone_m / _STRIDE_M * 2 * np.pi, arms)
        pose_now = standing(time_s, self.label, self.gesture * max(0.0, float(np.sin(time_s * 0.9 + self.label))))
        return pose_now | arms() if arms else pose_now

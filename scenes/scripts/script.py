"""What a script says: its people, its things, its light, what should be told of it and what should not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from scenes.actors import Course, Walker
from scenes.lighting import Light
from scenes.meshes import Mesh
from scenes.setting import Setting

Point = tuple[float, float]
Window = tuple[str, str]


@dataclass(frozen=True)
class Placement:
    """Where a thing is: metres, z over the ground; it is scaled before it is turned."""

    x: float
    y: float
    z: float = 0.0
    yaw_deg: float = 0.0
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)


Where = Callable[[float], Placement | None]


@dataclass(frozen=True)
class Prop:
    """One mesh; label 0 is never reported, several props may share a label."""

    label: int
    mesh: Mesh
    where: Where
    smooth: bool = False


@dataclass(frozen=True)
class Event:
    """One thing that should be told."""

    kind: str  #: street_stall or waste_dumping
    start_s: float  #: the stall stops and trades, or the first thing is put down
    box_ids: Sequence[int]
    at: Point  #: on the ground, metres
    left_s: float | None = None  #: the bringer is more than 3 m away; dumping only


@dataclass(frozen=True)
class Happening:
    """Something of which nothing should be told."""

    name: str
    start_s: float
    end_s: float
    box_ids: Sequence[int] = ()


@dataclass(frozen=True)
class PermittedPlace:
    """A rectangle on the ground in which a stall is allowed at some hours."""

    corner: Point
    opposite: Point
    windows: Sequence[Window]


@dataclass(frozen=True)
class Script:
    """One scene."""

    kind: str
    seed: int
    hard: bool
    duration_s: float
    setting: Setting
    walkers: Sequence[Walker]
    props: Sequence[Prop]
    names: dict[int, str]  #: class by label
    light: Callable[[float], Light]
    events: Sequence[Event] = ()
    happenings: Sequence[Happening] = ()
    permitted: Sequence[PermittedPlace] = field(default=())
    switches_to_infrared_s: float = np.inf


def fixed(
    x: float, y: float, yaw_deg: float = 0.0, *, z: float = 0.0, from_s: float = -np.inf, until_s: float = np.inf
) -> Where:
    """Stands at a place for a while."""
    placement = Placement(x, y, z, yaw_deg)
    return lambda time_s: placement if from_s <= time_s < until_s else None


def driven(course: Course, faces_deg: float, *, behind_m: float = 0.0, until_s: float = np.inf) -> Where:
    """Moves along a course, its nose ahead; it keeps its direction while it stands."""

    def where(time_s: float) -> Placement | None:
        place = course.at(min(time_s, until_s))
        if place is None:
            return None
        heading = faces_deg if place.heading_deg is None else place.heading_deg
        x, y = place.beside(-behind_m, 0.0, heading)
        return Placement(round(x, 3), round(y, 3), 0.0, round(heading, 2))

    return where


def held(
    walker: Walker, forward_m: float, right_m: float, up_m: float, until_s: float = np.inf, *,
    from_s: float = -np.inf, turn_deg: float = 0.0, scale: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Where:  # fmt: skip
    """In somebody's hands, for a while."""

    def where(time_s: float) -> Placement | None:
        hand = walker.beside(time_s, forward_m, right_m) if from_s <= time_s < until_s else None
        return None if hand is None else Placement(*hand, up_m, walker.heading(time_s) + turn_deg, scale)

    return where


def first_of(*wheres: Where) -> Where:
    """The first of several places that holds at a time."""
    return lambda time_s: next((found for where in wheres if (found := where(time_s)) is not None), None)

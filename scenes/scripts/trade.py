"""What stalls are put together from: a cart that is pushed up, goods that are laid out, customers."""

from dataclasses import dataclass

import numpy as np

from scenes import props
from scenes.actors import BEHIND_M, FAR_M, Course, Walker
from scenes.meshes import Mesh
from scenes.poses import carrying, pushing, sitting
from scenes.scripts.script import Point, driven, first_of, fixed, held
from scenes.scripts.stage import Stage

_REACH_M = 1.45  #: from the vendor who pushes to the cart's middle


@dataclass(frozen=True)
class Stall:
    """A stall on the stage."""

    vendor: Walker
    ids: tuple[int, ...]  #: all that belongs to it, the vendor too
    at: Point


def cart_stall(
    stage: Stage, stop_s: float, at: Point, *, umbrella: bool = True, hidden: bool = False, low: bool = False
) -> Stall:
    """A vendor pushes a cart to a place, and stays; `hidden` sits behind it, under the umbrella."""
    x, y = at
    way = 1 if stage.rng.random() < 0.5 else -1
    speed, set_s = 1.3, stop_s + 2.5
    here, start = (x, y - way * _REACH_M), (BEHIND_M if way > 0 else FAR_M)
    start_s = stop_s - abs(start - here[1]) / speed
    spot = (x + 0.95, y + 0.1) if hidden else (x - 0.2, y - 1.55)
    round_it = [(set_s, x - 0.95, here[1] - 0.5), (set_s, x - 0.95, y - 1.4)] if way < 0 and not hidden else []
    behind = [(set_s, x + 0.9, here[1])] if hidden else []
    course = Course(speed, [(start_s, x, start), (start_s, *here), *round_it, *behind, (set_s, *spot)])
    seated_s = course.reached_s(*spot) + 0.2
    vendor = stage.person(
        course, faces_deg=-75 if hidden else -50, gesture=0.6, arms=pushing, arms_s=((-np.inf, stop_s),),
        poses=((seated_s, np.inf, lambda time_s: sitting(time_s, stage.seed)),) if hidden else (),
    )  # fmt: skip
    goods = props.cart(stage.dice()).at(yaw_deg=90)
    rolled = driven(course, 0.0 if way < 0 else 180.0, behind_m=-_REACH_M, until_s=stop_s)
    ids = [vendor.label, stage.prop("cart", goods, rolled)]
    if umbrella:
        size = {"radius": 1.4, "height": 1.95} if hidden or low else {"radius": stage.between(1.1, 1.35)}
        foot = (0.75, 0.1) if hidden else (0.2, 0.8)
        ids.append(stage.umbrella(foot, stop_s + 1.5, comes=rolled, **size))
    return Stall(vendor, tuple(ids), at)


def customers(
    stage: Stage, side: Point, from_s: float, count: int, faces_deg: float = 90.0, lane_x: float = 0.2
) -> None:
    """People who come to a stall one after the other, look, buy and go; `side` is where the first of them stands."""
    room = (stage.duration_s - from_s) / count
    for index in range(count):
        comes_s = from_s + room * index + stage.between(0, 0.3 * room)
        stays_s = (comes_s, comes_s + stage.between(0.7, 1.2) * max(room, 7.0))
        spot = (side[0] - stage.between(0, 0.2), side[1] + (0.0, 0.75, -0.7)[index % 3])
        stage.visitor(spot, stays_s, lane_x=lane_x, faces_deg=faces_deg)


def lay_out(
    stage: Stage, name: str, mesh: Mesh, at: Point, put_s: float, by: Walker, yaw_deg: float = 0.0, *,
    carried_s: float = 1.6, until_s: float = np.inf, carried: tuple[float, float, float] | None = (0.5, 0.5, 0.8),
) -> int:  # fmt: skip
    """Something is carried for a moment and put down; `carried` is its scale in the arms, None when it was not seen."""
    stands = fixed(*at, yaw_deg, from_s=put_s, until_s=until_s)
    if carried is None:
        return stage.prop(name, mesh, stands)
    arms = held(by, 0.45, 0.0, 0.75, put_s, from_s=put_s - carried_s, scale=carried)
    return stage.prop(name, mesh, first_of(stands, arms))


def bearer(stage: Stage, course: Course, put_s: list[float], *, faces_deg: float, gesture: float) -> Walker:
    """Somebody who carries things and bends down to put them down at these times."""
    return stage.person(
        course, bends=[(at_s - 0.7, at_s + 0.7) for at_s in put_s], arms=carrying,
        arms_s=[(at_s - 1.8, at_s) for at_s in put_s], faces_deg=faces_deg, gesture=gesture,
    )  # fmt: skip

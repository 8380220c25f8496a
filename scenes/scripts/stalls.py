"""Street stalls that are easy to see: somebody comes with goods, stops, and sells where that is forbidden."""

import numpy as np

from scenes import props, vehicles
from scenes.actors import FAR_M, Course
from scenes.poses import Pose, riding
from scenes.scripts.kinds import kind
from scenes.scripts.riders import cyclists
from scenes.scripts.script import driven, fixed
from scenes.scripts.stage import Stage
from scenes.scripts.trade import bearer, cart_stall, customers, lay_out
from scenes.setting import BRIGHT_CAMERAS, CLEAR, DAYLIGHT, Allowed

EASY = Allowed(CLEAR, BRIGHT_CAMERAS)


@kind("stall", EASY)
def stall_cart(stage: Stage) -> None:
    """A cart is pushed up, its umbrella opens, customers come and go."""
    stop_s, at = stage.between(9, 12), (stage.between(1.8, 2.1), stage.between(11.2, 12.6))
    stall = cart_stall(stage, stop_s, at)
    customers(stage, (at[0] - 1.0, at[1] - 0.3), stop_s + 6, 4)
    stage.passers(3, lanes=(-0.45, 0.1))
    stage.parked()
    stage.tell("street_stall", stop_s, stall.ids, at)


@kind("stall", EASY)
def stall_tricycle(stage: Stage) -> None:
    """A three-wheeler stops, a table and crates are laid out, customers come and go."""
    _tricycle(stage, table=True)


@kind("stall", Allowed(DAYLIGHT, BRIGHT_CAMERAS))
def stall_table(stage: Stage) -> None:
    """Two people carry a table and a rack of clothes to the pavement, and sell."""
    stop_s, (x, y) = stage.between(9, 12), (stage.between(1.7, 2.0), stage.between(11.5, 12.6))
    speed, table_s, rack_s = 1.3, stop_s + 1.5, stop_s + 3.0
    start_s = stop_s - (FAR_M - y) / speed
    first = bearer(
        stage,
        Course(speed, [(start_s, 1.6, FAR_M), (start_s, x - 0.6, y + 0.1), (table_s + 1, x + 0.9, y - 1.1),
                       (table_s + 1, x + 0.85, y)]),
        [table_s], faces_deg=-90, gesture=0.7,
    )  # fmt: skip
    second = bearer(
        stage,
        Course(speed, [(start_s, 2.4, FAR_M + 1.6), (start_s, x, y + 2.4), (rack_s + 1, x + 0.1, y + 1.2)]),
        [rack_s], faces_deg=-60, gesture=0.4,
    )  # fmt: skip
    table = lay_out(stage, "table", props.table(stage.dice()), (x, y), table_s, first, 90, carried_s=40)
    rack = lay_out(
        stage,
        "rack",
        props.rack(stage.dice()),
        (x + 0.6, y + 2.4),
        rack_s,
        second,
        90,
        carried_s=40,
        carried=(0.6, 0.5, 0.7),
    )
    customers(stage, (x - 0.85, y - 0.2), stop_s + 7, 4)
    stage.passers(3, lanes=(-0.45, 0.1))
    stage.traffic(2)
    stage.tell("street_stall", stop_s, (first.label, second.label, table, rack), (x, y))


@kind("stall", Allowed(CLEAR, BRIGHT_CAMERAS))
def stall_van(stage: Stage) -> None:
    """A van parks at the kerb; its driver sets a table and crates beside it and sells."""
    stop_s, x, y = stage.between(7, 9), -2.05, stage.between(13.0, 14.2)
    speed, start = 5.0, (-25.0 if stage.ahead > 0 else 70.0)
    start_s = stop_s - abs(start - y) / speed
    drive = Course(speed, ((start_s, x, start), (start_s, x, y)))
    van = stage.prop("car", vehicles.van(stage.colour()), driven(drive, 180.0 if stage.ahead > 0 else 0.0))
    put_s = [stop_s + 4.0, stop_s + 6.0, stop_s + 8.0]
    spots = ((0.35, y - 1.2), (0.3, y - 2.6), (0.35, y + 0.3))
    steps = [(stop_s + 1.2, -0.75, y - 0.6), (stop_s + 1.2, -0.5, y - 1.2), (put_s[0] + 0.8, -0.5, y - 2.5),
             (put_s[1] + 0.8, -0.5, y), (put_s[2] + 0.8, -0.45, y - 1.2)]  # fmt: skip
    vendor = bearer(stage, Course(1.3, steps), put_s, faces_deg=90, gesture=0.7)
    names = ("table", "crate", "crate")
    meshes = (props.table(stage.dice()), props.crate(stage.dice()), props.crate(stage.dice()))
    goods = [
        lay_out(stage, name, mesh, spot, at_s, vendor, 90)
        for name, mesh, spot, at_s in zip(names, meshes, spots, put_s, strict=True)
    ]
    customers(stage, (1.3, y - 1.4), stop_s + 10, 3, faces_deg=-90, lane_x=2.0)
    stage.passers(3, lanes=(2.2, 2.7))
    cyclists(stage, 1)
    stage.tell("street_stall", stop_s, (vendor.label, van, *goods), (0.0, y - 1.0))


def _tricycle(stage: Stage, *, table: bool, with_lamp: bool = False) -> None:
    stop_s, x, y = stage.between(9, 12), stage.between(-0.1, 0.1), stage.between(13.6, 14.6)
    speed, down_s = 2.4, stop_s + 0.5
    start_s = stop_s - (FAR_M - y) / speed
    put_s = [stop_s + 3.4, stop_s + 6.2, stop_s + 8.4, stop_s + 10.6]
    steps = (
        (start_s, x, FAR_M), (start_s, x, y), (down_s, x + 1.1, y - 0.7), (down_s, x + 1.5, y - 1.7),
        (put_s[0] + 0.8, x + 1.25, y - 2.9), (put_s[0] + 0.8, x + 1.5, y - 3.5),
        (put_s[3] + 0.3, x + 2.6, y - 3.0), (put_s[3] + 0.3, x + 2.65, y - 1.8),
    )  # fmt: skip

    def rides(_time_s: float) -> Pose:
        return riding()

    vendor = stage.person(
        Course(speed, steps), faces_deg=-80, gesture=0.6, poses=((-np.inf, stop_s + 0.2, rides),), seat=(0.5, 0.31),
        seated_s=(-np.inf, stop_s + 0.2), bends=tuple((at_s - 0.8, at_s + 0.6) for at_s in put_s),
    )  # fmt: skip
    vehicle = stage.prop(
        "tricycle", vehicles.tricycle(stage.colour()), driven(Course(speed, steps[:2]), 0.0, until_s=stop_s)
    )
    spots = (((x + 2.0, y - 1.8, 90.0)), (x + 1.8, y - 3.2, 8.0), (x + 1.75, y - 3.8, -5.0), (x + 2.45, y - 3.4, 70.0))
    ids = [vendor.label, vehicle]
    for index, ((left, front, yaw), at_s) in enumerate(zip(spots, put_s, strict=True)):
        goods = ("table", props.table(stage.dice())) if index == 0 and table else ("crate", props.crate(stage.dice()))
        ids.append(stage.prop(*goods, fixed(left, front, yaw, from_s=at_s)))
    if with_lamp:
        stage.prop("", props.bulb(1.9), fixed(x + 2.2, y - 2.5, from_s=put_s[0]))
        stage.lamp_at(x + 2.1, y - 2.5, 1.9, put_s[0])
    customers(stage, (x + 1.2, y - 2.1), stop_s + 12, 4, lane_x=x + 1.15)
    stage.passers(2, lanes=(-1.75, -1.6))
    stage.parked()
    stage.tell("street_stall", stop_s, ids, (x + 1.5, y - 1.8))


def tricycle_at_night(stage: Stage) -> None:
    """The same by lamplight."""
    _tricycle(stage, table=True, with_lamp=True)

"""Street stalls: somebody comes with goods, stops, and sells where that is forbidden."""

import numpy as np

from scenes import lighting, props, vehicles
from scenes.actors import FAR_M, Course, Walker
from scenes.camera import HIGH, NEAR
from scenes.poses import pushing
from scenes.renderer import Thing
from scenes.scripts.cast import Cast, passer, visitor
from scenes.scripts.script import PERSONS, Event, Script
from scenes.street import BRICK_STREET, KERB_M, SHOP_STREET


def stall_cart(cast: Cast) -> Script:
    """A vendor pushes a fruit cart to the pavement, opens an umbrella, and sells to the end."""
    body, *buyers = cast.lead(0, 3, 4, 9)
    stop_s, speed, x, y = 11.0, 1.5, 2.0, 13.3
    start_s, leaves_handle_s = stop_s - (FAR_M - y) / speed, stop_s + 4.5
    points = (
        (start_s, x, FAR_M), (start_s, x, y),
        (leaves_handle_s, 1.05, 12.7), (leaves_handle_s, 1.1, 10.5), (leaves_handle_s, 1.75, 10.3),
    )  # fmt: skip
    vendor = Walker(
        body, 1, Course(speed, points), faces_deg=-50, gesture=0.6, arms=pushing, arms_s=((-np.inf, stop_s),)
    )
    goods, (canopy, pole) = props.cart(cast.number()), props.umbrella(1.25, 2.45)

    def shown(time_s: float) -> list[Thing]:
        place = vendor.course.at(min(time_s, stop_s))
        if place is None:
            return []
        opened = float(np.clip((time_s - stop_s - 2) / 2, 0, 1)) * 0.93 + 0.07
        foot = (x + 0.2, place.y - 0.6, KERB_M)
        return [
            Thing(goods.at((x - 0.05, place.y - 1.45, KERB_M), 90), 10),
            Thing(canopy.at(foot, scale=(opened, opened, 1.0)), 11),
            Thing(pole.at(foot)),
        ]

    customers = [
        visitor(buyers[0], 2, (0.95, 11.5), (18, 27), lane_x=0.2, away=(False, False)),
        visitor(buyers[1], 3, (0.95, 12.2), (21, 34), lane_x=0.25, away=(True, True)),
        visitor(buyers[2], 4, (0.95, 11.4), (36, 47), lane_x=0.2, away=(False, True)),
    ]
    passers = [
        passer(cast, 20, 0.2, 5, away=False),
        passer(cast, 21, -0.3, 16, away=True),
        passer(cast, 22, -0.3, 30, away=True),
        passer(cast, 23, 0.15, 42, away=False),
    ]
    return Script(
        SHOP_STREET,
        NEAR,
        [vendor, *customers, *passers],
        PERSONS | {10: "cart", 11: "umbrella", 12: "car"},
        shown,
        [Thing(vehicles.car((0.55, 0.56, 0.58)).at((-2.3, 20.5, 0)), 12)],
        events=[Event("street_stall", stop_s, (1, 10, 11))],
    )


def stall_tricycle(cast: Cast) -> Script:
    """A vendor rides up on a three-wheeler, lays out a table and crates, and sells to the end."""
    body, *buyers = cast.lead(6, 3, 10, 7)
    stop_s, speed, x, y = 11.0, 2.4, -0.15, 14.3
    start_s, down_s = stop_s - (FAR_M - y) / speed, stop_s + 0.5
    ride = ((start_s, x, FAR_M), (start_s, x, y))
    laid_s = ((14.4, 10), (17.2, 14), (19.4, 15), (21.6, 16))  # when, label
    steps = (
        (down_s, 1.0, 13.6), (down_s, 1.35, 12.6), (15.2, 1.1, 11.4), (15.2, 1.35, 10.8), (21.9, 2.55, 11.3),
        (21.9, 2.6, 12.5),
    )  # fmt: skip
    vendor = Walker(
        body, 1, Course(speed, ride + steps), faces_deg=-80, gesture=0.6, rides_until_s=stop_s + 0.2,
        seat=(0.5, 0.31), bends=tuple((put_s - 0.8, put_s + 0.6) for put_s, _ in laid_s),
    )  # fmt: skip
    vehicle = vehicles.tricycle()
    laid = {
        10: props.table(cast.number()).at((1.85, 12.5, KERB_M), 90),
        14: props.crate(cast.number()).at((1.65, 11.1, KERB_M), 8),
        15: props.crate(cast.number()).at((1.6, 10.5, KERB_M), -5),
        16: props.crate(cast.number()).at((2.3, 10.9, KERB_M), 70),
    }

    def shown(time_s: float) -> list[Thing]:
        place = vendor.course.at(min(time_s, stop_s))
        things = [] if place is None else [Thing(vehicle.at((x, place.y, KERB_M)), 13)]
        return things + [Thing(laid[label], label) for put_s, label in laid_s if time_s >= put_s]

    customers = [
        visitor(buyers[0], 2, (1.05, 12.1), (23, 33), lane_x=0.65, away=(True, True)),
        visitor(buyers[1], 3, (1.0, 12.9), (26, 40), lane_x=0.7, away=(False, False)),
        visitor(buyers[2], 4, (1.0, 12.0), (41, 60), lane_x=0.65, away=(True, True)),
    ]
    passers = [
        passer(cast, 20, 1.6, 4, away=False),
        passer(cast, 21, 0.7, 9, away=True),
        passer(cast, 22, -1.7, 25, away=True),  # round the stall, on the road
        passer(cast, 23, -1.7, 43, away=False),
    ]
    return Script(
        BRICK_STREET,
        HIGH,
        [vendor, *customers, *passers],
        PERSONS | {10: "table", 13: "tricycle", 14: "crate", 15: "crate", 16: "crate"},
        shown,
        light=lambda _time_s: lighting.MORNING,
        events=[Event("street_stall", stop_s, (1, 10, 13, 14, 15, 16))],
    )

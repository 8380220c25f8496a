"""Waste dumping: something is put down, and whoever brought it goes away."""

from scenes import lighting, props, vehicles
from scenes.actors import FAR_M, Course, Walker
from scenes.camera import HIGH, NEAR
from scenes.meshes import Mesh
from scenes.poses import carrying
from scenes.renderer import Thing
from scenes.scripts.cast import Cast, passer
from scenes.scripts.script import DURATION_S, PERSONS, Event, Script
from scenes.street import BRICK_STREET, KERB_M, SHOP_STREET

_BLUE, _GREY = (0.03, 0.08, 0.3), (0.5, 0.5, 0.47)
_RUBBLE, _TRUCK_HALF_M = (0.35, 12.7), 2.8


def dump_bags(cast: Cast) -> Script:
    """A man brings two bags, bends down twice to leave them, and walks off; they stay."""
    (body,) = cast.lead(2)
    speed, down_s, go_s = 1.35, (17.4, 19.0), 19.9
    bags = (props.bag(cast.number()), props.bag(cast.number(), _GREY))
    spots = ((1.8, 11.5), (2.6, 11.9))
    start_s = 16.3 - (FAR_M - 12.4) / speed
    course = Course(speed, ((start_s, 1.2, FAR_M), (start_s, 2.2, 12.4), (go_s, 1.2, FAR_M)), leaves=True)
    man = Walker(body, 1, course, faces_deg=-10, bends=((16.6, 18.2), (18.3, 19.7)))

    def shown(time_s: float) -> list[Thing]:
        things = []
        for index, (bag, put_s) in enumerate(zip(bags, down_s, strict=True)):
            if time_s >= put_s:
                things.append(Thing(bag.at((*spots[index], KERB_M)), 15 + index, smooth=True))
            elif hand := man.beside(time_s, 0.05, -0.36 if index else 0.36):
                things.append(Thing(bag.at((*hand, KERB_M + 0.3), scale=0.75), 15 + index, smooth=True))
        return things

    passers = [
        passer(cast, 20, 0.2, 4, away=False),
        passer(cast, 21, -0.3, 14, away=True),
        passer(cast, 22, 0.2, 29, away=False),
        passer(cast, 23, -0.3, 41, away=True),
    ]
    return Script(
        SHOP_STREET,
        NEAR,
        [man, *passers],
        PERSONS | {12: "car", 15: "bag", 16: "bag"},
        shown,
        [Thing(vehicles.car((0.35, 0.04, 0.04)).at((-2.3, 21.5, 0)), 12)],
        light=lambda _time_s: lighting.CLOUDY,
        events=[Event("waste_dumping", down_s[0], (15, 16), left_s=course.left_s(*spots[0], DURATION_S))],
    )


def dump_truck(cast: Cast) -> Script:
    """A small truck stops, a worker carries rubble, cartons and bags to the pavement, the truck drives off."""
    (body,) = cast.lead(10)
    stop_s, go_s, speed, x, y = 10.0, 28.0, 5.0, -2.6, 15.5
    start_s = stop_s - (70 - y) / speed
    drive = Course(speed, ((start_s, x, 70), (start_s, x, y), (go_s, x, -15)), leaves=True)
    vehicle, sack = vehicles.truck((0.12, 0.22, 0.45)), props.sack(cast.number())
    loads: tuple[tuple[float, Mesh, tuple[tuple[int, Mesh], ...]], ...] = (  # put down when, carried as, becomes
        (15.8, sack, ((15, props.rubble(cast.number(), 30).at((*_RUBBLE, KERB_M))),)),
        (
            20.2,
            props.carton(1),
            (
                (16, props.carton(1).at((0.95, 13.1, KERB_M), 15)),
                (17, props.carton(2).at((1.0, 13.1, KERB_M + 0.4), 40, 0.8)),
            ),
        ),
        (
            24.6,
            props.bag(3, _BLUE),
            ((18, props.bag(3, _BLUE).at((0.95, 12.2, KERB_M))), (19, props.bag(5).at((1.5, 12.6, KERB_M)))),
        ),
    )
    bed, heap, door = (-0.95, 15.6), (0.35, 13.7), (-1.4, 13.7)
    steps: list[tuple[float, float, float]] = [(stop_s + 0.6, *door), (stop_s + 0.6, *bed)]
    for put_s, _, _ in loads:
        steps += [(put_s - 2.2, *heap), (put_s + 0.8, *bed)]
    worker = Walker(
        body, 1, Course(1.6, [*steps, (26.0, *door)], leaves=True), faces_deg=5,
        bends=tuple((put_s - 0.7, put_s + 0.7) for put_s, _, _ in loads),
        arms=carrying, arms_s=tuple((put_s - 2.5, put_s) for put_s, _, _ in loads),
    )  # fmt: skip

    def load(time_s: float, index: int, truck_y: float | None) -> list[Thing]:
        put_s, carried, becomes = loads[index]
        smooth = index != 1
        if time_s >= put_s:
            return [Thing(part, label) for label, part in becomes]
        if time_s >= put_s - 2.5:
            arms = worker.beside(time_s, 0.42, 0)
            return [] if arms is None else [Thing(carried.at((*arms, KERB_M + 0.62)), becomes[0][0], smooth)]
        return [] if truck_y is None else [Thing(carried.at((x + 0.4, truck_y + 0.1 + index, 0.86)), 0, smooth)]

    def shown(time_s: float) -> list[Thing]:
        place = drive.at(time_s)
        things = [] if place is None else [Thing(vehicle.at((x, place.y, 0)), 13)]
        for index in range(len(loads)):
            things += load(time_s, index, None if place is None else place.y)
        return things

    passers = [
        passer(cast, 20, 2.0, 4, away=True),
        passer(cast, 21, 2.2, 20, away=False),
        passer(cast, 22, 1.9, 33, away=True),
        passer(cast, 23, 2.3, 44, away=False),
    ]
    left_s = max(drive.left_s(*_RUBBLE, DURATION_S, _TRUCK_HALF_M), worker.course.left_s(*_RUBBLE, DURATION_S))
    return Script(
        BRICK_STREET,
        HIGH,
        [worker, *passers],
        PERSONS | {13: "truck", 15: "rubble", 16: "carton", 17: "carton", 18: "bag", 19: "bag"},
        shown,
        events=[Event("waste_dumping", loads[0][0], (15, 16, 17, 18, 19), left_s=left_s)],
    )

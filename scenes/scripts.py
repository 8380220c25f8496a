"""What happens in each kind of scene. A script gives the people, the props of a moment, the light and the truth."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from scenes import lighting, props
from scenes.actors import Walker, course
from scenes.bodies import Body
from scenes.camera import HIGH, NEAR, Camera
from scenes.lighting import Light
from scenes.meshes import Mesh
from scenes.renderer import Thing
from scenes.street import KERB_M

DURATION_S = 50.0


@dataclass
class Event:
    """One thing that should be told."""

    kind: str
    start_s: float  #: the stall stops, or the first thing is put down
    box_ids: list[int]
    left_s: float | None = None  #: the bringer is more than 3 m away


@dataclass
class Script:
    """One scene."""

    street_seed: int
    camera: Camera
    walkers: list[Walker]
    names: dict[int, str]
    props: Callable[[float], list[Thing]] = lambda _time_s: []
    still: list[Thing] = field(default_factory=list)  #: stands there from the beginning to the end
    light: Callable[[float], Light] = lambda _time_s: lighting.DAY
    rain: float = 0.0
    events: list[Event] = field(default_factory=list)


Maker = Callable[[list[Body], np.random.Generator], Script]
SCRIPTS: dict[str, Maker] = {}


def scene(make: Maker) -> Maker:
    """Register a script under its function's name."""
    SCRIPTS[make.__name__] = make
    return make


def _passers(
    people: list[Body], rng: np.random.Generator, far_side: bool = True
) -> tuple[list[Walker], dict[int, str]]:
    """Four people who walk through, two each way."""
    walkers = []
    for index, start_s in enumerate((1.0, 13.0, 27.0, 38.0)):
        x = rng.uniform(-0.6, 0.2) if far_side else rng.uniform(0.2, 2.4)
        y0, y1 = (36.0, 3.5) if index % 2 == 0 else (3.5, 36.0)
        body = people[(index * 3 + int(rng.integers(3)) + 2) % len(people)]
        walkers.append(
            Walker(body, 20 + index, course(rng.uniform(1.1, 1.45), (start_s, x, y0), (start_s, x + 0.2, y1)))
        )
    return walkers, {20 + index: "person" for index in range(4)}


def _customers(people: list[Body], x: float, y: float, first_label: int) -> list[Walker]:
    """Three who come one after the other, look, buy and go."""
    plans = ((14, 26, 36.0, 3.5), (22, 37, 3.5, 36.0), (34, 46, 36.0, 3.5))
    return [
        Walker(
            people[(3, 4, 8)[index]],
            first_label + index,
            course(
                1.3,
                (come_s, -0.2, start_y),
                (come_s, x, y + 0.5 * index),
                (go_s, x, y + 0.5 * index),
                (go_s, -0.4, end_y),
            ),
            faces_deg=90,
            gesture=0.6,
        )
        for index, (come_s, go_s, start_y, end_y) in enumerate(plans)
    ]


@scene
def stall_cart(people: list[Body], rng: np.random.Generator) -> Script:
    """A vendor pushes a fruit cart to the pavement, opens an umbrella, and sells."""
    stop_s = 11.0
    x, y = 2.05, 13.3
    start = 6.0
    vendor = Walker(
        people[0], 1, course(1.45, (start, x, 3.6 + 17), (start, x, y), (stop_s + 1, 1.1, 12.6), (stop_s + 1, 1.15, 10.6), (stop_s + 1, 1.75, 10.35)),
        faces_deg=-70, gesture=0.6, pushes_until_s=stop_s,
    )  # fmt: skip
    canopy, pole = props.umbrella(1.25, 2.45)
    goods = props.cart(int(rng.integers(100)))

    def shown(time_s: float) -> list[Thing]:
        things: list[Thing] = []
        place = vendor.course.at(min(time_s, stop_s))
        if place is not None:
            things.append(Thing(goods.at((x - 0.05, place[1] - 1.45, KERB_M), 90), 10))
        opened = np.clip((time_s - stop_s - 4) / 2, 0, 1)
        if opened > 0:
            spread = (0.08 + 0.92 * opened, 0.08 + 0.92 * opened, 1.0)
            things += [
                Thing(part.at((x + 0.15, 12.75, KERB_M), 0, s), label)
                for part, s, label in ((canopy, spread, 11), (pole, 1.0, 0))
            ]
        return things

    walkers, names = _passers(people, rng)
    names |= {1: "person", 2: "person", 3: "person", 4: "person", 10: "cart", 11: "umbrella", 12: "car"}
    parked = Thing(props.car((0.55, 0.56, 0.58)).at((-2.3, 20.5, 0)), 12)
    return Script(
        3, NEAR, [vendor, *_customers(people, 0.65, 11.6, 2), *walkers], names, shown, [parked],
        events=[Event("street_stall", stop_s, [1, 10, 11])],
    )  # fmt: skip


@scene
def stall_tricycle(people: list[Body], rng: np.random.Generator) -> Script:
    """A vendor rides up on a three-wheeler, lays out a table and crates, and sells."""
    stop_s, x, y = 11.0, -0.15, 13.6
    ride = course(2.6, (stop_s - 8.0, x, y + 20.5), (stop_s - 8.0, x, y))
    vehicle, desk = props.tricycle(), props.table(int(rng.integers(100)))
    crates = [props.crate(int(rng.integers(100))) for _ in range(3)]
    vendor = Walker(
        people[6], 1, course(2.6, (stop_s - 8.0, x, y + 20.5), (stop_s - 8.0, x, y), (stop_s + 0.5, 1.9, 13.2), (stop_s + 0.5, 2.0, 12.6)),
        faces_deg=-80, gesture=0.6, rides_until_s=stop_s, seat=(-0.5, 0.45), bends=((13.5, 15), (16, 17.5), (18.5, 20)),
    )  # fmt: skip

    def shown(time_s: float) -> list[Thing]:
        place = ride.at(time_s)
        things = [] if place is None else [Thing(vehicle.at((x, place[1], KERB_M if x > -1 else 0)), 13)]
        if time_s > 14.2:
            things.append(Thing(desk.at((1.25, 12.6, KERB_M), 90), 10))
        spots = ((1.3, 11.2), (1.95, 11.3), (1.35, 14.1))
        things += [
            Thing(crate.at((cx, cy, KERB_M), 20 * index), 14 + index)
            for index, (crate, (cx, cy)) in enumerate(zip(crates, spots, strict=True))
            if time_s > 16.7 + index
        ]
        return things

    walkers, names = _passers(people, rng)
    names |= {
        1: "person",
        2: "person",
        3: "person",
        4: "person",
        10: "table",
        13: "tricycle",
        14: "crate",
        15: "crate",
        16: "crate",
    }
    return Script(
        8, HIGH, [vendor, *_customers(people, 0.35, 12.2, 2), *walkers], names, shown, light=lambda _t: lighting.MORNING,
        events=[Event("street_stall", stop_s, [1, 10, 13, 14, 15, 16])],
    )  # fmt: skip


@scene
def dump_bags(people: list[Body], rng: np.random.Generator) -> Script:
    """A man brings bags, puts them down and walks off; they stay."""
    down_s = (17.4, 19.0)
    bags = [props.bag(int(rng.integers(100))), props.bag(int(rng.integers(100)), (0.5, 0.5, 0.47))]
    spots = ((2.3, 11.6), (2.75, 12.0))
    bringer = Walker(
        people[2], 1, course(1.35, (5, 1.3, 30), (5, 2.2, 12.3), (19.8, 1.4, 34)), faces_deg=-20, bends=((16.6, 18.2), (18.4, 19.6)),
    )  # fmt: skip

    def shown(time_s: float) -> list[Thing]:
        things = []
        carrier = bringer.course.at(time_s)
        for index, (part, put_s) in enumerate(zip(bags, down_s, strict=True)):
            if time_s >= put_s:
                things.append(Thing(part.at((*spots[index], KERB_M)), 15 + index, smooth=True))
            elif carrier is not None and carrier[1] < 42:
                side = 0.33 if index else -0.33
                things.append(
                    Thing(part.at((carrier[0] + side, carrier[1], KERB_M + 0.12), 0, 0.75), 15 + index, smooth=True)
                )
        return things

    walkers, names = _passers(people, rng)
    names |= {1: "person", 15: "bag", 16: "bag", 12: "car"}
    parked = Thing(props.car((0.35, 0.04, 0.04)).at((-2.3, 21.5, 0)), 12)
    return Script(
        3, NEAR, [bringer, *walkers], names, shown, [parked], light=lambda _t: lighting.CLOUDY,
        events=[Event("waste_dumping", down_s[0], [15, 16], left_s=22.3)],
    )  # fmt: skip


@scene
def dump_truck(people: list[Body], rng: np.random.Generator) -> Script:
    """A small truck stops, a worker unloads rubble and cartons beside the road, the truck drives off."""
    stop_s, go_s = 10.0, 27.0
    drive = course(5.0, (stop_s - 5.5, -2.5, 15.5 + 27.5), (stop_s - 5.5, -2.5, 15.5), (go_s, -2.5, -9))
    vehicle = props.truck((0.12, 0.22, 0.45))
    heap = [
        (14.0, props.rubble(int(rng.integers(100)), 26), (0.1, 12.6)),
        (17.0, props.carton(1), (0.75, 13.4)),
        (19.5, props.rubble(int(rng.integers(100)), 22), (0.35, 13.2)),
        (22.0, props.bag(3, (0.05, 0.12, 0.3)), (0.85, 12.3)),
    ]
    walker = Walker(
        people[5], 1,
        course(1.5, (stop_s + 1, -0.9, 16.6), (stop_s + 1.2, 0.2, 13.9), (go_s - 3.5, -0.9, 16.6), (go_s - 1.2, -2.5, 16.4)),
        faces_deg=-10, bends=tuple((put_s - 0.9, put_s + 0.7) for put_s, _, _ in heap),
    )  # fmt: skip

    def shown(time_s: float) -> list[Thing]:
        place = drive.at(time_s)
        things = [] if place is None or place[1] < -6 else [Thing(vehicle.at((place[0], place[1], 0)), 13)]
        things += [
            Thing(part.at((*spot, KERB_M)), 15 + index)
            for index, (put_s, part, spot) in enumerate(heap)
            if time_s >= put_s
        ]
        return things

    class _Aboard(Walker):
        def thing(self, time_s: float) -> Thing | None:
            """Nobody is seen once the worker has climbed in."""
            return super().thing(time_s) if time_s < go_s - 0.4 else None

    walker = _Aboard(**walker.__dict__)
    walkers, names = _passers(people, rng, far_side=False)
    names |= {1: "person", 13: "truck", 15: "rubble", 16: "carton", 17: "rubble", 18: "bag"}
    return Script(
        8, HIGH, [walker, *walkers[1:]], names, shown, events=[Event("waste_dumping", heap[0][0], [15, 16, 17, 18], left_s=go_s + 1.5)],
    )  # fmt: skip


@scene
def chat(people: list[Body], rng: np.random.Generator) -> Script:
    """Three people meet, talk for half a minute and go their ways. No event."""
    talk = [
        Walker(people[0], 1, course(1.3, (4, 0.7, 34), (4, 0.6, 12.8), (40, 0.6, 3.4)), faces_deg=80, gesture=0.6),
        Walker(people[3], 2, course(1.3, (6, 1.7, 3.5), (6, 1.8, 12.6), (39, 2.0, 36)), faces_deg=-80, gesture=0.6),
        Walker(people[4], 3, course(1.3, (9, 1.0, 3.5), (9, 1.2, 11.7), (42, 0.9, 3.4)), faces_deg=180, gesture=0.4),
    ]
    walkers, names = _passers(people, rng)
    names |= {1: "person", 2: "person", 3: "person", 12: "car"}
    parked = Thing(props.car((0.5, 0.5, 0.5)).at((-2.3, 20.5, 0)), 12)
    return Script(3, NEAR, [*talk, *walkers], names, still=[parked], light=lambda _t: lighting.EVENING)


@scene
def rain(people: list[Body], rng: np.random.Generator) -> Script:
    """People hurry by in the rain, one under an umbrella; the ground is wet. No event."""
    first, names = _passers(people, rng)
    second = [
        Walker(people[7], 5, course(1.6, (6, 1.6, 3.5), (6, 1.9, 36)), 0),
        Walker(people[9], 6, course(1.5, (20, 2.2, 36), (20, 1.7, 3.5)), 0),
        Walker(people[1], 7, course(1.7, (31, 1.0, 3.5), (31, 1.3, 36)), 0),
    ]
    canopy, pole = props.umbrella(0.55, 2.1, ((0.03, 0.05, 0.2), (0.04, 0.06, 0.25)))

    def shown(time_s: float) -> list[Thing]:
        spot = second[0].position(time_s)
        return [] if spot is None else [Thing(canopy.at((*spot, KERB_M)), 11), Thing(pole.at((*spot, KERB_M)))]

    names |= {5: "person", 6: "person", 7: "person", 11: "umbrella"}
    return Script(8, HIGH, [*second, *first], names, shown, light=lambda _t: lighting.RAIN, rain=0.9)


@scene
def dusk_parking(people: list[Body], rng: np.random.Generator) -> Script:
    """A car comes, parks and stays, its driver walks away while it grows dark. No event."""
    stop_s = 13.0
    drive = course(4.5, (stop_s - 6.5, -2.1, 14.5 + 29.25), (stop_s - 6.5, -2.1, 14.5))
    vehicle = props.car((0.55, 0.55, 0.52))
    driver = Walker(
        people[8], 1, course(1.3, (stop_s + 2.5, -0.7, 14.2), (stop_s + 2.8, 1.2, 13.0), (stop_s + 2.8, 1.6, 36))
    )

    def shown(time_s: float) -> list[Thing]:
        place = drive.at(time_s)
        return [] if place is None else [Thing(vehicle.at((-2.1, place[1], 0)), 12)]

    def light(time_s: float) -> Light:
        # In steps of half a second, each too small to see: the street is drawn again for each light.
        share = np.clip((np.floor(time_s * 2) / 2 - 10) / 38, 0, 1) * 0.85
        return lighting.between(lighting.EVENING, lighting.NIGHT, float(share))

    walkers, names = _passers(people, rng)
    return Script(3, NEAR, [driver, *walkers], names | {1: "person", 12: "car"}, shown, light=light)


@scene
def night(people: list[Body], rng: np.random.Generator) -> Script:
    """Street lamps, few people, a car that passes with its headlights on. No event."""
    walkers, names = _passers(people, rng)
    drive = course(7.0, (24, -3.2, 60), (24, -3.2, -12))
    vehicle = props.car((0.2, 0.2, 0.22))

    def shown(time_s: float) -> list[Thing]:
        place = drive.at(time_s)
        return [] if place is None or place[1] < -6 else [Thing(vehicle.at((place[0], place[1], 0)), 12)]

    def light(time_s: float) -> Light:
        place = drive.at(time_s)
        if place is None or not -6 < place[1] < 50:
            return lighting.NIGHT
        beams = tuple(lighting.Lamp((place[0] + side, place[1] - 4.5, 0.8), (26, 25, 22)) for side in (-0.6, 0.6))
        return Light(**{**lighting.NIGHT.__dict__, "lamps": lighting.NIGHT.lamps[:4] + beams})

    return Script(8, HIGH, walkers[:3], names | {12: "car"}, shown, light=light)


def posed(script: Script, time_s: float) -> list[Thing]:
    """Everything that is drawn at a moment, besides the street."""
    moving = [thing for walker in script.walkers if (thing := walker.thing(time_s)) is not None]
    return moving + script.props(time_s)


__all__ = ["DURATION_S", "SCRIPTS", "Event", "Mesh", "Script", "posed"]

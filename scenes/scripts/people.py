"""Scenes of people of which nothing should be told: they talk, wait, sit, pass through, pack up, or may be there."""

import numpy as np

from scenes import props, vehicles
from scenes.actors import BEHIND_M, FAR_M, Course
from scenes.poses import pushing, sitting
from scenes.scripts.kinds import kind
from scenes.scripts.riders import cyclists
from scenes.scripts.script import PermittedPlace, driven, first_of, fixed, held
from scenes.scripts.stage import Stage
from scenes.scripts.trade import cart_stall, customers
from scenes.scripts.waste import place_by_lot
from scenes.setting import ANY_SKY, BRIGHT_CAMERAS, CLEAR, DAYLIGHT, Allowed


@kind("negative", Allowed(ANY_SKY))
def chat(stage: Stage) -> None:
    """Three or four people meet, talk for half a minute and go their ways; there are no goods."""
    x, y, count = stage.between(1.0, 2.0), stage.between(11.2, 13.2), 3 + int(stage.rng.integers(2))
    ids = []
    for index in range(count):
        turn = 2 * np.pi * index / count + stage.between(0, 0.6)
        spot = (x + 0.75 * float(np.cos(turn)), y + 0.75 * float(np.sin(turn)))
        faces = float(np.rad2deg(np.arctan2(x - spot[0], -(y - spot[1]))))
        stays_s = (stage.between(6, 13), stage.between(37, 43))
        ids.append(stage.visitor(spot, stays_s, lane_x=stage.between(0.2, 2.2), faces_deg=faces, gesture=0.6).label)
    stage.passers(3, lanes=(-0.45, 0.0))
    stage.parked()
    stage.note("chat", 10, 40, ids)


@kind("negative", Allowed(DAYLIGHT))
def bus_queue(stage: Stage) -> None:
    """People queue at a bus stop; a bus comes, they get in, it leaves."""
    y, speed = stage.between(10.8, 11.6), 5.0
    stage.prop("", props.bus_stop(), fixed(-0.55, y))
    way, x = stage.ahead, -2.5
    stop_s, stop_y = stage.between(31, 34), y + 1.5
    start, end = (-45.0, 85.0) if way > 0 else (85.0, -45.0)
    start_s, goes_s = stop_s - abs(start - stop_y) / speed, stop_s + 8.0
    course = Course(speed, ((start_s, x, start), (start_s, x, stop_y), (goes_s, x, end)), leaves=True)
    bus = stage.prop("bus", vehicles.bus(stage.colour()), driven(course, 180.0 if way > 0 else 0.0))
    ids = []
    for index in range(int(stage.rng.integers(4, 7))):
        spot = (stage.between(-0.2, 0.05), y + 0.9 + 0.85 * index)
        comes_s, boards_s = stage.between(-15, 10 + index), stop_s + 0.8 + 0.9 * index
        lane_x, from_y = stage.between(0.6, 2.4), (BEHIND_M if stage.rng.random() < 0.5 else FAR_M)
        way_m = abs(from_y - spot[1]) + lane_x
        begins_s = comes_s - way_m / 1.3
        steps = ((begins_s, lane_x, from_y), (begins_s, lane_x, spot[1]), (begins_s, *spot), (boards_s, -0.5, stop_y),
                 (boards_s, -1.5, stop_y))  # fmt: skip
        ids.append(stage.person(Course(1.3, steps, leaves=True), faces_deg=-10 + stage.between(-50, 30)).label)
    stage.passers(2, lanes=(1.6, 2.6))
    stage.note("bus_queue", 5, stop_s + 6, [*ids, bus])


@kind("negative", Allowed(ANY_SKY))
def sits(stage: Stage) -> None:
    """Somebody sits down on a stool by the wall and stays; a neighbour stops for a word."""
    (x, y), sits_s = (stage.between(2.3, 2.7), stage.between(11.4, 13.4)), stage.between(5, 9)
    stage.prop("stool", props.stool(), fixed(x, y))
    from_y = BEHIND_M if stage.rng.random() < 0.5 else FAR_M
    start_s = sits_s - (abs(from_y - y) + 1.0) / 1.2
    course = Course(1.2, ((start_s, 1.4, from_y), (start_s, 1.4, y), (start_s, x - 0.12, y)))
    seated_s = course.reached_s(x - 0.12, y)
    sitter = stage.person(
        course, faces_deg=-80, poses=((seated_s, np.inf, lambda time_s: sitting(time_s, stage.seed)),)
    )
    word_s = stage.between(18, 26)
    neighbour = stage.visitor((x - 1.1, y - 0.2), (word_s, word_s + 9), faces_deg=85)
    stage.passers(3)
    stage.note("sits", seated_s, stage.duration_s, (sitter.label, neighbour.label))


@kind("negative", Allowed(ANY_SKY))
def vendor_passes(stage: Stage) -> None:
    """A vendor pushes a cart through; at most he stops for a few seconds."""
    x, y, speed, way = stage.between(0.9, 1.9), stage.between(10.5, 14), 1.15, 1 if stage.rng.random() < 0.5 else -1
    start, end = (BEHIND_M, FAR_M) if way > 0 else (FAR_M, BEHIND_M)
    pause_s = stage.between(0.0, 5.0)
    here_s = stage.between(16, 24)
    start_s = here_s - abs(start - y) / speed
    course = Course(speed, ((start_s, x, start), (start_s, x, y), (here_s + pause_s, x, end)), leaves=True)
    vendor = stage.person(course, faces_deg=180.0 if way > 0 else 0.0, arms=pushing)
    rolled = driven(course, 180.0 if way > 0 else 0.0, behind_m=-1.45)
    cart = stage.prop("cart", props.cart(stage.dice()).at(yaw_deg=90), rolled)
    ids = [vendor.label, cart]
    if stage.rng.random() < 0.5:
        ids.append(stage.umbrella((0.2, 0.0), -100.0, comes=rolled))
    stage.passers(3, lanes=(-0.45, 0.1))
    cyclists(stage, 1)
    stage.note("vendor_passes", here_s - 10, here_s + pause_s + 10, ids)


@kind("negative", Allowed(DAYLIGHT))
def stall_packs_up(stage: Stage) -> None:
    """A stall is being packed when the clip begins: its goods go onto the cart, and it leaves."""
    x, y, speed, way = stage.between(1.7, 2.1), stage.between(11.4, 13), 1.3, 1 if stage.rng.random() < 0.5 else -1
    goes_s = stage.between(10, 13)
    end = FAR_M if way > 0 else BEHIND_M
    handle = (x, y - way * 1.45)
    course = Course(speed, ((-30.0, x - 1.0, y - 1.5), (2.6, x - 0.95, y + 0.2), (5.6, x - 1.0, y - 1.0),
                            (goes_s - 2.4, *handle), (goes_s, x, end)), leaves=True)  # fmt: skip
    vendor = stage.person(
        course, faces_deg=70, bends=((1.0, 2.5), (3.8, 5.4), (6.6, 8.0)), arms=pushing, arms_s=((goes_s, np.inf),)
    )
    still = fixed(x, y, 180.0 if way > 0 else 0.0, until_s=goes_s)
    rolled = first_of(still, driven(course, 180.0 if way > 0 else 0.0, behind_m=-1.45))
    ids = [vendor.label, stage.prop("cart", props.cart(stage.dice()).at(yaw_deg=90), rolled)]
    for spot, taken_s in (((x - 0.9, y - 2.2), 2.0), ((x - 0.2, y - 2.4), 5.0), ((x - 0.1, y - 1.6), 7.4)):
        ids.append(stage.prop("crate", props.crate(stage.dice()), fixed(*spot, 20.0, until_s=taken_s)))
    ids.append(stage.umbrella((0.2, 0.6), -100.0, comes=rolled, closes_s=6.0))
    stage.passers(3, lanes=(-0.45, 0.1))
    stage.parked()
    gone_s = goes_s + 8.0
    stage.note("stall_packs_up", 0, gone_s, ids)


@kind("negative", Allowed(CLEAR, hours=(6.4, 8.6)))
def licensed_cart(stage: Stage) -> None:
    """A breakfast cart at its permitted place and hours."""
    stop_s, at = stage.between(7, 11), (stage.between(1.8, 2.0), stage.between(11.6, 12.4))
    stall = cart_stall(stage, stop_s, at, umbrella=bool(stage.rng.random() < 0.7))
    stage.permitted.append(PermittedPlace((0.6, at[1] - 2.4), (3.1, at[1] + 2.0), (("06:00", "09:30"),)))
    customers(stage, (at[0] - 1.0, at[1] - 0.3), stop_s + 6, 4)
    stage.passers(3, lanes=(-0.45, 0.0))
    stage.traffic(1)
    stage.note("licensed_cart", stop_s, stage.duration_s, stall.ids)


@kind("negative", Allowed(ANY_SKY, BRIGHT_CAMERAS))
def bag_taken_along(stage: Stage) -> None:
    """Somebody puts a bag down, waits beside it, picks it up and walks on."""
    (x, y), put_s = place_by_lot(stage), stage.between(9, 14)
    takes_s = put_s + stage.between(11, 18)
    speed, way = 1.3, 1 if stage.rng.random() < 0.5 else -1
    start, end = (BEHIND_M, FAR_M) if way > 0 else (FAR_M, BEHIND_M)
    stand, lane_x = (x - 0.5, y - way * 0.3), x - 0.6
    start_s = put_s - 1.2 - (abs(start - stand[1]) + 0.1) / speed
    course = Course(speed, ((start_s, lane_x, start), (start_s, *stand), (takes_s + 1.0, lane_x, end)), leaves=True)
    owner = stage.person(
        course, faces_deg=60, gesture=0.2, bends=((put_s - 0.9, put_s + 0.7), (takes_s - 0.8, takes_s + 0.8))
    )
    stands = fixed(x, y, 20.0, from_s=put_s, until_s=takes_s)
    hand = held(owner, 0.1, 0.36, 0.22, takes_s + 100)
    mesh = props.handbag(stage.dice()) if stage.rng.random() < 0.6 else props.bag(stage.dice(), (0.5, 0.5, 0.47), 0.28)
    bag = stage.prop("bag", mesh, first_of(stands, hand))
    stage.passers(3, lanes=(-0.45, 0.0) if x > 1.2 else (1.8, 2.5))
    stage.note("bag_taken_along", put_s, takes_s, (owner.label, bag))

"""Waste dumping that is hard to see: far, dark, in rain, from a vehicle, behind a car, little by little."""

from collections.abc import Callable

from scenes import props, vehicles
from scenes.actors import Course
from scenes.scripts.dumpings import BLACK, BLUE, GREY, WHITE
from scenes.scripts.kinds import kind
from scenes.scripts.script import Placement, Point, Where, driven, first_of, fixed
from scenes.scripts.stage import Stage
from scenes.scripts.waste import brings, lanes_beside, left_s, place_by_lot, quiet
from scenes.setting import BRIGHT_CAMERAS, CLEAR, DARKNESS, DAYLIGHT, SMALL_CAMERAS, Allowed

_RAIN = (("cloud", "rain"), ("cloud", "rain"), ("lamps", "rain"))
_FALL_S = 0.8


@kind("dumping", Allowed(DAYLIGHT, SMALL_CAMERAS), hard=True)
def dump_far(stage: Stage) -> None:
    """Two bags are left far from the camera."""
    at, put_s = place_by_lot(stage), stage.between(10, 16)
    loads = [("bag", props.bag(stage.dice(), WHITE, 0.36)), ("bag", props.bag(stage.dice(), BLACK, 0.36))]
    _, ids, gone_s = brings(stage, loads, at, put_s)
    quiet(stage, at)
    stage.traffic(2)
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


@kind("dumping", Allowed((*DARKNESS, ("dusk", "dry")), BRIGHT_CAMERAS), hard=True)
def dump_night(stage: Stage) -> None:
    """Two bags are left at night."""
    at, put_s = place_by_lot(stage), stage.between(10, 16)
    loads = [("bag", props.bag(stage.dice(), GREY)), ("bag", props.bag(stage.dice(), BLUE))]
    _, ids, gone_s = brings(stage, loads, at, put_s)
    quiet(stage, at, 2)
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


@kind(
    "dumping",
    Allowed((("cloud", "wet"), ("dusk", "dry"), ("lamps", "dry"), ("infrared", "dry")), BRIGHT_CAMERAS),
    hard=True,
)
def dump_dark(stage: Stage) -> None:
    """Somebody in dark clothes leaves a single black bag on dark ground."""
    at, put_s = place_by_lot(stage), stage.between(10, 16)
    _, ids, gone_s = brings(stage, [("bag", props.bag(stage.dice(), BLACK))], at, put_s, dark=True)
    quiet(stage, at, 2)
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


@kind("dumping", Allowed(_RAIN, BRIGHT_CAMERAS), hard=True)
def dump_rain(stage: Stage) -> None:
    """Cartons and a bag are left in the rain."""
    at, put_s = place_by_lot(stage), stage.between(10, 15)
    _, ids, gone_s = brings(
        stage, [("carton", props.carton(stage.dice())), ("bag", props.bag(stage.dice(), BLUE))], at, put_s
    )
    quiet(stage, at)
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


@kind("dumping", Allowed(DAYLIGHT, BRIGHT_CAMERAS), hard=True)
def dump_small(stage: Stage) -> None:
    """A single small carton is left."""
    at, put_s = place_by_lot(stage), stage.between(9, 15)
    small = props.carton(stage.dice()).at(scale=0.8)
    _, ids, gone_s = brings(stage, [("carton", small)], at, put_s)
    quiet(stage, at, 4)
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


@kind("dumping", Allowed((*DAYLIGHT, ("dusk", "dry")), BRIGHT_CAMERAS), hard=True)
def dump_thrown(stage: Stage) -> None:
    """A vehicle slows down, bags fly out of it onto the pavement, it drives on."""
    at = (stage.between(0.1, 0.7), stage.between(11.0, 13.0))
    throws_s, speed = stage.between(10, 15), stage.between(2.6, 3.4)
    mesh = vehicles.truck(stage.colour()) if stage.rng.random() < 0.5 else vehicles.van(stage.colour())
    way, x = stage.ahead, -2.3
    start, end = (-25.0, 80.0) if way > 0 else (80.0, -25.0)
    start_s = throws_s - abs(at[1] - start) / speed
    drive = Course(speed, ((start_s, x, start), (start_s, x, end)), leaves=True)
    stage.prop("truck", mesh, driven(drive, 180.0 if way > 0 else 0.0))
    ids = []
    for index in range(2):
        lands_s = throws_s + _FALL_S + 1.2 * index
        spot = (at[0] + 0.4 * index, at[1] + way * (0.3 + 1.0 * index))
        bag = props.bag(stage.dice(), (BLACK, GREY)[index])
        flies = _flies(drive, spot, lands_s)
        ids.append(stage.prop("bag", bag, first_of(fixed(*spot, 30.0 * index, from_s=lands_s), flies), smooth=True))
    quiet(stage, at)
    last_lands_s = round(throws_s + _FALL_S + 1.3, 2)
    gone_s = max(left_s(stage, at, [(drive, 2.8)]), last_lands_s)
    stage.tell("waste_dumping", throws_s + _FALL_S, ids, at, gone_s)


@kind("dumping", Allowed(CLEAR, BRIGHT_CAMERAS), hard=True, duration_s=60.0)
def dump_heap(stage: Stage) -> None:
    """A heap grows in three steps: the same person comes back with one sack after the other."""
    at, speed = (stage.between(1.8, 2.2), stage.between(11.0, 13.0)), 1.45
    put_s = [stage.between(7, 9)]
    put_s += [put_s[0] + 11.0, put_s[0] + 22.0]
    lane_x, home = 1.2, at[1] + 7.5  # comes from a door down the street, and goes back
    stand = (at[0] - 0.1, at[1] + 0.95)
    steps: list[tuple[float, float, float]] = [(put_s[0] - 6.6, 3.0, home), (put_s[0] - 6.6, lane_x, home)]
    for at_s in put_s:
        steps += [(at_s - 6.2, *stand), (at_s + 0.9, lane_x, home - 0.3)]
    course = Course(speed, [*steps, (put_s[-1] + 1.0, 3.0, home + 0.2)], leaves=True)
    carrier = stage.person(course, faces_deg=0, bends=[(at_s - 0.8, at_s + 0.7) for at_s in put_s])
    ids = []
    for index, at_s in enumerate(put_s):
        spot: Point = (at[0] + (0.0, -0.55, 0.25)[index], at[1] + (0.0, -0.1, -0.6)[index])
        lies = fixed(*spot, 40.0 * index, from_s=at_s)
        heap = props.rubble(stage.dice(), 22).at(scale=0.75)
        label = stage.prop("rubble", heap, lies)
        sack = props.sack(stage.dice())
        stage.part(label, sack, _in_hand(carrier.beside, at_s - 6.2, at_s))
        ids.append(label)
    stage.passers(4, lanes=lanes_beside(at))
    stage.tell("waste_dumping", put_s[0], ids, at, left_s(stage, at, [(course, 0.0)]))


@kind("dumping", Allowed(DAYLIGHT, ("near", "high", "pole", "across", "close")), hard=True)
def dump_behind_car(stage: Stage) -> None:
    """Bags are left behind a parked car, which hides part of them."""
    at = (stage.between(-0.45, -0.3), stage.between(12.4, 13.4))
    stage.prop("car", vehicles.car(stage.colour()), fixed(-2.0, at[1] - 1.0, 180.0 if stage.ahead > 0 else 0.0))
    put_s = stage.between(10, 15)
    loads = [("bag", props.bag(stage.dice(), colour, 0.36)) for colour in (WHITE, BLUE)]
    _, ids, gone_s = brings(stage, loads, at, put_s)
    stage.passers(3, lanes=(1.4, 2.4))
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


def _flies(drive: Course, spot: Point, lands_s: float) -> Where:
    """A throw from a vehicle: up a little, then down."""

    def where(time_s: float) -> Placement | None:
        share = 1 - (lands_s - time_s) / _FALL_S
        place = drive.at(lands_s - _FALL_S)
        if place is None or not 0 <= share < 1:
            return None
        x, y = place.x + 0.8 + share * (spot[0] - place.x - 0.8), place.y + share * (spot[1] - place.y)
        return Placement(x, y, 1.4 * (1 - share) + 2.2 * share * (1 - share), 200 * share)

    return where


def _in_hand(hand: Callable[[float, float, float], Point | None], from_s: float, until_s: float) -> Where:
    def where(time_s: float) -> Placement | None:
        found = hand(time_s, 0.1, 0.34) if from_s <= time_s < until_s else None
        return None if found is None else Placement(*found, 0.25, 0.0, (0.8, 0.8, 0.8))

    return where

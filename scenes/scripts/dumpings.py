"""Waste dumping that is easy to see: something is put down, and whoever brought it goes away."""

from scenes import props, vehicles
from scenes.actors import BEHIND_M, FAR_M, Course, Walker
from scenes.meshes import Mesh
from scenes.poses import carrying
from scenes.scripts.kinds import kind
from scenes.scripts.script import Placement, Point, Where, driven, fixed, held
from scenes.scripts.stage import Stage
from scenes.scripts.waste import brings, lanes_beside, left_s, place_by_lot, quiet
from scenes.setting import BRIGHT_CAMERAS, CLEAR, DAYLIGHT, Allowed

BLUE, GREY, BLACK, WHITE = (0.03, 0.08, 0.3), (0.5, 0.5, 0.47), (0.015, 0.015, 0.018), (0.6, 0.6, 0.6)
TRUCK_HALF_M = 2.8
EASY = Allowed(CLEAR, BRIGHT_CAMERAS)


@kind("dumping", EASY)
def dump_bags(stage: Stage) -> None:
    """Somebody leaves two bags and walks off."""
    at = place_by_lot(stage)
    colours = [(BLACK, GREY), (BLUE, WHITE), (GREY, BLACK)][int(stage.rng.integers(3))]
    loads = [("bag", props.bag(stage.dice(), colour)) for colour in colours]
    put_s = stage.between(10, 16)
    _, ids, gone_s = brings(stage, loads, at, put_s)
    quiet(stage, at)
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


@kind("dumping", Allowed(DAYLIGHT, BRIGHT_CAMERAS))
def dump_cartons(stage: Stage) -> None:
    """Somebody leaves cartons, one on the other, and walks off."""
    at = place_by_lot(stage)
    put_s = stage.between(9, 15)
    _, ids, gone_s = brings(
        stage, [("carton", props.carton(stage.dice())), ("carton", props.carton(stage.dice()))], at, put_s
    )
    quiet(stage, at)
    stage.traffic(2)
    stage.tell("waste_dumping", put_s, ids, at, gone_s)


@kind("dumping", EASY)
def dump_truck(stage: Stage) -> None:
    """A truck stops, a worker unloads rubble, cartons and bags, it drives off."""
    stop_s, go_s, speed, x, y = stage.between(5, 7), 22.5, 5.0, -2.5, stage.between(14.8, 15.6)
    start_s = stop_s - (70 - y) / speed
    drive = Course(speed, ((start_s, x, 70), (start_s, x, y), (go_s, x, -25)), leaves=True)
    stage.prop("truck", vehicles.truck(stage.colour()), driven(drive, 0.0))
    at = (stage.between(0.3, 0.6), y - 2.9)
    put_s = [stop_s + 4.8, stop_s + 8.8, stop_s + 12.8]
    bed, door = (-1.1, y + 0.1), (-1.4, y - 1.8)
    steps: list[tuple[float, float, float]] = [(stop_s + 0.6, *door), (stop_s + 0.6, *bed)]
    for at_s in put_s:
        steps += [(at_s - 2.0, at[0], at[1] + 1.0), (at_s + 0.7, *bed)]
    course = Course(1.7, [*steps, (put_s[-1] + 0.8, *door)], leaves=True)
    worker = stage.person(
        course, faces_deg=5, bends=tuple((at_s - 0.7, at_s + 0.7) for at_s in put_s), arms=carrying,
        arms_s=tuple((at_s - 2.3, at_s) for at_s in put_s),
    )  # fmt: skip
    sack = props.sack(stage.dice())
    loads: tuple[tuple[str, Mesh, Mesh, Point], ...] = (
        ("rubble", sack, props.rubble(stage.dice(), 30), at),
        ("carton", props.carton(1), props.carton(1), (at[0] + 0.6, at[1] + 0.4)),
        ("bag", props.bag(3, BLUE), props.bag(3, BLUE), (at[0] + 0.65, at[1] - 0.5)),
    )
    ids = []
    for index, ((name, carried, lies, spot), at_s) in enumerate(zip(loads, put_s, strict=True)):
        label = stage.prop(name, lies, fixed(*spot, 15.0 * index, from_s=at_s), smooth=name == "bag")
        stage.part(label, carried, held(worker, 0.42, 0.0, 0.62, at_s, from_s=at_s - 2.3))
        stage.prop("", carried, on_bed(drive, 0.3 + 0.9 * index, at_s - 2.3))
        ids.append(label)
    stage.passers(3, lanes=(1.9, 2.5))
    gone_s = left_s(stage, at, [(drive, TRUCK_HALF_M), (course, 0.0)])
    stage.tell("waste_dumping", put_s[0], ids, at, gone_s)


@kind("dumping", Allowed(DAYLIGHT, BRIGHT_CAMERAS))
def dump_mattress(stage: Stage) -> None:
    """Two people carry a mattress, lean it against the wall or lay it down, and go."""
    put_s, y, speed = stage.between(12, 16), stage.between(11.0, 13.2), 1.15
    leans = bool(stage.rng.random() < 0.5)
    at = (2.75, y) if leans else (1.9, y)
    way = 1 if stage.rng.random() < 0.5 else -1
    start, end = (BEHIND_M, FAR_M) if way > 0 else (FAR_M, BEHIND_M)
    start_s = put_s - (abs(start - y) + 1.5) / speed
    carriers: list[Walker] = []
    for ahead in (0.95, -0.95):
        spot_y = y + way * ahead
        steps = (
            (start_s, 1.0, start + way * ahead), (start_s, 1.0, spot_y - way * 1.5), (start_s, at[0] - 0.75, spot_y),
            (put_s + 1.2, 0.8, spot_y + way), (put_s + 1.2, 0.8, end),
        )  # fmt: skip
        carriers.append(
            stage.person(
                Course(speed, steps, leaves=True),
                faces_deg=90,
                arms=carrying,
                arms_s=((-1e9, put_s),),
                bends=((put_s - 0.9, put_s + 0.8),),
            )
        )
    flat = props.mattress()
    stood = props.upright(flat, 12).at(yaw_deg=-90)
    lies = fixed(*at, 0.0 if leans else 90.0, from_s=put_s)
    mattress = stage.prop("mattress", stood if leans else flat, lies)
    stage.part(mattress, props.upright(flat, 0), _between(carriers, put_s))
    stage.passers(3, lanes=lanes_beside(at))
    gone_s = left_s(stage, at, [(carrier.course, 0.0) for carrier in carriers])
    stage.tell("waste_dumping", put_s, (mattress,), at, gone_s)


def on_bed(drive: Course, behind_m: float, until_s: float) -> Where:
    """On a truck's bed, until it is taken down."""

    def where(time_s: float) -> Placement | None:
        place = drive.at(time_s) if time_s < until_s else None
        return None if place is None else Placement(place.x + 0.3, place.y + behind_m, 0.86)

    return where


def _between(carriers: list[Walker], until_s: float) -> Where:
    """Between two people."""

    def where(time_s: float) -> Placement | None:
        if time_s >= until_s:
            return None
        a, b = (carrier.place(time_s) for carrier in carriers)
        return None if a is None or b is None else Placement((a.x + b.x) / 2 + 0.3, (a.y + b.y) / 2, 0.3, 90.0)

    return where

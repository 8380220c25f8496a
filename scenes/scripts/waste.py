"""What dumpings are put together from: somebody brings things, puts them down, and goes away."""

from collections.abc import Sequence

from scenes.actors import BEHIND_M, FAR_M, Course, Walker
from scenes.meshes import Mesh
from scenes.people import somebody
from scenes.scripts.script import Point, first_of, fixed, held
from scenes.scripts.stage import Stage

Load = tuple[str, Mesh]  #: class, mesh


def brings(
    stage: Stage,
    loads: Sequence[Load],
    at: Point,
    put_s: float,
    *,
    dark: bool = False,
    apart_m: float = 0.75,
    stays_s: float = 0.9,
    lane_x: float = 0.9,
) -> tuple[Walker, tuple[int, ...], float]:
    """Somebody brings one or two things, bends down for each, and walks off: (person, labels, when gone)."""
    speed, (x, y) = 1.3, at
    way = 1 if stage.rng.random() < 0.5 else -1
    start = BEHIND_M if way > 0 else FAR_M
    stand = (x + 0.1, y - way * 0.75)
    down_s = [put_s + 1.6 * index for index in range(len(loads))]
    start_s = put_s - 1.0 - (abs(start - stand[1]) + 0.3) / speed
    go_s = down_s[-1] + stays_s
    back = bool(stage.rng.random() < 0.5)
    ends = (lane_x, start if back else (FAR_M if way > 0 else BEHIND_M))
    beside = [(go_s, x - 0.95, y)] if not back else []
    course = Course(
        speed,
        [(start_s, lane_x, start), (start_s, lane_x, stand[1] - way * 1.5), (start_s, *stand), *beside, (go_s, *ends)],
        leaves=True,
    )  # fmt: skip
    person = stage.person(
        course, somebody(stage.rng, dark=dark), faces_deg=180.0 if way > 0 else 0.0,
        bends=[(at_s - 0.8, at_s + 0.7) for at_s in down_s],
    )  # fmt: skip
    labels = []
    for index, ((name, mesh), at_s) in enumerate(zip(loads, down_s, strict=True)):
        stands = fixed(x + apart_m * index, y + 0.1 * index, stage.between(-25, 25), from_s=at_s)
        hand = held(person, 0.12, 0.36 if index == 0 else -0.36, 0.3, at_s, scale=(0.75, 0.75, 0.75))
        labels.append(stage.prop(name, mesh, first_of(stands, hand), smooth=name == "bag"))
    return person, tuple(labels), left_s(stage, at, [(course, 0.0)])


def left_s(stage: Stage, at: Point, bringers: Sequence[tuple[Course, float]]) -> float:
    """When all bringers are more than 3 m away for good; each with half its length in metres."""
    return round(max(course.left_s(*at, stage.duration_s, half) for course, half in bringers), 2)


def place_by_lot(stage: Stage) -> Point:
    """Somewhere on the pavement, on either side of it."""
    x = stage.between(1.7, 2.3) if stage.rng.random() < 0.65 else stage.between(0.1, 0.6)
    return x, stage.between(10.6, 13.8)


def lanes_beside(at: Point) -> tuple[float, float]:
    """Where people walk who go round what lies at a place."""
    return (-0.45, 0.15) if at[0] > 1.2 else (1.5, 2.2)


def quiet(stage: Stage, at: Point, passers: int = 3) -> None:
    """What else goes on: people pass by, a car stands at the kerb."""
    stage.passers(passers, lanes=lanes_beside(at))
    if stage.rng.random() < 0.5:
        stage.parked()

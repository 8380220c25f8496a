"""Scenes of things of which nothing should be told: cars and bicycles that park, a bin, traffic at night."""

import numpy as np

from scenes import lighting, props, vehicles
from scenes.actors import FAR_M, Course
from scenes.lighting import Light
from scenes.poses import pushing
from scenes.scripts.kinds import kind
from scenes.scripts.riders import cyclists, rider
from scenes.scripts.script import driven, first_of, fixed
from scenes.scripts.stage import Stage
from scenes.setting import ANY_SKY, BRIGHT_CAMERAS, DARKNESS, Allowed

_NOSE_M = 2.2


@kind("negative", Allowed(ANY_SKY))
def parked_car(stage: Stage) -> None:
    """A car comes, parks at the kerb and stays; its driver walks away."""
    _parks(stage)


@kind("negative", Allowed((("cloud", "dry"),), BRIGHT_CAMERAS))
def dusk_parking(stage: Stage) -> None:
    """A car parks and its driver walks away while it grows dark and the lamps come on."""

    def light(time_s: float) -> Light:
        # In steps of a second, each too small to see: the street is drawn again for each light.
        share = float(np.clip((np.floor(time_s) - 8) / 40, 0, 1))
        return lighting.between(lighting.EVENING, lighting.DUSK, share)

    stage.light = light
    _parks(stage)


@kind("negative", Allowed(ANY_SKY, BRIGHT_CAMERAS))
def parked_bicycle(stage: Stage) -> None:
    """Somebody rides up, leaves a bicycle on the pavement and walks away."""
    stop_s, speed = stage.between(9, 14), 2.6
    x, y = stage.between(0.2, 2.4), stage.between(11, 13.5)
    way = 1 if stage.rng.random() < 0.5 else -1
    start, end = (-16.0, FAR_M) if way > 0 else (FAR_M, -16.0)
    start_s = stop_s - abs(start - y) / speed
    faces, gets_off_s = (180.0 if way > 0 else 0.0), stop_s + 0.6
    ride = ((start_s, x, start), (start_s, x, y))
    arrives, bicycle = rider(stage, Course(speed, ride, leaves=True), faces, until_s=stop_s, stays=Course(speed, ride))
    walks = ((stop_s, x - 0.45, y), (gets_off_s + 2.5, x - 0.6, y), (gets_off_s + 2.5, x - 0.7, end))
    stage.person(
        Course(1.3, walks, leaves=True), arrives.looks, faces_deg=faces, bends=((gets_off_s, gets_off_s + 1.8),)
    )
    stage.passers(3, lanes=(-0.45, 0.0) if x > 1 else (1.6, 2.5))
    cyclists(stage, 1)
    stage.note("parked_bicycle", stop_s, stage.duration_s, (bicycle,))


@kind("negative", Allowed(ANY_SKY))
def bin_put_out(stage: Stage) -> None:
    """Somebody rolls a wheeled bin to the kerb, leaves it for collection, and goes back into the house."""
    put_s, speed = stage.between(12, 17), 1.1
    x, y, home = stage.between(-0.5, 0.3), stage.between(11, 13.4), stage.between(16, 18)
    stand = (x + 0.55, y + 0.45)
    start_s = put_s - (1.8 + float(np.hypot(1.2 - stand[0], home - stand[1]))) / speed
    course = Course(
        speed,
        (
            (start_s, 3.0, home),
            (start_s, 1.2, home),
            (start_s, *stand),
            (put_s + 1.0, 1.3, home),
            (put_s + 1.0, 3.0, home),
        ),
        leaves=True,
    )
    person = stage.person(course, faces_deg=-40, arms=pushing, arms_s=((-np.inf, put_s),))
    colour = ((0.03, 0.2, 0.07), (0.05, 0.08, 0.25), (0.12, 0.12, 0.12))[int(stage.rng.integers(3))]
    rolled = driven(course, 0.0, behind_m=-0.55, until_s=put_s - 0.01)

    stands = fixed(x, y, -50.0, from_s=put_s)
    bin_ = stage.prop("bin", props.bin_on_wheels(colour), first_of(stands, rolled))
    if stage.rng.random() < 0.5:
        stage.prop("bin", props.bin_on_wheels((0.03, 0.2, 0.07)), fixed(x, y + 1.6, -10.0))
    stage.passers(3, lanes=(1.4, 2.5))
    stage.parked()
    stage.note("bin_put_out", put_s, stage.duration_s, (person.label, bin_))


@kind("negative", Allowed(DARKNESS))
def night_traffic(stage: Stage) -> None:
    """Cars pass with their headlights on, and light sweeps over the pavement; few people."""
    _traffic_at_night(stage, 5)
    stage.passers(2, lanes=(-0.3, 2.2))


@kind("negative", Allowed(DARKNESS[:3], BRIGHT_CAMERAS))
def night(stage: Stage) -> None:
    """Street lamps, passers-by, one car with its headlights on."""
    _traffic_at_night(stage, 1)
    stage.passers(3, lanes=(-0.3, 2.2))


def _parks(stage: Stage) -> None:
    stop_s, speed, x, y = stage.between(9, 13), 4.5, -2.1, stage.between(12.5, 15)
    way = stage.ahead
    start, faces = (-25.0, 180.0) if way > 0 else (70.0, 0.0)
    start_s = stop_s - abs(start - y) / speed
    drive = Course(speed, ((start_s, x, start), (start_s, x, y)))
    mesh = vehicles.van(stage.colour()) if stage.rng.random() < 0.3 else vehicles.car(stage.colour())
    car = stage.prop("car", mesh, driven(drive, faces))
    out_s, end = stop_s + 2.5, FAR_M if stage.rng.random() < 0.5 else -16.0
    steps = ((out_s, -0.95, y - 0.3), (out_s, 0.3, y - 0.8), (out_s, stage.between(0.6, 2.4), end))
    driver = stage.person(Course(1.3, steps, leaves=True))
    stage.passers(4)
    cyclists(stage, 1)
    stage.note("parked_car", stop_s, stage.duration_s, (car, driver.label))


def _traffic_at_night(stage: Stage, count: int) -> None:
    before = stage.light
    cars = stage.traffic(count, lights_on=True)

    def light(time_s: float) -> Light:
        beams = [
            lighting.headlights(
                place.x,
                place.y + (_NOSE_M if course.points[-1][2] > place.y else -_NOSE_M),
                1 if course.points[-1][2] > place.y else -1,
            )
            for _, course in cars
            if (place := course.at(time_s)) is not None and -22 < place.y < 60
        ]
        return lighting.with_lamps(before(time_s), tuple(lamp for pair in beams[:2] for lamp in pair))

    stage.light = light
    first, last = 0.0, stage.duration_s
    stage.note("night_traffic", first, last, [label for label, _ in cars])

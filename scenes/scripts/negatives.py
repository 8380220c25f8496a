"""Scenes of which nothing should be told."""

from dataclasses import replace

import numpy as np

from scenes import lighting, props, vehicles
from scenes.actors import FAR_M, Course, Walker
from scenes.camera import HIGH, NEAR
from scenes.lighting import Light
from scenes.poses import holding_umbrella
from scenes.renderer import Thing
from scenes.scripts.cast import Cast, passer, visitor
from scenes.scripts.script import PERSONS, Script
from scenes.street import BRICK_STREET, KERB_M, SHOP_STREET


def chat(cast: Cast) -> Script:
    """Three people meet, talk for half a minute and go their ways; there are no goods."""
    first, second, third = cast.lead(0, 3, 4)
    talkers = [
        visitor(first, 1, (0.3, 12.5), (9, 42), lane_x=0.5, away=(False, False), faces_deg=70),
        visitor(second, 2, (1.6, 13.0), (11, 41.5), lane_x=1.9, away=(True, True), faces_deg=-60),
        visitor(third, 3, (1.35, 11.3), (13, 43), lane_x=0.9, away=(True, False), faces_deg=190, gesture=0.4),
    ]
    passers = [
        passer(cast, 20, -0.3, 6, away=False),
        passer(cast, 21, 2.5, 20, away=True),
        passer(cast, 22, -0.3, 31, away=False),
        passer(cast, 23, -0.3, 45, away=True),
    ]
    parked = Thing(vehicles.car((0.5, 0.5, 0.5)).at((-2.3, 20.5, 0)), 12)
    return Script(
        SHOP_STREET,
        NEAR,
        [*talkers, *passers],
        PERSONS | {12: "car"},
        still=[parked],
        light=lambda _time_s: lighting.EVENING,
    )


def rain(cast: Cast) -> Script:
    """People hurry by in the rain, three under umbrellas; the ground is wet."""
    plans = ((5, 0.9, 12, True), (6, 2.2, 24, False), (7, 1.5, 39, True))
    sheltered = [
        passer(cast, label, x, abreast_s, away=away, speed_m_s=1.5, arms=holding_umbrella)
        for label, x, abreast_s, away in plans
    ]
    colours = (((0.03, 0.05, 0.25),) * 2, ((0.4, 0.03, 0.05),) * 2, ((0.45, 0.4, 0.05), (0.05, 0.25, 0.2)))
    umbrellas = [props.umbrella(0.52, 2.02, pair) for pair in colours]

    def shown(time_s: float) -> list[Thing]:
        things = []
        for index, (walker, (canopy, pole)) in enumerate(zip(sheltered, umbrellas, strict=True)):
            if hand := walker.beside(time_s, 0.22, 0.1):
                things.append(Thing(canopy.at((*hand, KERB_M)), 10 + index))
                things.append(Thing(pole.at((*hand, KERB_M + 1.1), scale=(1, 1, 0.47))))
        return things

    hurried = [
        passer(cast, 20, 0.1, 8, away=False, speed_m_s=1.7),
        passer(cast, 21, 0.7, 19, away=True, speed_m_s=1.8),
        passer(cast, 22, 0.1, 31, away=False, speed_m_s=1.6),
        passer(cast, 23, 2.4, 44, away=False, speed_m_s=1.7),
    ]
    return Script(
        BRICK_STREET,
        HIGH,
        [*sheltered, *hurried],
        PERSONS | dict.fromkeys((10, 11, 12), "umbrella"),
        shown,
        light=lambda _time_s: lighting.RAIN,
        rain=0.9,
    )


def dusk_parking(cast: Cast) -> Script:
    """A car comes, parks and stays; its driver walks away while it grows dark."""
    (body,) = cast.lead(8)
    stop_s, speed, x, y = 12.0, 4.5, -2.1, 14.5
    start_s = stop_s - (70 - y) / speed
    drive = Course(speed, ((start_s, x, 70), (start_s, x, y)))
    vehicle = vehicles.car((0.3, 0.32, 0.34))
    steps = ((stop_s + 2.5, -1.15, 14.2), (stop_s + 2.5, 0.3, 13.8), (stop_s + 2.5, 0.7, FAR_M))
    driver = Walker(body, 1, Course(1.3, steps, leaves=True))

    def shown(time_s: float) -> list[Thing]:
        place = drive.at(time_s)
        return [] if place is None else [Thing(vehicle.at((x, place.y, 0)), 12)]

    def light(time_s: float) -> Light:
        # In steps of half a second, each too small to see: the street is drawn again for each light.
        share = float(np.clip((np.floor(time_s * 2) / 2 - 8) / 40, 0, 1))
        return lighting.between(lighting.EVENING, lighting.DUSK, share)

    passers = [
        passer(cast, 20, 0.2, 7, away=False),
        passer(cast, 21, 1.4, 20, away=True),
        passer(cast, 22, 0.2, 34, away=False),
        passer(cast, 23, 0.9, 45, away=True),
    ]
    return Script(SHOP_STREET, NEAR, [driver, *passers], PERSONS | {12: "car"}, shown, light=light)


def night(cast: Cast) -> Script:
    """Street lamps, few people, a car that passes with its headlights on."""
    drive = Course(7.0, ((22, -3.3, 80), (22, -3.3, -20)), leaves=True)
    vehicle = vehicles.car((0.2, 0.2, 0.22), lights_on=True)

    def shown(time_s: float) -> list[Thing]:
        place = drive.at(time_s)
        return [] if place is None else [Thing(vehicle.at((place.x, place.y, 0)), 12)]

    def light(time_s: float) -> Light:
        place = drive.at(time_s)
        if place is None:
            return lighting.NIGHT
        beams = lighting.headlights(place.x, place.y - 2.2)
        return replace(lighting.NIGHT, lamps=lighting.NIGHT.lamps + beams)

    passers = [
        passer(cast, 20, 0.3, 14, away=False),
        passer(cast, 21, 1.4, 19, away=True),
        passer(cast, 22, 0.9, 40, away=False),
    ]
    return Script(BRICK_STREET, HIGH, passers, PERSONS | {12: "car"}, shown, light=light)

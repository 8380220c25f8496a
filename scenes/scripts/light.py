"""Scenes of weather and light of which nothing should be told."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from scenes import lighting, props
from scenes.actors import Course
from scenes.lighting import Light
from scenes.meshes import cylinder
from scenes.poses import bending, holding_umbrella
from scenes.scripts.kinds import kind
from scenes.scripts.riders import cyclists
from scenes.scripts.script import Placement, Where, fixed, held
from scenes.scripts.stage import Stage
from scenes.scripts.waste import place_by_lot
from scenes.setting import BRIGHT_CAMERAS, CLEAR, Allowed
from scenes.streets.street import crown

_STEP_S = 0.4  #: light that changes is drawn in steps: each draws the whole street again


@kind("negative", Allowed((("sun", "dry"),)))
def shadows(stage: Stage) -> None:
    """Clouds pass before the sun, a tree's shadow sways over the pavement, long shadows walk by."""
    dark_s = [stage.between(6, 14), stage.between(24, 34)]
    lasts_s = stage.between(5, 9)
    base = stage.setting.base

    def light(time_s: float) -> Light:
        now_s = np.floor(time_s / _STEP_S) * _STEP_S
        share = max(float(np.clip(min(now_s - at_s, at_s + lasts_s - now_s) / 2.4, 0, 1)) for at_s in dark_s)
        return lighting.shaded(base, round(share, 2)) if share else base

    stage.light = light
    leaves = crown(np.random.default_rng(stage.dice()), 0.0, 0.0, z=0.0, leaves=35)
    spot = (stage.between(-2.2, -1.4), stage.between(9.5, 12.0))
    stage.prop("", leaves, _sways(spot, 6.6, 0.22))
    stage.passers(5, lanes=(-0.3, 2.4))
    stage.traffic(2)
    stage.note("shadows", 0, stage.duration_s)


@kind("negative", Allowed((("cloud", "dry"), ("cloud", "dry"), ("sun", "dry")), BRIGHT_CAMERAS))
def wet_ground(stage: Stage) -> None:
    """A shopkeeper pours water over the pavement; a dark, shining patch spreads and slowly dries."""
    (x, y), pours_s = (stage.between(1.2, 2.2), stage.between(11, 13.2)), stage.between(8, 12)
    home = y + 4.5
    begins_s, ends_s = pours_s - 6.5, pours_s + 3.0
    steps = (
        (begins_s, 3.0, home), (begins_s, x + 0.2, home - 0.5), (begins_s, x + 0.2, y + 1.3),
        (ends_s, x + 0.3, home - 0.5), (ends_s, 3.0, home),
    )  # fmt: skip
    course = Course(1.2, steps, leaves=True)
    keeper = stage.person(course, faces_deg=0, poses=((pours_s, pours_s + 2.5, lambda _t: bending(0.45)),))
    bucket = cylinder((0, 0, 0.15), 0.15, 0.3, (0.5, 0.05, 0.05))
    stage.prop("", bucket, held(keeper, 0.3, 0.2, 0.55))
    seed, dry_s = stage.dice(), stage.between(38, 46)
    stages = [(pours_s + 0.4 * index, 0.35 + 0.14 * index, 0.075) for index in range(6)]
    stages += [(pours_s + 8, 1.0, 0.09), (pours_s + 16, 0.9, 0.115), (dry_s - 8, 0.75, 0.14), (dry_s, 0.0, 0.0)]
    for (from_s, radius, tone), (until_s, _, _) in pairwise(stages):
        patch = props.puddle(seed, radius, (tone, tone, tone))
        stage.prop("", patch, fixed(x, y, from_s=from_s, until_s=until_s))
    stage.passers(4, lanes=(-0.4, 0.3))
    stage.note("wet_ground", pours_s, stage.duration_s, (keeper.label,))


@kind("negative", Allowed((("lamps", "dry"), ("lamps", "wet"), ("cloud", "dry"), ("dusk", "dry"))))
def light_change(stage: Stage) -> None:
    """A light switches: street lamps go out and on, a shop's light is turned on, or the camera goes infra-red."""
    base, at_s = stage.setting.base, stage.between(12, 18)
    back_s = at_s + stage.between(12, 18)
    if stage.setting.sky[0] == "cloud":
        # The camera's exposure jumps, as it does when something bright fills the picture.
        factor = stage.between(0.6, 0.75)
        darker = lighting.exposed(base, factor)
        stage.light = _switched(base, darker, at_s, back_s)
    elif stage.rng.random() < 0.4:
        camera = stage.setting.camera
        stage.switches_to_infrared_s = at_s
        stage.light = _switched(base, lighting.infrared(camera.eye, camera.target), at_s, np.inf)
    else:
        low = lighting.lit(base, 0.25)
        shop = lighting.with_lamps(low, (lighting.Lamp((2.9, stage.between(11, 13), 2.2), (4.5, 4.2, 3.6)),))
        stage.light = _switched(low, shop if stage.rng.random() < 0.5 else base, at_s, back_s)
    stage.passers(4, lanes=(-0.3, 2.2))
    stage.parked()
    stage.note("light_change", at_s, min(back_s, stage.duration_s))


@kind("negative", Allowed((*CLEAR, ("cloud", "dry"))))
def leaves(stage: Stage) -> None:
    """Wind: leaves blow over the pavement and come to lie, a branch sways into the picture."""
    for _ in range(6):
        (x, y), seed = place_by_lot(stage), stage.dice()
        litter = props.leaf_litter(seed, 14, 0.7)
        starts_s, stops_s = stage.between(0, 30), 0.0
        stops_s = starts_s + stage.between(4, 9)
        stage.prop("", litter, _blown((x, y), starts_s, stops_s, stage.between(2.0, 5.0)))
    stage.prop("", props.leaf_litter(stage.dice(), 40, 1.6), fixed(stage.between(1.5, 2.4), stage.between(11, 13)))
    branch = crown(np.random.default_rng(stage.dice()), 0.0, 0.0, z=0.0, leaves=22)
    stage.prop("", branch, _sways((stage.between(0.9, 1.6), stage.between(14.5, 16.0)), 3.1, 0.3))
    stage.passers(3)
    cyclists(stage, 1)
    stage.note("leaves", 0, stage.duration_s)


@kind("negative", Allowed((("cloud", "rain"), ("cloud", "rain"), ("lamps", "rain"))))
def rain(stage: Stage) -> None:
    """People hurry by in the rain, some under umbrellas; the ground is wet."""
    pairs = (((0.03, 0.05, 0.25),) * 2, ((0.4, 0.03, 0.05),) * 2, ((0.45, 0.4, 0.05), (0.05, 0.25, 0.2)))
    for index, walker in enumerate(stage.passers(3, lanes=(0.6, 2.3), arms=holding_umbrella, speed=1.5)):
        canopy, pole = props.umbrella(0.52, 2.02, pairs[index])
        stage.prop("umbrella", canopy, held(walker, 0.22, 0.1, 0.0))
        stage.prop("", pole, held(walker, 0.22, 0.1, 1.1, scale=(1, 1, 0.47)))
    stage.passers(4, lanes=(-0.3, 0.4), speed=1.7)
    stage.traffic(2, lights_on=stage.setting.sky[0] == "lamps")
    stage.note("rain", 0, stage.duration_s)


def _switched(off: Light, on: Light, at_s: float, back_s: float) -> Callable[[float], Light]:
    return lambda time_s: on if at_s <= time_s < back_s else off


def _sways(spot: tuple[float, float], height_m: float, reach_m: float) -> Where:
    """A crown in the wind."""

    def where(time_s: float) -> Placement:
        gust = 0.6 + 0.4 * np.sin(0.5 * time_s)
        x = spot[0] + reach_m * gust * float(np.sin(1.9 * time_s))
        return Placement(round(x, 3), spot[1] + reach_m * 0.5 * float(np.sin(1.3 * time_s)), height_m)

    return where


def _blown(spot: tuple[float, float], starts_s: float, stops_s: float, reach_m: float) -> Where:
    """Blown along the street in gusts until it comes to lie."""
    lies = Placement(*spot)

    def where(time_s: float) -> Placement | None:
        if time_s < starts_s:
            return Placement(spot[0] - 0.3 * reach_m, spot[1] + reach_m)
        if time_s >= stops_s:
            return lies
        left = ((stops_s - time_s) / (stops_s - starts_s)) ** 2
        return Placement(spot[0] - 0.3 * reach_m * left, spot[1] + reach_m * left, 0.03, 300 * left)

    return where

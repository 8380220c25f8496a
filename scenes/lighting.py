"""Light of a moment: sun, sky, lamps, wetness. Linear RGB radiance on one common scale."""

from dataclasses import dataclass, replace

import numpy as np

Colour = tuple[float, float, float]
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """A point light, or a beam when it is aimed."""

    at: Vector
    light: Colour
    aim: Vector = (0, 0, 0)  #: unit direction of the beam; zero shines all round


@dataclass(frozen=True)
class Light:
    """Everything that shines, and how the camera exposes it."""

    sun: Vector  #: direction towards the sun, not normalised
    sunlight: Colour
    sky: Colour
    ground: Colour
    exposure: float
    lamps: tuple[Lamp, ...] = ()  #: eight at most
    wet: float = 0.0  #: 0 dry, 1 puddles
    haze: float = 0.0016  #: extinction a metre
    glow: float = 0.0  #: of signs and headlamps, 0 off
    noise: float = 1.0  #: sensor noise, grey levels
    infrared: bool = False  #: seen without colour


_STREET_LAMPS = tuple(
    Lamp(at, light)
    for at, light in (
        ((-1.6, 5, 6.2), (11.0, 8.1, 4.4)),
        ((-1.6, 26, 6.2), (9.0, 6.6, 3.6)),
        ((2.5, 12.5, 2.9), (1.6, 1.4, 1.05)),
        ((2.5, 20.0, 2.7), (1.1, 0.95, 0.7)),
    )
)

DAY = Light((-0.55, -0.35, 0.8), (2.6, 2.4, 2.1), (0.75, 0.85, 1.0), (0.38, 0.34, 0.3), 0.45)
CLOUDY = Light((-0.2, -0.3, 1), (0.5, 0.5, 0.5), (1.3, 1.35, 1.4), (0.5, 0.48, 0.45), 0.5)
RAIN = replace(
    CLOUDY, sunlight=(0.1, 0.1, 0.11), sky=(0.78, 0.84, 0.92), ground=(0.3, 0.3, 0.3),
    exposure=0.6, wet=1.0, haze=0.0035,
)  # fmt: skip
FOG = replace(CLOUDY, sunlight=(0.15, 0.15, 0.15), sky=(1.0, 1.03, 1.06), exposure=0.55, haze=0.02)
EVENING = replace(DAY, sun=(-0.9, -0.5, 0.45), sunlight=(1.9, 1.4, 0.9), exposure=0.5)
NIGHT = Light(
    (-0.4, -0.3, 0.8), (0.02, 0.025, 0.04), (0.045, 0.055, 0.085), (0.025, 0.025, 0.03), 1.5,
    _STREET_LAMPS, glow=0.7, noise=2.0,
)  # fmt: skip
DUSK = replace(NIGHT, sun=EVENING.sun, sky=(0.1, 0.13, 0.24), ground=(0.05, 0.05, 0.06), exposure=1.1, noise=1.6)


def infrared(eye: Vector, target: Vector) -> Light:
    """Night without lamps, lit by the diodes round the lens."""
    way = np.asarray(target) - np.asarray(eye)
    power = 1.1 * (1 + float(way @ way))
    aim = way / np.linalg.norm(way)
    diodes = Lamp((eye[0], eye[1], eye[2]), (power, power, power), (float(aim[0]), float(aim[1]), float(aim[2])))
    return replace(NIGHT, lamps=(diodes,), exposure=0.85, glow=0.2, noise=2.4, infrared=True)


def sunny(rng: np.random.Generator) -> Light:
    """Sun from anywhere that is not behind the houses, high or low."""
    low = float(rng.uniform(0, 1))
    turn = np.deg2rad(rng.uniform(150, 275))  # from the road's side, mostly
    away = 0.45 + 0.75 * low
    light = between(DAY, EVENING, low)
    return replace(light, sun=(round(float(away * np.cos(turn)), 3), round(float(away * np.sin(turn)), 3), 0.75))


def headlights(x: float, nose_y: float, towards: int) -> tuple[Lamp, Lamp]:
    """Dipped beams of a car that drives towards +y (1) or -y (-1)."""
    aim = (0.05, 0.996 * towards, -0.08)
    left, right = (Lamp((x + side, nose_y, 0.7), (70, 66, 58), aim) for side in (-0.6, 0.6))
    return left, right


def shaded(light: Light, share: float) -> Light:
    """The sun behind a cloud, 0-1; the camera opens up a little."""
    rgb = light.sunlight
    dim = 1 - 0.92 * share
    return replace(
        light, sunlight=(rgb[0] * dim, rgb[1] * dim, rgb[2] * dim), exposure=light.exposure * (1 + 0.35 * share)
    )


def lit(light: Light, share: float) -> Light:
    """All lamps at a share of their strength, 0-1."""
    lamps = tuple(
        replace(lamp, light=(lamp.light[0] * share, lamp.light[1] * share, lamp.light[2] * share))
        for lamp in light.lamps
    )
    return replace(light, lamps=lamps, glow=light.glow * share)


def between(a: Light, b: Light, share: float) -> Light:
    """A light on the way from a to b; b's lamps come on over the second half."""

    def mix(x: float, y: float) -> float:
        return x * (1 - share) + y * share

    def blend(x: Colour, y: Colour) -> Colour:
        return mix(x[0], y[0]), mix(x[1], y[1]), mix(x[2], y[2])

    burning = float(np.clip(2 * share - 1, 0, 1))
    lamps = tuple(
        replace(lamp, light=(lamp.light[0] * burning, lamp.light[1] * burning, lamp.light[2] * burning))
        for lamp in b.lamps
    )
    return Light(
        sun=blend(a.sun, b.sun),
        sunlight=blend(a.sunlight, b.sunlight),
        sky=blend(a.sky, b.sky),
        ground=blend(a.ground, b.ground),
        exposure=mix(a.exposure, b.exposure),
        lamps=lamps if burning else (),
        wet=mix(a.wet, b.wet),
        haze=mix(a.haze, b.haze),
        glow=b.glow * burning,
        noise=mix(a.noise, b.noise),
    )


def with_lamps(light: Light, lamps: tuple[Lamp, ...]) -> Light:
    """More lamps, as far as there is room for them."""
    return replace(light, lamps=(light.lamps + lamps)[:8])


def exposed(light: Light, factor: float) -> Light:
    """The same light, seen by a camera that opens or closes."""
    return replace(light, exposure=light.exposure * factor)

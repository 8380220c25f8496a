"""Light of a moment: sun, sky, lamps, wetness. Linear RGB radiance on one common scale."""

from dataclasses import dataclass, replace

import numpy as np

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """A point light."""

    at: tuple[float, float, float]
    light: Colour


@dataclass(frozen=True)
class Light:
    """Everything that shines, and how the camera exposes it."""

    sun: Colour  #: direction towards the sun, not normalised
    sunlight: Colour
    sky: Colour
    ground: Colour
    exposure: float
    lamps: tuple[Lamp, ...] = ()
    wet: float = 0.0  #: 0 dry, 1 puddles
    haze: float = 0.0016  #: extinction a metre
    noise: float = 1.1  #: sensor noise, grey levels


_LAMPS = tuple(Lamp(at, (14, 10, 5.5)) for at in ((-1.6, 6, 6.2), (-1.6, 24, 6.2), (2.2, 12, 2.9), (2.2, 17, 2.9)))

DAY = Light((-0.55, -0.35, 0.8), (2.6, 2.4, 2.1), (0.75, 0.85, 1.0), (0.38, 0.34, 0.3), 0.45)
MORNING = Light((-0.75, 0.25, 0.55), (2.5, 2.1, 1.6), (0.7, 0.78, 0.95), (0.36, 0.33, 0.3), 0.5)
CLOUDY = Light((-0.2, -0.3, 1), (0.5, 0.5, 0.5), (1.3, 1.35, 1.4), (0.5, 0.48, 0.45), 0.5)
RAIN = replace(CLOUDY, sunlight=(0.15, 0.15, 0.16), wet=0.9, haze=0.007, noise=1.4)
NIGHT = Light((-0.4, -0.3, 0.8), (0.05, 0.06, 0.09), (0.05, 0.06, 0.09), (0.03, 0.03, 0.03), 1.6, _LAMPS, noise=2.0)
EVENING = replace(DAY, sun=(-0.9, -0.5, 0.45), sunlight=(1.9, 1.4, 0.9), exposure=0.5)


def between(a: Light, b: Light, share: float) -> Light:
    """A light on the way from a to b."""

    def mix(x: Colour, y: Colour) -> Colour:
        r, g, h = np.array(x) * (1 - share) + np.array(y) * share
        return float(r), float(g), float(h)

    lamps = tuple(Lamp(lamp.at, mix((0, 0, 0), lamp.light)) for lamp in b.lamps) if share > 0.5 else ()
    scalars = {k: getattr(a, k) * (1 - share) + getattr(b, k) * share for k in ("exposure", "wet", "haze", "noise")}
    colours = {k: mix(getattr(a, k), getattr(b, k)) for k in ("sun", "sunlight", "sky", "ground")}
    return Light(**colours, **scalars, lamps=lamps)
